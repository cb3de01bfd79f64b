// Prints how many bytes a hit takes on the heap: with axios answered at once, and with each backend beyond that. Needs
// `--expose-gc` and room for what is measured, without a collection. Argument: directory of the library.
const { PerformanceObserver } = require('node:perf_hooks');

const [directory] = process.argv.slice(2);
const { makeSubjects } = require('./subjects.cjs');
const { startOrigin } = require('./origin.cjs');

const WARM_UP = 200;
const STRETCHES = 5;
/** More stretches than that in which something is collected, of some milliseconds each: there is not enough room. */
const MOST_TRIES = 30;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

/** @returns bytes of each of some hits in one stretch; undefined where something was collected meanwhile */
async function stretch(ask, hits) {
  globalThis.gc();
  const began = performance.now();
  const before = process.memoryUsage().heapUsed;
  for (let number = 0; number < hits; number++) await ask();
  const after = process.memoryUsage().heapUsed;
  const ended = performance.now();
  // Collections are told later.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const isWithin = ({ startTime, duration }) => startTime + duration > began && startTime < ended;
  return collections.some(isWithin) ? undefined : (after - before) / hits;
}

/** The median of some stretches: in some, the engine takes more for itself. */
async function bytesOf(ask, hits) {
  for (let number = 0; number < WARM_UP; number++) await ask();
  const measured = [];
  for (let tries = 0; measured.length < STRETCHES && tries < MOST_TRIES; tries++) {
    const bytes = await stretch(ask, hits);
    if (bytes !== undefined) measured.push(bytes);
  }
  const median = measured.sort((one, other) => one - other)[Math.floor(STRETCHES / 2)];
  return median === undefined ? NaN : Math.round(median);
}

async function main() {
  const origin = await startOrigin();
  const { floor, cached, close } = makeSubjects(directory, origin);
  const hitOf = (http, bytes) => () => http.get(`${origin.url}/${bytes}/hit`);
  const perHit = {};
  // As many hits as there is room for, also for what is outside the heap: what the engine takes for itself is shared by them all.
  for (const { size, bytes, hits } of [
    { size: '1 KB', bytes: 1000, hits: 600 },
    { size: '32 KB', bytes: 32_000, hits: 300 },
  ]) {
    const least = await bytesOf(hitOf(floor(), bytes), hits);
    perHit[`axios answered at once, ${size}`] = least;
    for (const backend of ['memory', 'sqlite', 'filesystem']) {
      const taken = await bytesOf(hitOf(cached(backend), bytes), hits);
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
