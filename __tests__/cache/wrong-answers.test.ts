import { rfc9111 } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { type Answer } from '../helpers/origin-server.js';
import { until } from '../helpers/until.js';

/** Ways in which ranges, HEAD and POST could give somebody what is not theirs, or not what is there. */
const bench = useBench('memory');

const MINUTE = { 'Cache-Control': 'max-age=60' };
const bytes = (start: number, text: string, etag = '"1"'): Answer => ({
  status: 206,
  headers: { ...MINUTE, ETag: etag, 'Content-Range': `bytes ${start}-${start + text.length - 1}/10` },
  body: text,
});
const ranged = (range: string): object => ({ headers: { Range: range }, validateStatus: null });

describe('what a POST brings is kept for GETs', () => {
  const kept = (body: string, headers = {}): Answer => ({
    headers: { ...MINUTE, 'Content-Location': '/login', ...headers },
    body,
  });

  it.each([{ password: 'secret' }, { access_token: 'AAA' }, { nested: { client_secret: 'x' } }])(
    'but not where the body says who asks: %j',
    async (body) => {
      bench().answer(({ method }) => (method === 'POST' ? kept('private') : { body: 'public' }));
      const http = bench().wrap(rfc9111);
      await http.post('/login', body);
      expect((await http.get('/login')).data).toBe('public');
    },
  );

  it('for one user, not for another', async () => {
    bench().answer(({ method }) => (method === 'POST' ? kept('of A') : { body: 'of somebody' }));
    const http = bench().wrap(rfc9111);
    await http.post('/login', 'x', { headers: { Authorization: 'A' } });
    expect((await http.get('/login', { headers: { Authorization: 'B' } })).data).toBe('of somebody');
    expect((await http.get('/login')).data).toBe('of somebody');
    expect((await http.get('/login', { headers: { Authorization: 'A' } })).data).toBe('of A');
  });

  it.each<[string, number, Record<string, string>]>([
    ['a part', 206, { 'Content-Range': 'bytes 0-4/10' }],
    ['nothing', 204, {}],
    ['an empty Content-Location', 200, { 'Content-Location': '' }],
  ])('but not %s', async (_title, status, headers) => {
    bench().answer(({ method }) =>
      method === 'POST'
        ? { status, headers: { ...MINUTE, 'Content-Location': '/login', ...headers } }
        : { body: 'get' },
    );
    const http = bench().wrap(rfc9111);
    await http.post('/login', 'x');
    expect(await http.cache.count()).toBe(0);
    expect((await http.get('/login')).data).toBe('get');
  });

  it('but not through an adapter that may have followed a redirect unseen', async () => {
    bench().answer(({ method, url }) => {
      if (method === 'POST') return { status: 303, headers: { Location: '/evil' } };
      return url === '/evil' ? kept('evil') : { body: 'good' };
    });
    const http = bench().wrap(rfc9111, { adapter: 'fetch' });
    expect((await http.post('/login', 'x')).data).toBe('evil');
    expect((await http.get('/login')).data).toBe('good');
  });

  it('but not where that was deleted, or changed, while the POST was under way', async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    bench().answer(async ({ method }) => {
      if (method === 'POST') await held;
      return method === 'POST' ? kept('old') : { headers: MINUTE, body: 'new' };
    });
    const http = bench().wrap(rfc9111);
    const late = http.post('/login', 'x');
    await http.put('/login', 'changed');
    await http.cache.clear();
    release?.();
    expect((await late).cache.stored).toBe(false);
    expect((await http.get('/login')).data).toBe('new');
  });
});

describe('parts and header fields of another resource', () => {
  it('are not mixed where a redirect led elsewhere the second time', async () => {
    let version = '/v1';
    bench().answer(({ url, headers }) => {
      if (url === '/latest') return { status: 302, headers: { Location: version } };
      const text = url === '/v1' ? 'aaaaaaaaaa' : 'bbbbbbbbbb';
      if (headers.range === 'bytes=0-4') return bytes(0, text.slice(0, 5));
      if (headers.range === 'bytes=5-') return bytes(5, text.slice(5));
      return { headers: { ...MINUTE, ETag: '"1"' }, body: text };
    });
    const http = bench().wrap({ ...rfc9111, cacheControl: false });
    await http.get('/latest', ranged('bytes=0-4'));
    version = '/v2';
    expect((await http.get('/latest')).data).toBe('bbbbbbbbbb');
  });

  it('do not freshen by a HEAD what came from elsewhere', async () => {
    let version = '/v1';
    bench().answer(({ url }) =>
      url === '/latest'
        ? { status: 302, headers: { ...MINUTE, Location: version } }
        : { headers: { ...MINUTE, ETag: '"1"', 'X-V': url }, body: url },
    );
    const http = bench().wrap(rfc9111);
    await http.get('/latest');
    version = '/v2';
    bench().pass(61);
    await http.head('/latest');
    const { data, headers } = await http.get('/latest');
    expect([data, headers['x-v']]).toEqual(['/v2', '/v2']);
  });

  it.each([
    ['/v1', '/v2', '/v2'],
    ['/v1?sig=1', '/v1?sig=2', '/v1?sig=1'],
  ])('are not confirmed by a 304 of it: %s, then %s', async (first, second, expected) => {
    let target = first;
    bench().answer(({ url, headers }) => {
      if (url === '/latest') return { status: 302, headers: { ...MINUTE, Location: target } };
      if (headers['if-none-match'] !== undefined) return { status: 304, headers: { ETag: '"1"' } };
      return { headers: { ...MINUTE, ETag: '"1"' }, body: url };
    });
    const http = bench().wrap(rfc9111);
    await http.get('/latest');
    target = second;
    bench().pass(61);
    expect((await http.get('/latest')).data).toBe(expected);
  });

  it('are not taken for the whole where their lengths contradict each other', async () => {
    bench().answer(({ headers }) =>
      headers.range === undefined
        ? { headers: { ETag: '"1"' }, body: '0123456789' }
        : {
            status: 206,
            headers: { ...MINUTE, ETag: '"1"', 'Content-Range': 'bytes 0-4/20' },
            body: 'abcde',
          },
    );
    const http = bench().wrap(rfc9111);
    await http.get('/a');
    expect((await http.get('/a', ranged('bytes=0-4'))).data).toBe('abcde');
    expect((await http.get('/a', ranged('bytes=0-4'))).data).toBe('abcde');
  });

  it('are kept also where several are asked for at once', async () => {
    bench().answer(({ headers }) => {
      const first = Number(/=(\d)/.exec(headers.range ?? '')?.[1]);
      return bytes(first, '0123456789'.slice(first, first + 2));
    });
    const http = bench().wrap(rfc9111);
    const wanted = ['bytes=0-1', 'bytes=2-3', 'bytes=4-5', 'bytes=6-7'];
    await Promise.all(wanted.map((range) => http.get('/a', ranged(range))));
    const again = await Promise.all(wanted.map((range) => http.get('/a', ranged(range))));
    expect(again.map(({ data }) => String(data).padStart(2, '0'))).toEqual(['01', '23', '45', '67']);
    expect(again.map(({ cache }) => cache.hit)).toEqual([true, true, true, true]);
  });
});

describe('the answer to a HEAD', () => {
  const page = (etag: string, changes = {}): Answer => ({
    headers: { 'Cache-Control': 'max-age=60, stale-if-error=600', ETag: etag, ...changes },
    body: 'page',
  });

  it('that tells of another version makes the stored GET stale, and no more', async () => {
    bench().answer(({ method }) => page(method === 'HEAD' ? '"h"' : 'W/"g"'));
    const http = bench().wrap(rfc9111);
    await http.get('/a');
    bench().pass(61);
    expect((await http.head('/a')).cache.reason).toContain('stale from now on');
    bench().answer(() => (_request, response) => void response.destroy());
    const { data, cache } = await http.get('/a');
    expect([data, cache.stale]).toEqual(['page', true]);
  });

  it('that comes late ends nothing newer', async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    bench().answer(() => page('"1"'));
    const http = bench().wrap(rfc9111);
    await http.get('/a');
    bench().pass(61);
    bench().answer(async ({ method }) => {
      if (method !== 'HEAD') return page('"2"');
      await held;
      return page('"1.5"');
    });
    const late = http.head('/a', { headers: { 'Cache-Control': 'no-cache' } });
    await http.get('/a');
    release?.();
    await late;
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('with a body of the request is that of the GET with the same body', async () => {
    bench().answer(({ body }) => ({ headers: { ...MINUTE, 'X-For': body.toString() }, body: 'page' }));
    const http = bench().wrap(rfc9111);
    await http.get('/a');
    await http.get('/a', { data: 'q' });
    const { headers, cache } = await http.head('/a', { data: 'q' });
    expect([headers['x-for'], cache.hit]).toEqual(['q', true]);
  });

  it.each(['HEAD', 'GET'])(
    'leaves the whole answer to a GET stored, whichever comes first: %s',
    async (first) => {
      let release: (() => void) | undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      bench().answer(async ({ method }) => {
        if (method !== first) await held;
        return page('"1"');
      });
      const http = bench().wrap(rfc9111);
      const get = http.get('/a');
      await until(() => bench().origin.count() === 1);
      const head = http.head('/a');
      await until(() => bench().origin.count() === 2);
      await (first === 'GET' ? get : head);
      release?.();
      await Promise.all([get, head]);
      const { data, cache } = await http.get('/a');
      expect([data, cache.hit]).toEqual(['page', true]);
    },
  );

  it('does not answer a GET under a key of the user\u2019s own', async () => {
    bench().answer(() => page('"1"'));
    const http = bench().wrap({ keyFn: ({ url }) => url });
    await http.head('/a');
    expect((await http.get('/a')).data).toBe('page');
    const head = await http.head('/a');
    expect([head.data, head.cache.hit]).toEqual(['', true]);
  });

  it('that is stored by hand does not answer a GET', async () => {
    bench().answer(() => page('"1"'));
    const http = bench().wrap(rfc9111);
    await http.cache.saveResponse(await http.head('/a', { cache: false }), { expireAfter: 60 });
    expect((await http.head('/a')).cache.hit).toBe(true);
    expect((await http.get('/a')).data).toBe('page');
  });
});

describe('a part that is stored by hand', () => {
  it('answers its range, and nothing else', async () => {
    bench().answer(() => bytes(0, 'abcde'));
    const http = bench().wrap(rfc9111);
    const config = { headers: { Range: 'bytes=0-4' }, responseType: 'arraybuffer', cache: false } as const;
    await http.cache.saveResponse(await http.get('/a', config), { expireAfter: 60 });
    bench().answer(() => ({ body: 'whole' }));
    expect((await http.get('/a', ranged('bytes=1-2'))).data).toBe('bc');
    expect((await http.get('/a')).data).toBe('whole');
  });

  it.each<[string, Answer]>([
    ['has no Content-Range', { status: 206, body: 'x' }],
    ['is a 304', { status: 304 }],
  ])('is refused where it %s', async (_title, answer) => {
    bench().answer(() => answer);
    const http = bench().wrap(rfc9111, { validateStatus: null });
    const response = await http.get('/a', { responseType: 'arraybuffer', cache: false });
    await expect(http.cache.saveResponse(response)).rejects.toMatchObject({
      code: 'ERR_CACHE_UNSUPPORTED_BODY',
    });
  });
});

describe('a refresh in the background', () => {
  const window = { 'Cache-Control': 'max-age=10, stale-while-revalidate=600' };

  it.each([
    [{ Range: 'bytes=0-1' }, 206, 'v1'],
    [{ 'If-None-Match': '"v1"' }, 304, ''],
  ])('is the cache\u2019s own affair, not that of who caused it: %j', async (headers, status, text) => {
    bench().answer((request, count) => {
      if (request.headers.range !== undefined) return bytes(0, `v${count}`, `"v${count}"`);
      return { headers: { ...window, ETag: `"v${count}"` }, body: `v${count} whole` };
    });
    const http = bench().wrap(rfc9111);
    await http.get('/a');
    bench().pass(20);
    const { status: given, data } = await http.get('/a', { headers, validateStatus: null });
    expect([given, data]).toEqual([status, text]);
    await until(() => bench().origin.count() === 2);
    await until(async () => (await http.get('/a')).data === 'v2 whole');
    expect(bench().eventTypes()).toEqual([]);
    const { range, 'if-none-match': asked } = bench().origin.last.headers;
    expect([range, asked]).toEqual([undefined, '"v1"']);
  });
});

describe('a 304 that may be about what the caller has', () => {
  it('does not renew what is stored', async () => {
    bench().answer(() => ({ headers: { ...MINUTE, ETag: '"1"' }, body: 'v1' }));
    const http = bench().wrap(rfc9111, { validateStatus: null });
    await http.get('/a');
    bench().pass(61);
    // Against RFC 9110: it looks at the date only, and does not say its tag.
    bench().answer(({ headers }) => ({ status: headers['if-modified-since'] === undefined ? 200 : 304 }));
    const since = { 'If-Modified-Since': 'Fri, 20 Nov 2026 11:00:00 GMT' };
    expect((await http.get('/a', { headers: since })).status).toBe(304);
  });
});
