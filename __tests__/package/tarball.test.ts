import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Consumer, installPacked, PROJECT } from '../helpers/built-package.js';
import { OriginServer } from '../helpers/origin-server.js';
import { SIZE_BUDGET } from './size-budget.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
/** A process that does not end by itself is killed, and the test fails. */
const MUST_END_WITHIN_MS = 60_000;

let consumer: Consumer;
let origin: OriginServer;
beforeAll(async () => {
  consumer = installPacked();
  origin = await OriginServer.start(() => ({
    headers: { 'Content-Type': 'application/json' },
    body: '{"a":1}',
  }));
});
afterAll(async () => {
  consumer.remove();
  await origin.close();
});

async function node(script: string, args: readonly string[] = []): Promise<string> {
  const { stdout } = await run(process.execPath, [script, ...args], {
    cwd: consumer.directory,
    timeout: MUST_END_WITHIN_MS,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  });
  return stdout;
}

/** Asks twice through the default backend and tells about it; does not close anything. */
const ASK_TWICE = `
  const http = withCache(axios.create(), { expireAfter: '1h' });
  const answers = [];
  for (let count = 0; count < 2; count++) {
    const { data, cache } = await http.get(process.argv[2]);
    answers.push([data.a, cache.fromCache]);
  }
  console.log(JSON.stringify({ answers, stored: await http.cache.count() }));
`;
const ESM = `import axios from 'axios';\nimport { withCache } from 'axios-persistent-cache';\n${ASK_TWICE}`;
const CJS = `const axios = require('axios');\nconst { withCache } = require('axios-persistent-cache');
  (async () => {${ASK_TWICE}})();`;

describe('what is published', () => {
  it('is the library and its papers, and nothing else', () => {
    const papers = consumer.publishedFiles.filter((file) => !file.startsWith('dist/'));
    expect(papers.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    const dist = consumer.publishedFiles.filter((file) => file.startsWith('dist/'));
    expect(dist).toEqual(
      expect.arrayContaining(['dist/index.mjs', 'dist/index.cjs', 'dist/index.d.mts', 'dist/index.d.cts']),
    );
    const others = dist.filter((file) => !/^dist\/[\w-]+\.(d\.)?[mc](js|ts)$/.test(file));
    expect(others).toEqual(['dist/cli-licenses.txt']);
  });

  it('has no other package, and no path of the machine it was built on, inside', () => {
    for (const file of consumer.publishedFiles) {
      const content = readFileSync(consumer.file(`node_modules/axios-persistent-cache/${file}`), 'utf8');
      expect(content).not.toContain(PROJECT);
      for (const [, region] of content.matchAll(/^\/\/#region (.+)$/gm)) {
        expect(region).toMatch(/^(lib\/|\\0rolldown\/runtime)/);
      }
    }
  });

  describe('keeps within its budget of size', () => {
    const published = (file: string): string => consumer.file(`node_modules/axios-persistent-cache/${file}`);

    /** A module with those that it imports at once, by their text. */
    function importedWith(file: string, imported = new Map<string, string>()): ReadonlyMap<string, string> {
      if (imported.has(file)) return imported;
      const text = readFileSync(published(file), 'utf8');
      imported.set(file, text);
      for (const [, name = ''] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.\/[^"']+)["']/g)) {
        importedWith(path.posix.join('dist', name), imported);
      }
      return imported;
    }

    /** What `require` has loaded, by its text. */
    async function requiredWith(): Promise<ReadonlyMap<string, string>> {
      const script =
        "require('axios-persistent-cache'); console.log(JSON.stringify(Object.keys(require.cache)));";
      const files = JSON.parse(await node(consumer.file('required.cjs', script))) as string[];
      const ours = files.filter((file) => file.includes('axios-persistent-cache'));
      return new Map(ours.map((file) => [`dist/${path.basename(file)}`, readFileSync(file, 'utf8')]));
    }

    it('as a download, and in node_modules', () => {
      expect(statSync(consumer.tarball).size).toBeLessThan(SIZE_BUDGET.packed);
      const sizes = consumer.publishedFiles.map((file) => statSync(published(file)).size);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(SIZE_BUDGET.unpacked);
    });

    it.each([
      ['import', () => importedWith('dist/index.mjs')],
      ['require', requiredWith],
    ])('as what a program has to read by %s', async (_how, load) => {
      const loaded = await load();
      expect([...loaded.keys()]).toContainEqual(expect.stringMatching(/^dist\/core-/));
      const text = [...loaded.values()].join('\n');
      expect(Buffer.byteLength(text)).toBeLessThan(SIZE_BUDGET.entry);
      expect(gzipSync(text).byteLength).toBeLessThan(SIZE_BUDGET.entryGzipped);
      // A budget that nothing comes near would say nothing.
      expect(Buffer.byteLength(text)).toBeGreaterThan(SIZE_BUDGET.entry / 2);
      // A module that the bundler wraps in a function, as in a cycle of modules, is read twice.
      expect(text.match(/\binit_\w+/g) ?? []).toEqual([]);
    });
  });

  it('asks for what it needs, and no more', () => {
    const manifest: unknown = JSON.parse(
      readFileSync(consumer.file('node_modules/axios-persistent-cache/package.json'), 'utf8'),
    );
    expect(manifest).toMatchObject({
      sideEffects: false,
      engines: { node: '>=20' },
      peerDependencies: { axios: '>=1.7 <2' },
      dependencies: { 'lru-cache': expect.stringMatching(/^\^11\./) as string },
      optionalDependencies: { 'better-sqlite3': expect.stringMatching(/^\^12\./) as string },
    });
    expect(manifest).not.toHaveProperty('scripts.postinstall');
    expect(manifest).not.toHaveProperty('scripts.install');
  });

  it('is clean by publint', async () => {
    const publint = path.join(PROJECT, 'node_modules/publint/src/cli.js');
    expect(await node(publint, ['run', consumer.tarball, '--strict', '--level', 'warning'])).toContain(
      'All good!',
    );
  });

  it('has right types for every way of resolution, by attw', async () => {
    const attw = path.join(PROJECT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const report = JSON.parse(await node(attw, [consumer.tarball, '--format', 'json'])) as {
      analysis: { types: unknown };
      problems?: Record<string, unknown>;
    };
    expect(report.analysis.types).toMatchObject({ kind: 'included' });
    expect(report.problems ?? {}).toEqual({});
  });
});

describe.each([
  ['ESM', 'ask.mjs', ESM],
  ['CommonJS', 'ask.cjs', CJS],
])('a program in %s', (_format, script, content) => {
  beforeEach(() => {
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(consumer.file(`http_cache.sqlite${suffix}`), { force: true });
    origin.requests.length = 0;
  });

  it('keeps its cache in a file from run to run, and ends by itself without close()', async () => {
    const file = consumer.file(script, content);
    const first = JSON.parse(await node(file, [`${origin.url}/users`])) as unknown;
    expect(first).toEqual({
      answers: [
        [1, false],
        [1, true],
      ],
      stored: 1,
    });
    const header = readFileSync(consumer.file('http_cache.sqlite')).subarray(0, 15).toString();
    expect(header).toBe('SQLite format 3');

    const second = JSON.parse(await node(file, [`${origin.url}/users`])) as unknown;
    expect(second).toEqual({
      answers: [
        [1, true],
        [1, true],
      ],
      stored: 1,
    });
    expect(origin.count()).toBe(1);
  });
});

describe('loading the entry', () => {
  const REPORT = `
    const { Module } = await import('node:module');
    const drivers = () => [...Object.keys(Module._cache), ...process.moduleLoadList]
      .filter((name) => /sqlite/i.test(name) && !name.includes('axios-persistent-cache'));
  `;

  it.each([
    ['import', "const { withCache } = await import('axios-persistent-cache');"],
    ['require', "const { withCache } = Module.createRequire(import.meta.url)('axios-persistent-cache');"],
  ])('by %s loads no driver; the first use does', async (how, load) => {
    const script = `${REPORT}
      const { default: axios } = await import('axios');
      ${load}
      const http = withCache(axios.create());
      const before = drivers();
      await http.cache.count();
      console.log(JSON.stringify({ before, after: drivers().length > 0 }));`;
    const result = JSON.parse(await node(consumer.file(`drivers-${how}.mjs`, script))) as unknown;
    expect(result).toEqual({ before: [], after: true });
  });

  it('changes nothing in the program: no globals, no listeners, no timers, no files, nothing in axios', async () => {
    const script = `
      import axios from 'axios';
      const count = (manager) => { let n = 0; manager.forEach(() => n++); return n; };
      const state = () => JSON.stringify([
        Reflect.ownKeys(globalThis).map(String), process.eventNames().map(String),
        process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate/.test(name)),
        Object.keys(axios), Object.getOwnPropertyNames(axios.Axios.prototype),
        count(axios.interceptors.request), count(axios.interceptors.response),
      ]);
      const before = state();
      await import('axios-persistent-cache');
      console.log(state() === before);`;
    rmSync(consumer.file('http_cache.sqlite'), { force: true });
    expect(await node(consumer.file('effects.mjs', script))).toBe('true\n');
    expect(existsSync(consumer.file('http_cache.sqlite'))).toBe(false);
  });

  it('in both formats gives errors that each recognises of the other', async () => {
    const script = `
      import { createRequire } from 'node:module';
      import axios from 'axios';
      import { isHttpCacheError } from 'axios-persistent-cache';
      const { withCache, InvalidOptionError } = createRequire(import.meta.url)('axios-persistent-cache');
      try { withCache(axios.create(), { expire_after: 5 }); }
      catch (error) { console.log(isHttpCacheError(error), error instanceof InvalidOptionError, error.option); }`;
    expect(await node(consumer.file('errors.mjs', script))).toBe('true true expire_after\n');
  });
});
