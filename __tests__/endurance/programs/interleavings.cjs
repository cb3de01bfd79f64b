// Interleavings of requests, aborts, time-outs and failures, one after another; prints what went wrong with which seed. It
// closes its origin and nothing else, and has to end by itself.
// Arguments: directory of the library, directory for databases, backend, first seed, how many, whether caches are closed.
const path = require('node:path');
const { load } = require('./library.cjs');
const { watchProcess } = require('./interleavings/watch.cjs');

const [directory, databases, backend, firstSeed, count, closing] = process.argv.slice(2);
/** Each may take its time, since it is waited for what does not come. */
const MOST_FAILURES = 3;
/** With what the process prints to: Node opens that when it is asked for. */
const before = [process.stdout, process.stderr] && process.getActiveResourcesInfo();
const watch = watchProcess(directory);
const { axios, initBackend, withCache } = load(directory);
const { interleave } = require('./interleavings/interleave.cjs');
const { MoodyOrigin } = require('./interleavings/origin.cjs');

const backendOf = (seed) =>
  backend === 'sqlite'
    ? initBackend(path.join(databases, `${process.pid}-${seed}`), 'sqlite', { fastSave: true })
    : initBackend('memory', 'memory');

async function main() {
  const origin = new MoodyOrigin();
  const baseURL = await origin.start();
  const world = { axios, withCache, backendOf, baseURL, origin, watch, mayClose: closing === 'closing' };
  const failures = [];
  let unread = 0;
  let done = 0;
  while (done < Number(count) && failures.length < MOST_FAILURES) {
    const seed = Number(firstSeed) + done;
    const result = await interleave(world, seed);
    if (result.faults.length > 0) failures.push({ seed, faults: result.faults });
    unread += result.unread;
    done += 1;
  }
  origin.stop();
  const left = await whatIsLeft();
  console.log(JSON.stringify({ count: done, failures, left, unread, incidents: watch.incidents() }));
}

/** What keeps the process alive beyond what did before; connections take a few turns to go. */
async function whatIsLeft() {
  let left = [];
  for (let turn = 0; turn < 60; turn += 1) {
    left = process.getActiveResourcesInfo();
    for (const resource of before) if (left.includes(resource)) left.splice(left.indexOf(resource), 1);
    if (left.length === 0) return left;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return left;
}

main();
