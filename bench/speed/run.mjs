// The measuring process of `npm run bench -- speed`: see bench/README.md. Nothing here is transformed before it runs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareContestants } from './contestants.mjs';
import { concurrent } from './parts/concurrent.mjs';
import { entries } from './parts/entries.mjs';
import { hits, kinds } from './parts/hits.mjs';
import { imports } from './parts/import.mjs';
import { memory } from './parts/memory.mjs';
import { misses, revalidations } from './parts/misses.mjs';
import { publish } from './report/publish.mjs';
import { resultsOf, showTargets } from './report/results.mjs';
import { startOrigin } from './start-origin.mjs';
import { judge } from './targets.mjs';

const PARTS = {
  // First: later the machine has done heavy work, and its files are not all at hand.
  import: [imports, 'import: of the entry, beyond axios'],
  hits: [hits, 'hits: what is stored is asked for again'],
  kinds: [kinds, 'kinds: hits as JSON, text, bytes and streams'],
  misses: [misses, 'misses: what is not stored comes from the origin'],
  revalidations: [revalidations, 'revalidations: what is stored is stale, and the origin says 304'],
  concurrent: [concurrent, 'concurrent: 64 requests at once, and their time together'],
  entries: [entries, 'entries: hits among few and many'],
  memory: [memory, 'memory: of the process'],
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    rounds: { type: 'string', default: '21' },
    entries: { type: 'string', default: '100000' },
    rivals: { type: 'string', default: 'all' },
    publish: { type: 'boolean', default: false },
  },
});
const parts = values.only.split(',');
const unknown = parts.find((part) => !Object.hasOwn(PARTS, part));
if (unknown !== undefined) fail(`No part ${unknown}. There are: ${Object.keys(PARTS).join(', ')}`);
if (!['all', 'none'].includes(values.rivals)) fail('--rivals is all or none.');
for (const name of ['rounds', 'entries']) {
  if (!/^[1-9]\d*$/.test(values[name])) fail(`--${name} is a number above 0.`);
}
if (values.publish && !parts.includes('hits')) fail('There is nothing to publish without the part hits.');

const servers = JSON.parse(process.env.BENCH_SERVERS ?? '[]');
const notes = [];
const note = (text) => {
  notes.push(text);
  console.log(`  note: ${text}`);
};
const contestants = await prepareContestants({ rivals: values.rivals, servers, note });
// After npm and pip, which may need it: a proxy would stand between those that are measured and the origin.
for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];

const rounds = Number(values.rounds);
const origin = await startOrigin();
const found = { cells: [], memory: [], imports: [] };
const bench = { ...contestants, ...found, origin, rounds, entries: Number(values.entries), note };
try {
  for (const part of Object.keys(PARTS).filter((name) => parts.includes(name))) {
    const [run, title] = PARTS[part];
    console.log(`\n${title}`);
    const start = performance.now();
    await run(bench);
    console.log(`  (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  }
} finally {
  origin.stop();
}

const targets = judge({ ...found, parts });
showTargets(targets);
const results = resultsOf({ ...found, targets, notes, parts, rounds, rivals: contestants.versions, servers });
const folder = new URL('../results/', import.meta.url);
mkdirSync(folder, { recursive: true });
const file = fileURLToPath(new URL('speed.json', folder));
writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
console.log(`\nWritten to ${file}`);
if (parts.includes('hits'))
  await publish(results, { folder: fileURLToPath(folder), isPublished: values.publish });

function fail(message) {
  console.error(message);
  process.exit(1);
}
