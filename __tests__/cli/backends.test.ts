import { randomUUID } from 'node:crypto';
import { type BackendSpec, type CacheOptions } from '../../lib/index.js';
import { ensureBuilt } from '../helpers/built-package.js';
import { type OriginServer } from '../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { describeServers, type SharedServer } from '../servers/index.js';
import { cli, type Ran } from './run-cli.js';
import { fill, startOrigin, STORED } from './stores.js';

jest.setTimeout(180_000);

let place: TemporaryDirectory;
let origin: OriginServer;
beforeAll(async () => {
  ensureBuilt();
  place = aTemporaryDirectory();
  origin = await startOrigin();
});
afterAll(async () => {
  await origin.close();
  place.remove();
});

/** A store, and how it is told to the command line. */
interface Told {
  readonly options: CacheOptions;
  readonly args: readonly string[];
}

type Run = (command: string, ...more: string[]) => Promise<Ran>;

/** Says that there is nothing, lists what there is then, exports it with bodies, deletes all: what each backend has to do with. */
async function expectToWork({ options, args }: Told, andMore?: (run: Run) => Promise<void>): Promise<void> {
  const [store = '', ...others] = args;
  const run: Run = (command, ...more) => cli([store, command, ...more, ...others]);

  const absent = await run('ls');
  expect(absent).toMatchObject({ code: 1, stdout: '' });
  expect(absent.stderr).toMatch(
    /^axios-persistent-cache: (There is no store|.*does not exist|.*not found)[^\n]*\n$/i,
  );

  await fill(origin, options);
  const listed = await run('ls', '--json');
  expect({ code: listed.code, stderr: listed.stderr, count: listed.lines.length }).toEqual({
    code: 0,
    stderr: '',
    count: STORED,
  });
  await andMore?.(run);
  const exported = await run('export', '-', '--format', 'ndjson');
  expect(exported).toMatchObject({ code: 0, stderr: '11 responses exported\n' });
  // What they are, all responses, and what redirects have left.
  expect(exported.lines).toHaveLength(1 + STORED + 2);
  expect((await run('rm', '--all', '--yes')).stdout).toBe('11 responses deleted\n');
}

/** The commands that the others are made of, on backends that many use. */
async function andTheRest(run: Run): Promise<void> {
  const file = place.path(`${randomUUID()}.ndjson`);
  expect(await run('export', file)).toMatchObject({ code: 0 });
  expect((await run('show', `${origin.url}/gzip`, '--body')).stdout).toBe('once compressed');
  const removed = await run('rm', '/variants/', `${origin.url}/arrived`, '-q');
  expect(removed).toMatchObject({ code: 0, stdout: '', stderr: '3 responses deleted\n' });
  expect((await run('stats', '--json')).stdout).toContain('"responses":8,');
  expect(await run('import', file)).toMatchObject({ code: 0, stderr: '11 responses imported\n' });
  expect((await run('verify')).stdout).toBe('11 responses checked: nothing wrong\n');
}

describe('on the disk', () => {
  it('filesystem', () => {
    const cacheName = place.path('files');
    const options = { cacheName, backend: { name: 'filesystem', fastSave: true } } as const;
    return expectToWork({ options, args: [`${cacheName}/`] }, andTheRest);
  });

  it.each([
    ['filesystem as YAML', { name: 'filesystem', serializer: 'yaml' }],
    ['filesystem with an ending of its own', { name: 'filesystem', serializer: 'json', extension: 'cached' }],
    ['sqlite as JSON', { name: 'sqlite', serializer: 'json' }],
    ['sqlite as BSON', { name: 'sqlite', serializer: 'bson' }],
    ['sqlite without a write-ahead log', { name: 'sqlite', wal: false }],
  ] as const)('finds out how records were written: %s', async (_what, backend) => {
    const cacheName = place.path(`told-${randomUUID()}`);
    await fill(origin, { cacheName, backend });
    const listed = await cli([cacheName, 'ls', '--json']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.lines).toHaveLength(STORED);
    // Looking changes nothing: there is no log where there was none, and no directory of another form.
    expect(place.list().filter((name) => name.endsWith('-wal'))).toEqual([]);
    expect((await cli([cacheName, 'verify'])).code).toBe(0);
  });
});

describeServers('redis', (server: () => SharedServer) => {
  it('redis', () => {
    const namespace = `cli-${randomUUID()}`;
    const options = { cacheName: namespace, backend: { name: 'redis', url: server().url } } as const;
    return expectToWork({ options, args: [server().url, '--cache-name', namespace] }, andTheRest);
  });

  it('redis: a password is not shown, whatever fails', async () => {
    const { port } = new URL(server().url);
    const ran = await cli([`redis://somebody:hidden%20secret@127.0.0.1:${port}`, 'ls', '--debug']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('axios-persistent-cache: ');
    expect(ran.stderr).not.toMatch(/hidden|secret/);
  });
});

describeServers('mongodb', (server: () => SharedServer) => {
  it.each(['mongodb', 'gridfs'] as const)('%s', (name) => {
    const cacheName = `cli_${randomUUID().replaceAll('-', '')}`.slice(0, 30);
    return expectToWork({
      options: { cacheName, backend: { name, url: server().url } as BackendSpec },
      args: [server().url, '--backend', name, '--cache-name', cacheName],
    });
  });
});

describeServers('dynamodb', (server: () => SharedServer) => {
  it('dynamodb', () => {
    const tableName = `cli-${randomUUID()}`;
    const endpoint = server().url;
    return expectToWork({
      options: { backend: { name: 'dynamodb', tableName, endpoint, region: 'eu-central-1' } },
      args: [`dynamodb://${tableName}?region=eu-central-1&endpoint=${encodeURIComponent(endpoint)}`],
    });
  });
});
