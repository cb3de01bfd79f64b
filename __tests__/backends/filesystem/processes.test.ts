import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { aRecord, assertStored, getOnly, metaOf } from '../../../lib/backend-suite/records.js';
import { monotonicMs } from '../../../lib/clock.js';
import { type FoundRecord } from '../../../lib/storage/backend.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { decodeHead, encodeHead, verifyBody } from '../../../lib/storage/record-codec.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { hasWritten, type Worker, Workers } from './workers.js';

let directory: TemporaryDirectory;
let workers: Workers;
let backends: FilesystemBackend[];

beforeAll(() => {
  workers = new Workers();
});
afterAll(() => {
  workers.remove();
});
beforeEach(() => {
  directory = aTemporaryDirectory();
  backends = [];
});
afterEach(async () => {
  workers.killAll();
  for (const backend of backends) await backend.close();
  directory.remove();
});

const start = (...args: DropFirst<Parameters<Workers['start']>>): Worker =>
  workers.start(directory.path('cache'), ...args);
type DropFirst<T extends readonly unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;

function open(options: FilesystemOptions = {}): FilesystemBackend {
  const backend = new FilesystemBackend(directory.path('cache'), { fastSave: true, ...options });
  backends.push(backend);
  return backend;
}

const root = (...names: string[]): string => directory.path('cache', 'v1', 'bin', ...names);

/** @returns whether there was a body to verify */
function verify(found: FoundRecord, body = found.body): boolean {
  const { head, bodyDigest } = decodeHead(found.head);
  expect(head).toMatchObject({ key: found.key, variant: found.variant });
  if (body === undefined) return false;
  expect(verifyBody(bodyDigest, body)).toBe(true);
  expect(body.subarray(0, 5).toString()).toBe(
    `${String(head['owner'])} ${String(head['index'])} `.slice(0, body.length).slice(0, 5),
  );
  return true;
}

/** Reads all records once. @returns how many bodies were verified */
async function readAll(backend: FilesystemBackend): Promise<number> {
  let verified = 0;
  for (let key = 0; key < 12; key++) {
    for (const found of await backend.get(`key ${key}`)) if (verify(found)) verified += 1;
  }
  for await (const meta of backend.scan()) verify({ ...meta, body: undefined });
  return verified;
}

it('three processes that write the same keys: whoever reads meanwhile finds every record whole', async () => {
  const writers = ['one', 'two', 'three'].map((owner) => start('store', owner, 250));
  const ended = Promise.all(writers.map(({ exit }) => exit));
  let isEnded = false;
  void ended.then(() => (isEnded = true));
  const backend = open();
  let verified = 0;
  while (!isEnded) verified += await readAll(backend);
  expect((await ended).map(([code]) => code)).toEqual([0, 0, 0]);
  expect(writers.map(({ errors }) => errors)).toEqual(['', '', '']);
  expect(verified).toBeGreaterThan(100);
  // Each record has one marker of its deadline, and there is no other.
  const due = readdirSync(root('due')).flatMap((span) => readdirSync(root('due', span)));
  expect(due).toHaveLength(await backend.count());
  expect(await backend.prune(1e15, 1000)).toBe(due.length);
  expect(readdirSync(root('locks'))).toEqual([]);
}, 120_000);

it.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 15, fastSave: true }],
])(
  'processes that are killed while they store%s leave records that are whole or absent',
  async (_, options) => {
    const backend = open(options);
    for (let round = 0; round < 5; round++) {
      const writer = start('store', `killed ${round}`, Infinity, options);
      await hasWritten(writer, 90 + 17 * round);
      writer.child.kill('SIGKILL');
      await writer.exit;
      expect(writer.errors).toBe('');
      expect(await readAll(backend)).toBeGreaterThan(0);
      const started = monotonicMs();
      for (let key = 0; key < 12; key++) await backend.put(aRecord({ key: `other ${key}` }));
      for (let key = 0; key < 12; key++) expect(await backend.delete(`other ${key}`)).toBe(1);
      // Who hangs is given 10 seconds, who is dead is not.
      expect(monotonicMs() - started).toBeLessThan(8000);
    }
    await backend.clear();
    expect(await backend.count()).toBe(0);
  },
  120_000,
);

it('what processes have left that died is swept away ten minutes later', async () => {
  await open().put(aRecord());
  await backends[0]?.close();
  const now = Date.now() / 1000;
  for (const [name, age] of [
    ['young', 500],
    ['old', 700],
  ] as const) {
    writeFileSync(root('tmp', name), 'half a record');
    utimesSync(root('tmp', name), now - age, now - age);
  }
  const trash = directory.path('cache', 'v1', `trash-${'0'.repeat(24)}`);
  mkdirSync(path.join(trash, 'bin', '00'), { recursive: true });
  const next = open();
  await assertStored(next, aRecord());
  await next.close();
  expect(readdirSync(root('tmp'))).toEqual(['young']);
  expect(existsSync(trash)).toBe(false);
});

it.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 10 }],
])(
  'replaceHead loses no update of four processes%s',
  async (_, limits) => {
    const options = { fastSave: true, ...limits };
    const backend = open(limits);
    const head = encodeHead({ number: 0 }, Buffer.from('body'));
    await backend.put(aRecord({ key: 'number', body: Buffer.from('body'), head }));
    const four = [1, 2, 3, 4].map((number) => start('increment', `worker ${number}`, 50, options));
    for (const { exit } of four) expect((await exit)[0]).toBe(0);
    expect(four.map(({ errors }) => errors).join('')).toBe('');
    const found = await getOnly(backend, 'number');
    expect(decodeHead(found.head).head).toEqual({ number: 200 });
    expect(await backend.replaceHead(metaOf(aRecord({ key: 'number' })), head)).toBe(false);
  },
  120_000,
);

it('replaceHead never brings back the body of a record that somebody else has replaced meanwhile', async () => {
  const [one, other] = [open(), open()];
  const body = (round: number): Buffer => Buffer.alloc(200_000, `${round} `);
  await other.put(aRecord({ body: body(0) }));
  for (let round = 1; round <= 30; round++) {
    const replacing = one.replaceHead({ ...metaOf(aRecord()), resource: `resource ${round}` });
    // Small, so that it is stored while the other still reads. Its head is the same.
    const newer = Buffer.from(`small ${round}`);
    const storing = other.put(aRecord({ body: newer }));
    expect(await Promise.all([replacing, storing])).toEqual([true, true]);
    expect((await getOnly(one, 'key')).body?.toString().slice(0, 20)).toBe(newer.toString());
    await other.put(aRecord({ body: body(round) }));
  }
});

it('clear() while others store: they go on, and nothing is left behind', async () => {
  const writers = [{}, { maxBytes: 1e6 }].map((limits, index) =>
    start('store', `writer ${index}`, Infinity, { fastSave: true, ...limits }),
  );
  const backend = open();
  for (let turn = 1; turn <= 15; turn++) {
    await Promise.all(writers.map((writer) => hasWritten(writer, 15 * turn)));
    await backend.clear();
    await readAll(backend);
  }
  for (const { child, errors, exit } of writers) {
    expect(errors).toBe('');
    child.kill('SIGKILL');
    await exit;
  }
  await backend.clear();
  expect(await backend.count()).toBe(0);
  expect(readdirSync(directory.path('cache', 'v1'))).toEqual(['bin']);
}, 120_000);

it.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 10 }],
])('a process ends by itself after it has used the cache%s, closed or not', async (_, options) => {
  for (const task of ['use', 'close'] as const) {
    const worker = start(task, '', 0, options);
    expect((await worker.exit)[0]).toBe(0);
    expect([worker.output, worker.errors]).toEqual([task === 'use' ? 'used' : '', '']);
  }
});
