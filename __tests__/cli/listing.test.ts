import { existsSync } from 'node:fs';
import { ensureBuilt } from '../helpers/built-package.js';
import { type OriginServer } from '../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { cli, cliJson } from './run-cli.js';
import { ALL_BYTES, fill, startOrigin, STORED } from './stores.js';

jest.setTimeout(120_000);

let place: TemporaryDirectory;
let origin: OriginServer;
let store: string;
beforeAll(async () => {
  ensureBuilt();
  place = aTemporaryDirectory();
  origin = await startOrigin();
  store = place.path('demo.sqlite');
  await fill(origin, { cacheName: store });
});
afterAll(async () => {
  await origin.close();
  place.remove();
});

interface Row {
  readonly key: string;
  readonly url: string;
  readonly status: number;
  readonly size: number;
  readonly isExpired: boolean;
  readonly isPartitioned: boolean;
}

async function listed(...args: string[]): Promise<string[]> {
  const rows = await cliJson<Row>([store, 'ls', '--json', ...args]);
  return rows.map(({ url }) => url.replace(origin.url, '')).sort();
}

describe('ls', () => {
  it('prints a line for each response, under a line of titles', async () => {
    const { code, lines, stderr } = await cli([store, 'ls']);
    expect({ code, stderr, count: lines.length }).toEqual({ code: 0, stderr: '', count: STORED + 1 });
    expect(lines[0]).toMatch(/^KEY +STATUS +METHOD +AGE +TTL +SIZE +URL$/);
    const binary = lines.find((line) => line.endsWith('/binary'));
    expect(binary).toMatch(/^[0-9a-f]{12} {2}200 {5}GET +\d+s +(59m|60m) +256 B {2}http:/);
    expect(lines.find((line) => line.endsWith('/stale'))).toContain('stale');
  });

  it('shows no secrets, and nothing that a terminal would obey', async () => {
    const { stdout } = await cli([store, 'ls']);
    expect(stdout).toContain('token=REDACTED');
    expect(stdout).not.toMatch(/hidden/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('a key of \\u0');
  });

  it('prints the whole as lines of JSON', async () => {
    const rows = await cliJson<Row>([store, 'ls', '--json']);
    expect(rows).toHaveLength(STORED);
    expect(rows.find(({ url }) => url.endsWith('/binary'))).toMatchObject({
      variant: '',
      status: 200,
      method: 'GET',
      size: 256,
      isExpired: false,
      isPartitioned: false,
      tags: [],
    });
    expect(rows.filter(({ isPartitioned }) => isPartitioned)).toHaveLength(1);
  });

  it.each([
    ['a glob', ['--url', '127.0.0.1*/b*'], ['/binary']],
    ['a whole URL', ['--url', 'ORIGIN/json'], ['/json']],
    ['a regular expression', ['--url', '/(json|empty)$/'], ['/empty', '/json']],
    ['several URLs', ['--url', '/json$/', '--url', '/empty$/'], ['/empty', '/json']],
    ['a status', ['--status', '404'], ['/missing']],
    ['statuses', ['--status', '206,4xx'], ['/missing', '/part']],
    ['what is stale', ['--expired'], ['/stale']],
    ['a host that nobody has', ['--host', '*.example.com'], []],
    ['two conditions, which both hold', ['--status', '404', '--fresh'], ['/missing']],
    ['what is older', ['--older-than', '1d'], []],
    ['a method', ['--method', 'post,head'], []],
    ['a tag', ['--tag', 'user:7'], ['/json']],
    ['a tag that nothing has', ['--tag', 'nobody'], []],
  ])('lists only %s', async (_what, args, expected) => {
    expect(await listed(...args.map((arg) => arg.replace('ORIGIN', origin.url)))).toEqual(expected);
  });

  it('lists what is fresh, by host and port', async () => {
    const fresh = await listed('--fresh', '--host', new URL(origin.url).host);
    expect(fresh).toHaveLength(STORED - 1);
  });

  it('sorts, either way, and keeps the first', async () => {
    const bySize = await cliJson<Row>([store, 'ls', '--json', '--sort', 'size', '--limit', '2']);
    expect(bySize[0]).toMatchObject({ size: 256 });
    expect(bySize).toHaveLength(2);
    const byUrl = await cliJson<Row>([store, 'ls', '--json', '--sort', 'url', '--reverse']);
    const urls = byUrl.map(({ url }) => url);
    expect(urls).toEqual([...urls].sort().reverse());
    expect(await cliJson([store, 'ls', '--json', '--limit', '3'])).toHaveLength(3);
  });
});

describe('show', () => {
  it('tells of a response all that is known, by URL and by the beginning of its key', async () => {
    const byUrl = await cli([store, 'show', `${origin.url}/binary`]);
    expect(byUrl).toMatchObject({ code: 0, stderr: '' });
    expect(byUrl.stdout).toMatch(/state +fresh for another 3\d\d\d/);
    expect(byUrl.stdout).toMatch(/lifetime +3600 s \(60m\) by max-age, counted from 20/);
    expect(byUrl.stdout).toMatch(/validators +etag: "v1"/);
    expect(byUrl.stdout).toMatch(/when stale +stale-while-revalidate=60/);
    const [, key = ''] = /key +([0-9a-f]{64})/.exec(byUrl.stdout) ?? [];
    const byKey = await cli([store, 'show', key.slice(0, 10)]);
    expect(byKey.lines[0]).toBe(byUrl.lines[0]);
  });

  it('writes a body, decoded and to the byte', async () => {
    expect((await cli([store, 'show', `${origin.url}/binary`, '--body'])).bytes).toEqual(ALL_BYTES);
    expect((await cli([store, 'show', `${origin.url}/gzip`, '--body'])).stdout).toBe('once compressed');
  });

  it('shows variants, and asks which body is meant', async () => {
    const both = await cliJson<{ nominated: object; variant: string }>([
      store,
      'show',
      `${origin.url}/variants`,
      '--json',
    ]);
    expect(both.map(({ nominated }) => nominated)).toEqual(
      expect.arrayContaining([{ 'accept-language': 'de' }, { 'accept-language': 'fr' }]),
    );
    const ambiguous = await cli([store, 'show', `${origin.url}/variants`, '--body']);
    expect(ambiguous).toMatchObject({ code: 1, stdout: '' });
    expect(ambiguous.stderr).toMatch(/2 responses match; name one by its key: \w{12} --variant \w{12}/);
    const german = both.find(({ nominated }) => JSON.stringify(nominated).includes('de'))?.variant ?? '';
    const one = await cli([
      store,
      'show',
      `${origin.url}/variants`,
      '--body',
      '--variant',
      german.slice(0, 12),
    ]);
    expect(one.stdout).toBe('in de');
  });

  it('finds a response by a later URL of its redirects', async () => {
    const { stdout } = await cli([store, 'show', `${origin.url}/arrived`]);
    expect(stdout).toContain(`GET ${origin.url}/moved`);
    expect(stdout).toMatch(/302 +GET http/);
    expect(stdout).toMatch(new RegExp(`to +${origin.url}/arrived`));
  });

  it('says when there is nothing', async () => {
    const ran = await cli([store, 'show', 'https://nowhere.example/']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toBe('axios-persistent-cache: Nothing is stored for https://nowhere.example/\n');
  });
});

describe('stats', () => {
  it('counts', async () => {
    const [stats] = await cliJson([store, 'stats', '--json']);
    expect(stats).toMatchObject({
      responses: STORED,
      stale: { responses: 1 },
      fresh: { responses: STORED - 1 },
      neverStale: { responses: 0 },
      forOneUser: 1,
      unreadable: 0,
      hosts: [{ name: new URL(origin.url).host, responses: STORED }],
      statuses: expect.arrayContaining([expect.objectContaining({ name: '404', responses: 1 })]) as unknown,
    });
    expect((stats as { largest: unknown[] }).largest[0]).toMatchObject({ bytes: 256 });
    const { lines } = await cli([store, 'stats']);
    expect(lines[0]).toBe(`${store}: sqlite, 11 responses`);
    expect(lines[1]).toMatch(/^11 responses, \d+ B of bodies; the store takes \d+ kB$/);
  });
});

describe('a store that is not there', () => {
  it.each([
    'ls',
    'stats',
    'verify',
    'prune',
    'show x',
    'rm --all',
    'export x.har',
    'report -o x.html',
    'copy y',
  ])('%s: is told in one line, and nothing is created', async (command) => {
    const [name = '', ...args] = command.split(' ');
    const ran = await cli([name, 'nothing', ...args], { cwd: place.path() });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^axios-persistent-cache: There is no store nothing \(.*nothing\.sqlite\)\n$/);
    expect(place.list().filter((file) => /nothing|^x|^y/.test(file))).toEqual([]);
  });

  it('is told of a directory and of a file that are something else', async () => {
    const directory = await cli([place.path(), 'ls']);
    expect(directory).toMatchObject({ code: 1 });
    expect(directory.stderr).toContain('There is no store');
    const file = await cli([__filename, 'ls']);
    expect(file.stderr).toMatch(/^axios-persistent-cache: .* is no SQLite database\n$/);
    expect(existsSync(place.path('v1'))).toBe(false);
  });
});

describe('usage', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['store', 'list']],
    ['an unknown option', ['store', 'ls', '--long']],
    ['an order that there is not', ['store', 'ls', '--sort', 'colour']],
    ['no number', ['store', 'ls', '--limit', 'many']],
    ['options that exclude each other', ['STORE', 'ls', '--expired', '--fresh']],
    ['a regular expression that is none', ['STORE', 'ls', '--url', '/(/']],
    ['a duration that is none', ['STORE', 'ls', '--older-than', 'yesterday']],
    ['JSON that is none', ['STORE', 'ls', '--options', '{secret']],
    ['an option that the backend does not have', ['STORE', 'ls', '--options', '{"speed":9}']],
    ['a scheme that nobody knows', ['ftp://host', 'ls']],
    ['a backend that nobody knows', ['name', 'ls', '--backend', 'floppy']],
    ['the memory of this process', ['name', 'ls', '--backend', 'memory']],
    ['nothing to delete', ['STORE', 'rm']],
    ['everything and something', ['STORE', 'rm', '--all', '--expired']],
    ['no format', ['STORE', 'export', 'file.txt']],
    ['a copy into itself', ['STORE', 'copy', 'STORE']],
  ])('%s: ends with 2, and says why on one line or by the help', async (_what, args) => {
    const ran = await cli(args.map((arg) => arg.replace('STORE', store)));
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).not.toBe('');
    expect(ran.stderr).not.toMatch(/ at .*\.m?js:/);
    expect(ran.stderr).not.toContain('{secret');
  });

  it('says which commands there are where help is asked for one that there is not', async () => {
    const ran = await cli(['help', 'nope']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(
      /^axios-persistent-cache: "nope" is no command; there are ls, show, .*report, help\n$/,
    );
    expect((await cli(['help', 'help'])).code).toBe(0);
  });

  it('has help with examples for each command, and a version', async () => {
    const { stdout, code } = await cli(['--help']);
    expect(code).toBe(0);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) \[/gm)].map(([, name]) => name ?? '');
    expect(names).toEqual(
      expect.arrayContaining([
        'ls',
        'show',
        'stats',
        'rm',
        'prune',
        'verify',
        'export',
        'import',
        'copy',
        'report',
      ]),
    );
    for (const name of names.filter((one) => one !== 'help')) {
      const help = await cli([name, '--help']);
      expect(help.code).toBe(0);
      const examples = help.stdout.split('Examples:\n')[1]?.trim().split('\n') ?? [];
      expect(examples.length).toBeGreaterThan(0);
      // A command that a shell can run, with the store or the command itself first.
      const isOfThis = new RegExp(
        `^ *\\$ npx axios-persistent-cache (?:\\S+(?:\\.sqlite|:6379) ${name}\\b|${name} )`,
      );
      for (const example of examples) expect(example).toMatch(isOfThis);
    }
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('gives the stack when it is asked for it', async () => {
    for (const options of [
      { args: ['--debug'] },
      { args: [], env: { NODE_DEBUG: 'axios-persistent-cache' } },
    ]) {
      const { stderr } = await cli(['nothing', 'ls', ...options.args], {
        cwd: place.path(),
        env: options.env ?? {},
      });
      expect(stderr).toMatch(/ at .*cli/);
    }
  });

  it('ends quietly when nobody reads on', async () => {
    const ran = await cli([store, 'ls'], { node: ['--import', CLOSED_OUTPUT] });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
  });
});

/** As `| head` does: the reader is gone after some lines. */
const CLOSED_OUTPUT = `data:text/javascript,${encodeURIComponent(`
  const { stdout } = process;
  let writes = 0;
  const write = stdout.write.bind(stdout);
  stdout.write = (...args) => {
    if (++writes < 3) return write(...args);
    queueMicrotask(() => stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
    return false;
  };
`)}`;
