import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import axios from 'axios';
import { initBackend, rfc9111, withCache } from '../../lib/index.js';
import { elementsOf } from '../../lib/cli/archive/json-elements.js';
import { ensureBuilt } from '../helpers/built-package.js';
import { type OriginServer } from '../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { cli } from './run-cli.js';
import { COOKIES, fill, fillWith, recordsOf, startOrigin, STORED } from './stores.js';

jest.setTimeout(120_000);

let place: TemporaryDirectory;
let origin: OriginServer;
let store: string;
let original: Readonly<Record<string, unknown>>;
beforeAll(async () => {
  ensureBuilt();
  place = aTemporaryDirectory();
  origin = await startOrigin();
  store = place.path('demo.sqlite');
  await fill(origin, { cacheName: store });
  original = await recordsIn(store);
});
afterAll(async () => {
  await origin.close();
  place.remove();
});

async function recordsIn(cacheName: string, backend: 'sqlite' | 'filesystem' = 'sqlite') {
  const opened = initBackend(cacheName, backend);
  try {
    return await recordsOf(opened);
  } finally {
    await opened.close();
  }
}

interface Har {
  readonly log: {
    readonly version: string;
    readonly creator: { readonly name: string };
    readonly entries: readonly {
      readonly startedDateTime: string;
      readonly request: { readonly url: string; readonly queryString: readonly object[] };
      readonly response: {
        readonly status: number;
        readonly headers: readonly { readonly name: string; readonly value: string }[];
        readonly cookies: readonly Readonly<Record<string, unknown>>[];
        readonly redirectURL: string;
        readonly content: { readonly text: string; readonly encoding?: string; readonly mimeType: string };
      };
    }[];
    readonly _pointers: readonly object[];
  };
}

describe('what was exported', () => {
  it('has records of every kind: with variants, redirects, a part, a key of its own, no body', () => {
    // Two of them lead to the end of the redirects.
    expect(Object.keys(original)).toHaveLength(STORED + 2);
  });

  it.each(['har', 'ndjson'])(
    'as %s is imported to the byte, and answers requests as before',
    async (format) => {
      const file = place.path(`demo.${format}`);
      const copy = place.path(`from-${format}.sqlite`);
      expect(await cli([store, 'export', file])).toMatchObject({
        code: 0,
        stdout: '',
        stderr: '11 responses exported\n',
      });
      expect(await cli([copy, 'import', file])).toMatchObject({
        code: 0,
        stdout: '',
        stderr: '11 responses imported\n',
      });
      expect(await recordsIn(copy)).toEqual(original);

      const before = origin.count();
      const http = withCache(axios.create({ baseURL: origin.url }), { ...rfc9111, cacheName: copy });
      const german = await http.get('/variants', { headers: { 'Accept-Language': 'de' } });
      const arrived = await http.get('/arrived');
      await http.cache.close();
      expect([german.data, german.cache.fromCache, arrived.cache.fromCache]).toEqual(['in de', true, true]);
      expect(origin.count()).toBe(before);
    },
  );

  it('goes through a pipe as well', async () => {
    const exported = await cli([store, 'export', '-', '--format', 'ndjson']);
    expect(exported.code).toBe(0);
    const copy = place.path('piped.sqlite');
    expect((await cli([copy, 'import', '-', '--format', 'ndjson'], { input: exported.bytes })).code).toBe(0);
    expect(await recordsIn(copy)).toEqual(original);
  });

  it('is a HAR as the specification has it, in which text is text', async () => {
    const { stdout } = await cli([store, 'export', '-', '--format', 'har']);
    const { log } = JSON.parse(stdout) as Har;
    expect(log).toMatchObject({ version: '1.2', creator: { name: 'axios-persistent-cache' }, pages: [] });
    expect(log.entries).toHaveLength(STORED);
    expect(log._pointers).toHaveLength(2);
    const of = (path: string) => log.entries.find(({ request }) => request.url === origin.url + path);
    expect(of('/binary')?.response.content).toMatchObject({ mimeType: 'image/png', encoding: 'base64' });
    expect(of('/json')?.response.content.text).toContain('</script>');
    // Stored as it was sent, shown as it is meant.
    expect(of('/gzip')?.response.content.text).toBe('once compressed');
    for (const entry of log.entries) {
      expect(entry).toMatchObject({
        startedDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        time: expect.any(Number) as number,
        cache: {},
        timings: { send: 0, wait: expect.any(Number) as number, receive: 0 },
        request: {
          method: 'GET',
          httpVersion: 'HTTP/1.1',
          headers: expect.any(Array) as unknown,
          cookies: [],
        },
        response: { statusText: expect.any(String) as string, redirectURL: '', cookies: [] },
      });
    }
    expect(stdout.includes('hidden-')).toBe(false);
  });

  it('is a HAR that lists cookies, and where a redirect leads', async () => {
    const cookieStore = place.path('cookies.sqlite');
    const http = withCache(axios.create({ baseURL: origin.url, validateStatus: null }), {
      ...rfc9111,
      cacheName: cookieStore,
      replayCookies: true,
    });
    const headers = { Cookie: 'lang=de; flags=a=b' };
    const before = Date.now();
    await http.get('/cookies', { headers });
    await http.get('/moved', { maxRedirects: 0 });
    await http.cache.close();
    const { stdout, stderr } = await cli([cookieStore, 'export', '-', '--format', 'har']);
    expect(stderr).not.toContain('cookie-parser');
    const { log } = JSON.parse(stdout) as Har;
    const of = (path: string) => log.entries.find(({ request }) => request.url === origin.url + path);

    const plain = { httpOnly: false, secure: false };
    const lines = of('/cookies')?.response.headers.filter(({ name }) => name === 'set-cookie');
    expect(lines?.map(({ value }) => value)).toEqual(COOKIES);
    const [theme, ...others] = of('/cookies')?.response.cookies ?? [];
    expect(theme).toEqual({
      ...{ name: 'theme', value: 'a=b%20c', path: '/shop', domain: 'example.com' },
      ...{ httpOnly: true, secure: true, expires: expect.any(String) as string },
    });
    const expires = Date.parse(String(theme?.['expires'])) - 3_600_000;
    expect(expires).toBeGreaterThanOrEqual(before);
    expect(expires).toBeLessThanOrEqual(Date.now());
    expect(others).toEqual([
      { name: 'old', value: '1', ...plain },
      { name: 'day', value: '2', ...plain, expires: '2099-10-21T07:28:00.000Z' },
      { name: 'session', value: '3', ...plain },
      { name: 'odd', value: '4', ...plain },
    ]);
    expect(of('/moved')?.response.redirectURL).toBe('/arrived');
    expect(of('/cookies')?.response.redirectURL).toBe('');
  });

  it('may be a part of what is stored', async () => {
    const copy = place.path('part.sqlite');
    const { bytes } = await cli([store, 'export', '-', '--format', 'har', '--url', '/moved$/']);
    await cli([copy, 'import', '-', '--format', 'har'], { input: bytes });
    // With what leads to it.
    expect(Object.keys(await recordsIn(copy))).toHaveLength(3);
  });
});

describe('import', () => {
  it.each([
    ['no JSON', 'ndjson', 'nothing', 'Line 1 cannot be imported'],
    ['no record', 'ndjson', '{"key":5}', 'Line 1 cannot be imported: it is no record'],
    ['a later format', 'ndjson', '{"axiosPersistentCache":2}', 'it was written by a later release'],
    ['no HAR', 'har', '{"entries":[]}', 'There is no log.entries in it'],
    ['half a HAR', 'har', '{"log":{"entries":[{}', 'The JSON ends in the middle'],
    ['nothing', 'har', '', 'There is no JSON in it'],
  ])('refuses %s', async (_what, format, input, message) => {
    const ran = await cli([place.path('refusing.sqlite'), 'import', '-', '--format', format], { input });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain(message);
  });

  it('refuses a body that is another, by the line', async () => {
    const { lines } = await cli([store, 'export', '-', '--format', 'ndjson', '--url', '/json$/']);
    const changed = lines.map((line) => line.replace('😀', '😎')).join('\n');
    const ran = await cli([place.path('refusing.sqlite'), 'import', '-', '--format', 'ndjson'], {
      input: changed,
    });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('Line 2 cannot be imported: its body is not the one');
  });

  it('leaves out what another program has written, and says so', async () => {
    const input = JSON.stringify({ log: { version: '1.2', entries: [{ request: {}, response: {} }] } });
    const ran = await cli([place.path('foreign.sqlite'), 'import', '-', '--format', 'har'], { input });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('1 entry left out: written by another program');
  });

  it('creates nothing for a file that is not there', async () => {
    const ran = await cli([place.path('never.sqlite'), 'import', place.path('no.har')]);
    expect(ran).toMatchObject({ code: 1 });
    expect(place.list()).not.toContain('never.sqlite');
  });
});

describe('export into a file', () => {
  it('leaves what was there, and nothing half written, when it fails', async () => {
    const file = place.path('kept.ndjson');
    writeFileSync(file, 'as before');
    const ran = await cli(['ls.sqlite', 'export', file]);
    expect(ran.code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('as before');
    const nowhere = await cli([store, 'export', place.path('no', 'directory.har')]);
    expect(nowhere).toMatchObject({ code: 1, stdout: '' });
    expect(nowhere.stderr.split('\n')).toHaveLength(2);
    expect(place.list().filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('leaves nothing half written when it is interrupted', async () => {
    const file = place.path('interrupted.ndjson');
    const large = place.path('large.sqlite');
    await fillWith(500, large, 'x'.repeat(1000));
    // The signal comes with the first record, wherever the process is by then.
    const interrupting = `data:text/javascript,${encodeURIComponent(`
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { createWriteStream } = fs;
      fs.createWriteStream = (...args) => { process.kill(process.pid, 'SIGINT'); return createWriteStream(...args); };
      syncBuiltinESMExports();
    `)}`;
    const ran = await cli([large, 'export', file], { node: ['--import', interrupting] });
    expect(ran).toMatchObject({ code: 130, stdout: '' });
    expect(ran.stderr).toBe('axios-persistent-cache: interrupted\n');
    expect(place.list().filter((name) => name.includes('interrupted'))).toEqual([]);
  });
});

describe('copy', () => {
  it('copies to another backend and back, to the byte', async () => {
    const directory = place.path('as-files/');
    const back = place.path('back.sqlite');
    expect(await cli(['copy', store, directory, '--to-serializer', 'yaml'])).toMatchObject({
      code: 0,
      stdout: '11 responses copied\n',
      // No bar without a terminal.
      stderr: '',
    });
    expect(await cli([directory, 'copy', back])).toMatchObject({ code: 0, stderr: '' });
    expect(await recordsIn(back)).toEqual(original);
  });

  it('redacts on the way what it is told to', async () => {
    const copy = place.path('redacted.sqlite');
    await cli([store, 'copy', copy, '--redact', 'accept-language']);
    const { stdout } = await cli([copy, 'export', '-', '--format', 'ndjson']);
    expect(stdout).toContain('"accept-language":"REDACTED"');
    expect(stdout).not.toContain('"accept-language":"de"');
  });
});

describe('elements of arrays in JSON', () => {
  const TEXT = JSON.stringify({
    before: [1, { entries: [2] }, '"]}\\'],
    log: {
      'na"me': { _pointers: ['not these'] },
      entries: [{ a: '[,]{"}\\" é 😀' }, [1, [2, 3]], 'text, with ] in it', 5, true, null, {}],
      _pointers: [],
      pages: ['x'.repeat(300)],
    },
    entries: ['nor these'],
  });
  const PATHS = [
    ['log', 'entries'],
    ['log', '_pointers'],
  ];

  async function elements(text: string, size: number): Promise<readonly unknown[]> {
    const bytes = Buffer.from(text);
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const found: unknown[] = [];
    for await (const { path, text: element } of elementsOf(chunks(), PATHS))
      found.push([path[1], JSON.parse(element)]);
    return found;
  }

  it('are found wherever chunks end, with white space or without', async () => {
    const { log } = JSON.parse(TEXT) as { log: { entries: unknown[] } };
    const expected = log.entries.map((entry) => ['entries', entry]);
    for (const text of [TEXT, JSON.stringify(JSON.parse(TEXT), undefined, 2), `\ufeff${TEXT}\n`]) {
      for (const size of [1, 2, 3, 7, 64, text.length * 4])
        expect(await elements(text, size)).toEqual(expected);
    }
  });

  it('are refused where brackets do not match', async () => {
    for (const text of ['{"log":{"entries":[1]]}', '[}', 'x', '"log":5', '{"log":{"entries":[1}'])
      await expect(elements(text, 4)).rejects.toThrow(/JSON|ends|no log/);
  });

  it('are those of a HAR with the text of another program', async () => {
    // The project's own lock file is JSON of some size that has no such array.
    const input = createReadStream(`${__dirname}/../../package-lock.json`) as AsyncIterable<Uint8Array>;
    const all = elementsOf(input, [['packages', '', 'files'], ...PATHS]);
    await expect(all.next()).rejects.toThrow('There is no packages..files in it');
  });
});
