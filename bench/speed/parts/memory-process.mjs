// node --expose-gc memory-process.mjs memory|sqlite|interceptor <entries>
// Stores entries, and prints what the process holds more than before: of the heap, and of buffers outside of it.
import { SIZES } from '../bodies.mjs';
import { ours } from '../subjects/ours.mjs';
import { interceptorUncloned } from '../subjects/rivals.mjs';

/** Stored before the first look, so that code and what is made once are not counted. */
const FIRST = 10;
const HOW = { isAnswered: true };

const [id, count] = process.argv.slice(2);
const subject = id === 'interceptor' ? await interceptorUncloned(HOW) : ours(id, {}, HOW);
const urlOf = (index) => `http://127.0.0.1:1/${SIZES['1 KB']}/kept${index}`;

function inUse() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (let index = 0; index < FIRST; index++) await subject.get(urlOf(index));
await pause();
const before = inUse();
const storedBefore = await subject.cache?.size();
for (let index = FIRST; index < Number(count) + FIRST; index++) await subject.get(urlOf(index));
await pause();
const after = inUse();
const stored = subject.cache === undefined ? undefined : (await subject.cache.size()) - storedBefore;
const { rss } = process.memoryUsage();
process.stdout.write(JSON.stringify({ id, name: subject.name, inUse: after - before, stored, rss }));
await subject.close();

/** Lets timers and what runs in the background come to an end. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
