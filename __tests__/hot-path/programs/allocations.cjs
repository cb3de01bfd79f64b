// Prints how many bytes a hit takes on the heap, for axios answered at once and for each backend. Needs `--expose-gc` and room
// for what is measured, without a collection. Argument: directory of the library.
const { PerformanceObserver } = require('node:perf_hooks');

const [directory] = process.argv.slice(2);
const { makeSubjects } = require('./subjects.cjs');
const { startOrigin } = require('./origin.cjs');

/** As many as there is room for: what the engine takes for itself in a stretch is shared by them all. */
const HITS = 600;
const WARM_UP = 200;
const STRETCHES = 5;
/** More stretches than that in which something is collected, of some milliseconds each: there is not enough room. */
const MOST_TRIES = 50;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

/** @returns bytes of each hit in one stretch; undefined where something was collected meanwhile */
async function stretch(ask) {
  globalThis.gc();
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

/** The median of some stretches, for the same reason. */
async function bytesOf(ask) {
  for (let number = 0; number < WARM_UP; number++) await ask();
  const measured = [];
  for (let tries = 0; measured.length < STRETCHES; tries++) {
    if (tries === MOST_TRIES) throw new Error('Something is collected all the time.');
    const bytes = await stretch(ask);
    if (bytes !== undefined) measured.push(bytes);
  }
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
      perHit[`${backend}, ${size}`] = (await bytesOf(hitOf(cached(backend), bytes))) - least;
    }
  }
  await close();
  origin.close();
  console.log(JSON.stringify(perHit));
}

void main();
