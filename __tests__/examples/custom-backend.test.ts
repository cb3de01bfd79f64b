import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isHttpCacheError, type StoredRecord } from 'axios-persistent-cache';
import { type BackendHarness, describeBackend } from 'axios-persistent-cache/backend-suite';
import { JsonLinesBackend } from '../../examples/custom-backend.js';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TS_NODE = path.join(PROJECT, 'node_modules/ts-node/dist/bin.js');
const SCRIPT = path.join(PROJECT, 'examples/custom-backend.ts');

const harness: BackendHarness = {
  traits: { persistent: true, shared: false },
  limitsRecords: false,
  // Lines that cannot be read are left out: there is no damage by which the whole store fails.
  damagesStores: false,
  createStore: ({ name }) => {
    const directory = aTemporaryDirectory();
    const file = directory.path(`${name}.jsonl`);
    return {
      open: () => new JsonLinesBackend(file),
      dispose: () => directory.remove(),
    };
  },
};

describeBackend('the backend of examples/custom-backend.ts', harness);

describe('the file', () => {
  let directory: TemporaryDirectory;
  let file: string;
  beforeEach(() => {
    directory = aTemporaryDirectory();
    file = directory.path('cache.jsonl');
  });
  afterEach(() => directory.remove());

  function aRecord(key: string): StoredRecord {
    const body = Buffer.from(`body of ${key}`);
    return {
      key,
      variant: '',
      resource: 'r',
      head: Buffer.from('head'),
      body,
      bodyBytes: body.byteLength,
      createdAt: 1,
      expiresAt: undefined,
      retainUntil: undefined,
    };
  }

  function stored(...keys: readonly string[]): void {
    const backend = new JsonLinesBackend(file);
    for (const key of keys) backend.put(aRecord(key));
    backend.close();
  }

  it('may be cut off anywhere: whole lines are read, and nothing else', () => {
    stored('a', 'b');
    const { length } = readFileSync(file);
    for (let end = length; end >= 0; end -= 1) {
      truncateSync(file, end);
      const backend = new JsonLinesBackend(file);
      const bodies = ['a', 'b'].map((key) =>
        Buffer.from(backend.body({ key, variant: '' }) ?? []).toString(),
      );
      expect(['body of a', '']).toContain(bodies[0]);
      expect(['body of b', '']).toContain(bodies[1]);
    }
    // What is written after such an end is not lost.
    appendFileSync(file, '{"put":{"key":"half');
    stored('c');
    expect(new JsonLinesBackend(file).get('c')).toHaveLength(1);
  });

  it('may hold lines of others', () => {
    stored('a');
    appendFileSync(
      file,
      '\nnull\n5\n{}\n{"put":null}\n{"put":{"key":5}}\n{"delete":"a"}\n{"delete":[]}\n\0\xff\n',
    );
    const backend = new JsonLinesBackend(file);
    expect(backend.count()).toBe(1);
    expect(backend.get('a')).toHaveLength(1);
  });

  it('is written anew without what is void, when it is closed and when much is pruned', () => {
    stored(...Array.from({ length: 50 }, () => 'same'));
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
    const backend = new JsonLinesBackend(file);
    for (let count = 0; count < 1200; count += 1) backend.put(aRecord('same'));
    backend.prune(0, 1);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
    expect(directory.list()).toEqual(['cache.jsonl']);
  });

  it('that cannot be written makes a write fail, and nothing is stored', () => {
    const missing = new JsonLinesBackend(directory.path('missing', 'cache.jsonl'));
    let thrown: unknown;
    try {
      missing.put(aRecord('a'));
    } catch (error) {
      thrown = error;
    }
    expect(isHttpCacheError(thrown)).toBe(true);
    expect(thrown).toMatchObject({ backend: 'json-lines', operation: 'put', cause: { code: 'ENOENT' } });
    expect(missing.get('a')).toEqual([]);
    mkdirSync(directory.path('missing'));
    writeFileSync(directory.path('missing', 'cache.jsonl'), '');
    expect(missing.put(aRecord('a'))).toBe(true);
  });
});

it('the program answers the second run from the file, and leaves no file', async () => {
  ensureBuilt();
  const directory = aTemporaryDirectory();
  try {
    const { stdout } = await run(process.execPath, [TS_NODE, SCRIPT], {
      cwd: directory.path(),
      env: { ...process.env, TMPDIR: directory.path() },
      timeout: 60_000,
      encoding: 'utf8',
    });
    expect(stdout.trim().split('\n')).toEqual([
      'first run : answer 1, fromCache: false, 1 stored',
      'second run: answer 1, fromCache: true, 1 stored',
    ]);
    expect(directory.list().filter((name) => name.includes('custom-backend'))).toEqual([]);
  } finally {
    directory.remove();
  }
});
