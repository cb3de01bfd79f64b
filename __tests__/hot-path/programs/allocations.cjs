// Prints how many bytes a hit takes on the heap: with axios answered at once, and with each backend beyond that. Needs
// `--expose-gc` and room for what is measured, without a collection. Argument: directory of the library.
const { PerformanceObserver } = require('node:perf_hooks');

const [directory] = process.argv.slice(2);
const { makeSubjects } = require('./subjects.cjs');
const { startOrigin } = require('./origin.cjs');

const WARM_UP = 200;
const HITS = 100;
const STRETCHES = 15;
/** So many stretches there is room for, also for what they take outside the heap. */
const BETWEEN_COLLECTIONS = 3;
/** More stretches than that, with those in which something is collected: there is not enough room. */
const MOST_TRIES = 45;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

/** @returns bytes of each hit in one stretch; undefined where something was collected meanwhile */
async function stretch(ask) {
  const began = performance.now();
  const before = process.memoryUsage().heapUsed;
  for (let number = 0; number < HITS; number++) await ask();
  const after = process.memoryUsage().heapUsed;
  const ended = performance.now();
  // Collections are told later.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const isWithin = ({ startTime, duration }) => startTime + duration > began && startTime < ended;
  return collections.some(isWithin) ? undefined : (after - before) / HITS;
}

/** The median of many short stretches: in some, the engine takes something for itself. */
async function bytesOf(ask) {
  for (let number = 0; number < WARM_UP; number++) await ask();
  const measured = [];
  for (let tries = 0; measured.length < STRETCHES && tries < MOST_TRIES; tries++) {
    if (tries % BETWEEN_COLLECTIONS === 0) globalThis.gc();
    const bytes = await stretch(ask);
    if (bytes !== undefined) measured.push(bytes);
  }
  if (measured.length < STRETCHES) return NaN;
  return Math.round(measured.sort((one, other) => one - other)[Math.floor(STRETCHES / 2)]);
}

async function main() {
  const origin = await startOrigin();
  const { floor, cached, close } = makeSubjects(directory, origin);
  const hitOf = (http, bytes) => () => http.get(`${origin.url}/${bytes}/hit`);
  const perHit = {};
  for (const [size, bytes] of Object.entries({ '1 KB': 1000, '32 KB': 32_000 })) {
    const least = await bytesOf(hitOf(floor(), bytes));
    perHit[`axios answered at once, ${size}`] = least;
    for (const backend of ['memory', 'sqlite', 'filesystem']) {
      const taken = await bytesOf(hitOf(cached(backend), bytes));
      perHit[`${backend}, ${size}`] = Number.isNaN(taken)
        ? 'something is collected each time'
        : taken - least;
    }
  }
  await close();
  origin.close();
  console.log(JSON.stringify(perHit));
}

void main();
