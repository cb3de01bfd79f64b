import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadDriver } from '../../../lib/backends/sqlite/driver.js';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { decodeHead, verifyBody } from '../../../lib/storage/record-codec.js';
import { type CompiledLib, compileLib } from '../../helpers/compiled-lib.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

/** Writes records `<owner> 0`, `<owner> 1`, … and prints how many; bodies differ in length and content. */
const WRITER = `
  const [libPath, file, owner, count, wal] = process.argv.slice(1);
  const { SqliteBackend } = require(libPath + '/backends/sqlite/index.js');
  const { encodeHead } = require(libPath + '/storage/record-codec.js');
  (async () => {
    const backend = new SqliteBackend(file, { wal: wal === 'wal' });
    for (let index = 0; index < Number(count); index++) {
      const body = Buffer.alloc(1 + ((index * 7919) % 30000), owner + ' ' + index + ' ');
      // Where it never ends, every third write replaces the record before it.
      const key = owner + ' ' + (count === 'Infinity' && index % 3 === 2 ? index - 1 : index);
      const head = encodeHead({ url: key, index }, body);
      const stored = await backend.put({
        key, variant: '', resource: key, head, body, bodyBytes: body.length,
        createdAt: index, expiresAt: undefined, retainUntil: undefined,
      });
      if (stored !== true) throw new Error('not stored');
      process.stdout.write('.');
    }
    await backend.close();
  })();
`;

let directory: TemporaryDirectory;
let lib: CompiledLib;
let children: ChildProcess[];

beforeAll(() => {
  lib = compileLib();
});
afterAll(() => {
  lib.remove();
});
beforeEach(() => {
  directory = aTemporaryDirectory();
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  directory.remove();
});

function startWriter(owner: string, count: number, mode: string) {
  const file = directory.path('cache.sqlite');
  // node:sqlite warns in some releases that it is experimental.
  const args = ['--no-warnings', '-e', WRITER, `${lib.directory}/lib`, file, owner, String(count), mode];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const writer = { child, written: 0, errors: () => errors, exit: once(child, 'close') };
  child.stdout.on('data', (dots: Buffer) => (writer.written += dots.length));
  return writer;
}

/** Reads every record back, whole. @returns the keys, in alphabetical order */
async function readAll(): Promise<string[]> {
  const backend = new SqliteBackend(directory.path('cache.sqlite'));
  const keys: string[] = [];
  for await (const { key, variant } of backend.scan()) {
    const [record] = await backend.get(key);
    if (record === undefined) throw new Error(`${key} was listed and is not there`);
    const { head, bodyDigest } = decodeHead(record.head);
    const body = await backend.body({ key, variant });
    expect(head['url']).toBe(key);
    expect(body !== undefined && verifyBody(bodyDigest, body)).toBe(true);
    expect(record.body !== undefined && verifyBody(bodyDigest, record.body)).toBe(true);
    keys.push(key);
  }
  expect(await backend.count()).toBe(keys.length);
  await backend.close();
  return keys.sort();
}

async function integrity(): Promise<unknown> {
  const database = (await loadDriver(undefined)).open(directory.path('cache.sqlite'));
  try {
    const orphans = database
      .prepare('SELECT count(*) AS n FROM bodies WHERE id NOT IN (SELECT id FROM responses)')
      .get();
    const check = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
    return { check: check.integrity_check, orphans: (orphans as { n: number }).n };
  } finally {
    database.close();
  }
}

describe.each(['wal', 'journal'])('with %s', (mode) => {
  it('a process that is killed in the middle of its writes leaves a database whose every record is whole', async () => {
    const writer = startWriter('killed', Infinity, mode);
    const stop = new Promise<void>((resolve) => {
      writer.child.stdout.on('data', () => {
        if (writer.written >= 1000) resolve();
      });
    });
    await Promise.race([stop, writer.exit]);
    writer.child.kill('SIGKILL');
    const [, signal] = (await writer.exit) as [number | null, string | null];
    expect({ signal, errors: writer.errors() }).toEqual({ signal: 'SIGKILL', errors: '' });
    const keys = await readAll();
    // Every write that was acknowledged is there; two of three writes make a new record.
    expect(keys.length).toBeGreaterThanOrEqual(Math.floor((writer.written * 2) / 3));
    expect(await integrity()).toEqual({ check: 'ok', orphans: 0 });
    const next = startWriter('next', 10, mode);
    expect(await next.exit).toEqual([0, null]);
    expect(await readAll()).toHaveLength(keys.length + 10);
  }, 60_000);
});

it('two processes that write 2,000 records each into one new file lose none', async () => {
  const writers = ['left', 'right'].map((owner) => startWriter(owner, 2000, 'wal'));
  for (const { exit, errors } of writers) expect([await exit, errors()]).toEqual([[0, null], '']);
  const expected = ['left', 'right'].flatMap((owner) =>
    Array.from({ length: 2000 }, (_, index) => `${owner} ${index}`),
  );
  expect(await readAll()).toEqual(expected.sort());
  expect(await integrity()).toEqual({ check: 'ok', orphans: 0 });
}, 60_000);

it('a process ends by itself after it has used the cache, closed or not', async () => {
  const script = `
    const { SqliteBackend } = require(process.argv[1] + '/backends/sqlite/index.js');
    const backend = new SqliteBackend(process.argv[2]);
    backend.count().then((count) => process.stdout.write(String(count)));
  `;
  const child = spawn(process.execPath, [
    '-e',
    script,
    `${lib.directory}/lib`,
    directory.path('cache.sqlite'),
  ]);
  children.push(child);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  expect([await once(child, 'close'), output]).toEqual([[0, null], '0']);
});
