import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Consumer, installPacked, PROJECT } from '../helpers/built-package.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TSC = path.join(PROJECT, 'node_modules/typescript/bin/tsc');

let consumer: Consumer;
beforeAll(() => {
  consumer = installPacked();
});
afterAll(() => consumer.remove());

interface Outcome {
  readonly code: number;
  readonly stdout: string;
}

async function node(...args: readonly string[]): Promise<Outcome> {
  // The variables of Jest would tell node:test that it runs within another run.
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env;
  try {
    const { stdout } = await run(process.execPath, args, { cwd: consumer.directory, env, timeout: 60_000 });
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout } = error as { code?: number; stdout?: string };
    return { code: code ?? -1, stdout: stdout ?? String(error) };
  }
}

/** A right backend, and one that forgets what it has been told to delete only in part. */
const HARNESSES = `
  class Forgetful extends MemoryBackend {
    delete(key, variant) { return variant === undefined ? super.delete(key, '') : super.delete(key, variant); }
  }
  const harnessOf = (Class) => ({
    traits: { persistent: false, shared: false },
    limitsRecords: true,
    damagesStores: false,
    createStore: ({ maxRecordBytes }) => ({
      open: () => new Class(maxRecordBytes === undefined ? {} : { maxEntryBytes: maxRecordBytes }),
      dispose: () => undefined,
    }),
  });
`;
const FIND = `
  const titles = async (Class, atMost) => (await findViolations(harnessOf(Class), atMost)).map(({ title }) => title);
  console.log(JSON.stringify([await titles(MemoryBackend), await titles(Forgetful), await titles(Forgetful, 1)]));
`;
const ESM_SUITE = "import { describeBackend, findViolations } from 'axios-persistent-cache/backend-suite';";
const CJS_SUITE =
  "const { describeBackend, findViolations } = require('axios-persistent-cache/backend-suite');";

describe('axios-persistent-cache/backend-suite', () => {
  it.each([
    [
      'an ES module',
      'find.mjs',
      `${ESM_SUITE} import { MemoryBackend } from 'axios-persistent-cache/backends'; ${HARNESSES} ${FIND}`,
    ],
    [
      'CommonJS',
      'find.cjs',
      `${CJS_SUITE} const { MemoryBackend } = require('axios-persistent-cache/backends'); ${HARNESSES} (async () => {${FIND}})();`,
    ],
    [
      'an ES module with a backend of CommonJS, whose errors are of another copy',
      'both.mjs',
      `${ESM_SUITE} import { createRequire } from 'node:module';
       const { MemoryBackend } = createRequire(import.meta.url)('axios-persistent-cache/backends'); ${HARNESSES} ${FIND}`,
    ],
  ])('finds in %s what a backend does wrong, and nothing where it is right', async (_title, name, script) => {
    const { code, stdout } = await node(consumer.file(name, script));
    const [right, wrong, first] = JSON.parse(stdout) as [string[], string[], string[]];
    expect(right).toEqual([]);
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong).toContainEqual(expect.stringMatching(/^variants: /));
    expect(first).toEqual(wrong.slice(0, 1));
    expect(code).toBe(0);
  });

  it.each([
    [
      'an ES module',
      'suite.test.mjs',
      `import { describe, it } from 'node:test'; ${ESM_SUITE}
       import { MemoryBackend } from 'axios-persistent-cache/backends'; ${HARNESSES}`,
    ],
    [
      'CommonJS',
      'suite.test.cjs',
      `const { describe, it } = require('node:test'); ${CJS_SUITE}
       const { MemoryBackend } = require('axios-persistent-cache/backends'); ${HARNESSES}`,
    ],
  ])('defines tests of node:test, in %s', async (_title, name, prelude) => {
    const test = (Class: string): string =>
      consumer.file(name, `${prelude} describeBackend('mine', harnessOf(${Class}), { describe, it });`);
    const right = await node('--test', '--test-reporter', 'tap', test('MemoryBackend'));
    expect(right.stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# tests (\d+)$/m.exec(right.stdout)?.[1])).toBeGreaterThan(50);
    expect(right.stdout).toContain('mine keeps the contract of backends');
    expect(right.code).toBe(0);
    const wrong = await node('--test', '--test-reporter', 'tap', test('Forgetful'));
    expect(wrong.stdout).toMatch(/^# fail [1-9]/m);
    expect(wrong.code).toBe(1);
  });

  it('says what it needs where there are no global describe and it', async () => {
    const script = `${ESM_SUITE}
      try { describeBackend('mine', {}); } catch (error) { console.log(error.code, error.message); }`;
    const { stdout } = await node(consumer.file('globals.mjs', script));
    expect(stdout).toMatch(/^ERR_CACHE_INVALID_OPTION .*runner\.describe.*pass \{ describe, it \}/);
  });

  it('loads nothing but itself and node:assert', async () => {
    const script = `
      const { Module } = require('node:module');
      require('axios-persistent-cache/backend-suite');
      console.log(JSON.stringify(Object.keys(Module._cache)));`;
    const { stdout } = await node(consumer.file('loads.cjs', script));
    const loaded = (JSON.parse(stdout) as string[]).map((file) => path.basename(file));
    expect(loaded).toContain('backend-suite.cjs');
    expect(
      loaded.filter((file) => !/^(loads|backend-suite|errors-.*|rolldown-runtime-.*)\.cjs$/.test(file)),
    ).toEqual([]);
  });

  it.each([
    ['nodenext', 'mts', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['nodenext', 'cts', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['bundler', 'ts', { module: 'esnext', moduleResolution: 'bundler' }],
    ['node10', 'ts', { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true }],
  ])('has types, resolved by %s in a file .%s', async (how, ending, compilerOptions) => {
    const program = consumer.file(
      `types-${how}.${ending}`,
      `import { MemoryBackend } from 'axios-persistent-cache/backends';
       import {
         type BackendHarness, describeBackend, findViolations, type StoreRequest, type TestRunner, type TestStore, type Violation,
       } from 'axios-persistent-cache/backend-suite';
       const store: TestStore = { open: () => new MemoryBackend(), dispose: () => undefined };
       const harness: BackendHarness = {
         traits: { persistent: false, shared: false }, limitsRecords: false, damagesStores: false,
         createStore: async ({ name, maxRecordBytes }: StoreRequest) => { void [name, maxRecordBytes]; return store; },
       };
       export const found: Promise<readonly Violation[]> = findViolations(harness, 3);
       describeBackend('mine', harness);
       import * as nodeTest from 'node:test';
       const runner: TestRunner = nodeTest;
       describeBackend('mine', harness, runner);
       // @ts-expect-error: no such member
       describeBackend('mine', { ...harness, limits: true });
       // @ts-expect-error: a harness has traits
       void findViolations({ createStore: () => store });\n`,
    );
    const project = consumer.file(
      `tsconfig.${how}.${ending}.json`,
      JSON.stringify({
        compilerOptions: {
          target: 'ES2022',
          lib: ['ES2023'],
          types: ['node'],
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          ...compilerOptions,
        },
        files: [program],
      }),
    );
    const { stdout } = await node(TSC, '-p', project);
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('node_modules/axios/'))).toEqual(
      [],
    );
  });
});
