import { ensureBuilt } from '../helpers/built-package.js';
import { initBackend, type StoredRecord } from '../../lib/index.js';
import { type OriginServer } from '../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { cli, cliJson } from './run-cli.js';
import { fill, startOrigin, STORED } from './stores.js';

jest.setTimeout(120_000);

let place: TemporaryDirectory;
let origin: OriginServer;
let store: string;
beforeAll(async () => {
  ensureBuilt();
  origin = await startOrigin();
});
afterAll(() => origin.close());
beforeEach(async () => {
  place = aTemporaryDirectory();
  store = place.path('demo.sqlite');
  await fill(origin, { cacheName: store, backend: { name: 'sqlite', fastSave: true } });
});
afterEach(() => place.remove());

async function paths(): Promise<string[]> {
  const rows = await cliJson<{ url: string }>([store, 'ls', '--json']);
  return rows.map(({ url }) => new URL(url).pathname).sort();
}

describe('rm', () => {
  it('says what it would delete, and deletes it when it is told to', async () => {
    const dry = await cli([store, 'rm', '127.0.0.1*/b*', '/json$/', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: '2 responses would be deleted\n' });
    expect(dry.lines).toHaveLength(2);
    expect(await paths()).toHaveLength(STORED);

    const ran = await cli([store, 'rm', '127.0.0.1*/b*', '/json$/']);
    expect(ran).toMatchObject({ code: 0, stdout: dry.stdout, stderr: '2 responses deleted\n' });
    expect(await paths()).toHaveLength(STORED - 2);
    expect(await paths()).not.toContain('/json');
  });

  it('deletes by URL all variants, and by a later URL of redirects what they led to', async () => {
    await cli([store, 'rm', `${origin.url}/variants`, '--quiet']);
    const ran = await cli([store, 'rm', `${origin.url}/arrived`]);
    expect(ran.stderr).toBe('1 response deleted\n');
    const left = await paths();
    expect(left).not.toContain('/variants');
    expect(left).not.toContain('/moved');
    // Nothing of the redirects is left behind.
    expect((await cli([store, 'verify'])).code).toBe(0);
    expect(await cliJson([store, 'show', '127.0.0.1*', '--json'])).toHaveLength(STORED - 3);
  });

  it('deletes by the beginning of a key, by what options say, and nothing that is not named', async () => {
    const [{ key } = { key: '' }] = await cliJson<{ key: string }>([
      store,
      'ls',
      '--json',
      '--url',
      '/json$/',
    ]);
    await cli([store, 'rm', key.slice(0, 12)]);
    expect((await cli([store, 'rm', '--status', '404'])).stderr).toBe('1 response deleted\n');
    // Both conditions hold for none.
    expect((await cli([store, 'rm', '/binary/', '--expired'])).code).toBe(1);
    const left = await paths();
    expect(left).toHaveLength(STORED - 2);
    expect(left).toContain('/binary');
    const nothing = await cli([store, 'rm', 'https://nowhere.example/']);
    expect(nothing).toMatchObject({ code: 1, stderr: '0 responses deleted\n' });
  });

  it.each([
    ['everything', ['--all']],
    ['all that a pattern names', ['*']],
    ['all that options single out', ['--host', '*']],
  ])('asks for --yes where nobody can be asked before many are deleted: %s', async (_what, args) => {
    const ran = await cli([store, 'rm', ...args]);
    expect(await paths()).toHaveLength(STORED);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^axios-persistent-cache: More than 10 responses .* --yes .*\n$/);
    expect((await cli([store, 'rm', ...args, '--yes'])).code).toBe(0);
    expect(await paths()).toEqual([]);
  });

  it('deletes everything', async () => {
    expect(await cli([store, 'rm', '--all', '--yes'])).toMatchObject({
      code: 0,
      stdout: '11 responses deleted\n',
    });
    expect(await cli([store, 'ls', '--json'])).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('prune', () => {
  it('deletes what is of no use any more, and keeps what can be validated', async () => {
    await inStore(async (backend) => {
      const gone = await recordOf(backend, '/missing');
      await backend.put({ ...gone, expiresAt: 1, retainUntil: 2 });
    });
    expect(await cli([store, 'prune'])).toMatchObject({ code: 0, stdout: '1 response deleted\n' });
    const left = await paths();
    expect(left).not.toContain('/missing');
    expect(left).toContain('/stale');
  });
});

describe('verify', () => {
  it('finds nothing wrong in a sound store', async () => {
    expect(await cli([store, 'verify'])).toMatchObject({
      code: 0,
      stdout: '11 responses checked: nothing wrong\n',
      stderr: '',
    });
  });

  it('finds what is damaged, in head or body, and repairs it by deleting that alone', async () => {
    await inStore(async (backend) => {
      const body = await recordOf(backend, '/binary');
      await backend.put({ ...body, body: Buffer.from('another body') });
      const head = await recordOf(backend, '/json');
      await backend.put({ ...head, head: Buffer.concat([head.head.subarray(0, -1), Buffer.from('x')]) });
      const foreign = await recordOf(backend, '/stale');
      await backend.put({ ...foreign, head: Buffer.from('not ours') });
    });
    const found = await cli([store, 'verify']);
    expect(found.code).toBe(1);
    expect(found.stdout).toContain('11 responses checked: 3 problems\n');
    const problems = await cli([store, 'verify', '--json']);
    const told = problems.lines.map((line) => JSON.parse(line) as { problem: string; isRepaired: boolean });
    expect(told.map(({ problem }) => problem).sort()).toEqual(['damaged', 'damaged', 'foreign']);
    expect(told.some(({ isRepaired }) => isRepaired)).toBe(false);

    expect(await cli([store, 'verify', '--repair'])).toMatchObject({ code: 0 });
    expect(await cli([store, 'verify'])).toMatchObject({
      code: 0,
      stdout: '8 responses checked: nothing wrong\n',
    });
    // What could not be read was not listed either; and an export is not complete.
  });

  it('puts a missing pointer of redirects back, and deletes one that leads nowhere', async () => {
    await inStore(async (backend) => {
      const pointers: StoredRecord[] = [];
      for await (const meta of backend.scan({ createdBefore: 0 }))
        pointers.push({ ...meta, body: new Uint8Array(0) });
      const link = pointers.find(({ head }) => Buffer.from(head).includes('"kind":"link"'));
      if (link === undefined) throw new Error('There is no link.');
      await backend.delete(link.key);
    });
    const found = await cli([store, 'verify', '--json']);
    expect(found.code).toBe(1);
    expect(found.lines.map((line) => (JSON.parse(line) as { problem: string }).problem)).toEqual([
      'unlinked',
    ]);
    expect((await cli([store, 'verify', '--repair'])).code).toBe(0);
    expect((await cli([store, 'verify'])).code).toBe(0);

    await inStore(async (backend) => {
      await backend.delete((await recordOf(backend, '/moved')).key);
    });
    const lost = await cli([store, 'verify', '--repair']);
    expect(lost.stdout).toContain('2 problems, 2 repaired');
    expect((await cli([store, 'verify'])).stdout).toBe('10 responses checked: nothing wrong\n');
  });

  it('repairs nothing where it can read nothing: that was encrypted, or written by others', async () => {
    await inStore(async (backend) => {
      for await (const meta of backend.scan()) {
        await backend.put({ ...meta, head: Buffer.from('encrypted'), body: Buffer.from('too') });
      }
    });
    const ran = await cli([store, 'verify', '--repair']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain('nothing was repaired');
    await inStore(async (backend) => expect(await backend.count()).toBe(STORED + 2));
  });
});

describe('what cannot be read', () => {
  it('is told of by ls, and makes an export fail that has written all the rest', async () => {
    await inStore(async (backend) => {
      const foreign = await recordOf(backend, '/stale');
      await backend.put({ ...foreign, head: Buffer.from('not ours') });
    });
    const listed = await cli([store, 'ls', '--json']);
    expect(listed.lines).toHaveLength(STORED - 1);
    expect(listed.stderr).toMatch(/^1 record cannot be read: /);
    const exported = await cli([store, 'export', place.path('rest.ndjson')]);
    expect(exported.code).toBe(1);
    expect(exported.stderr).toContain('10 responses exported');
    expect(place.list()).toContain('rest.ndjson');
  });
});

async function inStore(work: (backend: ReturnType<typeof initBackend>) => Promise<void>): Promise<void> {
  const backend = initBackend(store, 'sqlite');
  try {
    await work(backend);
  } finally {
    await backend.close();
  }
}

/** Whole. @param path of its URL */
async function recordOf(backend: ReturnType<typeof initBackend>, path: string): Promise<StoredRecord> {
  for await (const { key, variant } of backend.scan({})) {
    const record = (await backend.get(key)).find((one) => one.variant === variant);
    const body = record?.body;
    if (record === undefined || body === undefined || record.createdAt < 0) continue;
    if (Buffer.from(record.head).includes(`${path}"`)) return { ...record, body };
  }
  throw new Error(`Nothing is stored for ${path}.`);
}
