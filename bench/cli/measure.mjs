// How soon the command line begins to print, and what memory it takes, by the number of stored responses.
//
//   node bench/cli/measure.mjs [redis://127.0.0.1:6379] [--counts 1000,100000] [--only redis]
//
// Needs a build (`npm run build`). The store of SQLite lies among the temporary files; what is stored in Redis is deleted again.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(path.join(ROOT, 'package.json'));
const axios = require('axios');
const { withCache } = require(path.join(ROOT, 'dist/index.cjs'));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    counts: { type: 'string', default: '1000,100000' },
    only: { type: 'string', default: 'sqlite,redis' },
  },
});
const COUNTS = values.counts.split(',').map(Number);
const STORES = values.only.split(',');
const BODY = 'x'.repeat(500);
const AT_ONCE = 50;
const [redisUrl] = positionals;
const directory = mkdtempSync(path.join(os.tmpdir(), 'cli-bench-'));

/** Prints the peak of the process's memory at its end, where nothing else is printed. */
const REPORT_MEMORY = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process.stderr.write('RSS ' + process.resourceUsage().maxRSS));",
)}`;

const COMMANDS = [
  ['ls'],
  ['ls', '--json'],
  ['ls', '--sort', 'size', '--limit', '20'],
  ['stats'],
  ['verify'],
  ['export', '-', '--format', 'ndjson'],
  ['export', '-', '--format', 'har'],
  ['report', '-o', '-'],
];

async function fill(count, options) {
  const http = withCache(axios.create({ baseURL: 'https://api.example.com' }), options);
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      const config = { url: `/items/${index}` };
      const response = {
        data: BODY,
        status: 200,
        statusText: 'OK',
        headers: { 'content-type': 'text/plain' },
        config,
      };
      await http.cache.saveResponse(response, { expireAfter: '1h' });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await http.cache.close();
}

function run(args) {
  const start = performance.now();
  const child = spawn(process.execPath, [
    '--import',
    REPORT_MEMORY,
    path.join(ROOT, 'dist/cli.mjs'),
    ...args,
  ]);
  let firstMs;
  let bytes = 0;
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    firstMs ??= performance.now() - start;
    bytes += chunk.length;
  });
  child.stderr.on('data', (chunk) => {
    // What is told of the memory comes last.
    firstMs ??= performance.now() - start;
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      const [, kilobytes] = /RSS (\d+)/.exec(stderr) ?? [];
      if (code !== 0) reject(new Error(`${args.join(' ')}: ${stderr}`));
      else resolve({ firstMs, wholeMs: performance.now() - start, bytes, rssMb: Number(kilobytes) / 1024 });
    });
  });
}

async function measure(title, count, args) {
  for (const [command, ...others] of COMMANDS) {
    const { firstMs, wholeMs, rssMb, bytes } = await run([command, args[0], ...others, ...args.slice(1)]);
    const cells = [title, String(count), [command, ...others].join(' '), `${Math.round(firstMs)} ms`];
    cells.push(`${Math.round(wholeMs)} ms`, `${Math.round(rssMb)} MB`, `${(bytes / 1e6).toFixed(1)} MB`);
    console.log(`| ${cells.join(' | ')} |`);
  }
}

try {
  console.log('| store | responses | command | first output | whole | peak memory | output |');
  console.log('|---|---|---|---|---|---|---|');
  for (const count of STORES.includes('sqlite') ? COUNTS : []) {
    const file = path.join(directory, `${count}.sqlite`);
    await fill(count, { cacheName: file, backend: { name: 'sqlite', fastSave: true } });
    await measure('SQLite', count, [file]);
  }
  if (redisUrl !== undefined && STORES.includes('redis')) {
    for (const count of COUNTS) {
      const cacheName = `cli-bench-${process.pid}-${count}`;
      await fill(count, { cacheName, backend: { name: 'redis', url: redisUrl } });
      await measure('Redis', count, [redisUrl, '--cache-name', cacheName]);
      await run(['rm', redisUrl, '--all', '--yes', '--cache-name', cacheName]);
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
