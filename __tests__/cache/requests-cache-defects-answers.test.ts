import { type AxiosResponse } from 'axios';
import { type CacheEventOf, type CachedAxiosInstance, type FilterableResponse } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Answer, OriginServer } from '../helpers/origin-server.js';

// Defects that were measured in requests-cache, each by the number under which it is known in this project.

/** The next failure of a refresh in the background. */
function nextBackgroundError(http: CachedAxiosInstance): Promise<CacheEventOf<'backgroundError'>> {
  return new Promise((resolve) => http.cache.on('backgroundError', resolve));
}

describe.each(BACKENDS_UNDER_TEST)(
  'D19: stale answers ask the origin each time, fail unseen, and never end (%s)',
  (name) => {
    const bench = useBench(name);
    const options = { expireAfter: 10, staleWhileRevalidate: true, autoclose: false };

    it('however many read it at once, the origin is asked once', async () => {
      const http = bench().wrap(options);
      await http.get('/a');
      await http.get('/b');
      bench().pass(20);
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      bench().answer(async () => {
        await released;
        return { body: 'new' };
      });
      const reads = await Promise.all(Array.from({ length: 8 }, () => http.get('/a')));
      const more = await Promise.all([http.get('/a'), http.get('/b')]);
      for (const { data, cache } of [...reads, ...more]) {
        expect([data, cache.stale, cache.hit]).toEqual(['hello', true, true]);
      }
      release();
      await http.cache.close();
      expect([bench().origin.count('/a'), bench().origin.count('/b')]).toEqual([2, 2]);
      const later = await bench().wrap(options).get('/a');
      expect([later.data, later.cache.stale]).toEqual(['new', false]);
    });

    it.each<[string, Answer]>([
      ['answers 503', { status: 503 }],
      ['breaks the connection', (_request, response) => void response.destroy()],
    ])(
      'an origin that %s is told of by an event, and not asked again on every read',
      async (_how, failure) => {
        const http = bench().wrap(options);
        const { cache } = await http.get('/a');
        bench().pass(20);
        bench().answer(() => failure);
        const failed = nextBackgroundError(http);
        await http.get('/a');
        const { key, error } = await failed;
        expect([key, error]).toEqual([cache.key, expect.any(Error)]);
        for (let read = 0; read < 5; read += 1) expect((await http.get('/a')).cache.stale).toBe(true);
        await http.cache.close();
        expect(bench().origin.count()).toBe(2);
      },
    );

    it('after a while it is asked again', async () => {
      const http = bench().wrap(options);
      await http.get('/a');
      bench().pass(20);
      bench().answer(() => ({ status: 503 }));
      const failed = nextBackgroundError(http);
      await http.get('/a');
      await failed;
      bench().answer(() => ({ body: 'recovered' }));
      bench().pass(60);
      expect((await http.get('/a')).data).toBe('hello');
      await http.cache.close();
      expect((await bench().wrap(options).get('/a')).data).toBe('recovered');
    });

    it.each([404, 410])('an origin that answers %i puts an end to the stale one', async (status) => {
      const http = bench().wrap(options);
      await http.get('/a');
      bench().pass(20);
      bench().answer(() => ({ status }));
      expect((await http.get('/a')).cache.stale).toBe(true);
      await http.cache.close();
      await expect(bench().wrap(options).get('/a')).rejects.toMatchObject({ status });
    });

    it('the window ends also while the origin fails', async () => {
      const http = bench().wrap({ ...options, staleWhileRevalidate: 30 });
      await http.get('/a');
      bench().answer(() => ({ status: 503 }));
      bench().pass(39);
      const failed = nextBackgroundError(http);
      expect((await http.get('/a')).cache.stale).toBe(true);
      await failed;
      bench().pass(1);
      await expect(http.get('/a')).rejects.toMatchObject({ status: 503 });
    });
  },
);

describe.each(BACKENDS_UNDER_TEST)('D22: unsafe requests leave what they changed (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => bench().answer(({ method }, count) => ({ body: `${method} ${count}` })));

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s ends GET and HEAD of its URL, in every variant',
    async (method) => {
      const french = { headers: { 'Accept-Language': 'fr' } };
      bench().answer((_request, count) => ({
        headers: { vary: 'Accept-Language' },
        body: `answer ${count}`,
      }));
      const http = bench().wrap();
      await http.get('/a');
      await http.get('/a', french);
      await http.head('/a');
      await http.get('/a?x=1');
      await http.request({ url: '/a', method });
      expect((await http.get('/a?x=1')).cache.hit).toBe(true);
      const after = [await http.get('/a'), await http.get('/a', french), await http.head('/a')];
      expect(after.map(({ cache }) => cache.fromCache)).toEqual([false, false, false]);
      expect(after[0]?.data).toBe('answer 6');
    },
  );

  it('so do Location and Content-Location of the same origin, and of no other', async () => {
    const other = await OriginServer.start();
    const http = bench().wrap();
    const stored = ['/made', '/list', '/kept', `${other.url}/elsewhere`];
    for (const url of stored) await http.get(url);
    bench().answer(() => ({ status: 201, headers: { location: '/made', 'content-location': '/list' } }));
    await http.post('/new');
    bench().answer(() => ({ status: 201, headers: { location: `${other.url}/elsewhere` } }));
    await http.post('/new');
    const hits = stored.map(async (url) => (await http.get(url, { validateStatus: null })).cache.hit);
    expect(await Promise.all(hits)).toEqual([false, false, true, true]);
    await other.close();
  });

  it.each([400, 404, 409, 500, 503])('one that fails with %i changes nothing', async (status) => {
    const http = bench().wrap({}, { validateStatus: null });
    await http.get('/a');
    bench().answer(() => ({ status }));
    await http.post('/a');
    expect((await http.get('/a')).cache.hit).toBe(true);
  });
});

describe.each(BACKENDS_UNDER_TEST)(
  'D29: text that is not UTF-8 is damaged, and JSON is written anew (%s)',
  (name) => {
    const bench = useBench(name);
    const BODIES: readonly [string, string, Buffer][] = [
      ['latin1', 'text/html; charset=iso-8859-1', Buffer.from('caf\xe9 \xa3\xff', 'latin1')],
      ['every byte', 'text/plain', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
      ['a lone surrogate in UTF-8', 'text/plain; charset=utf-8', Buffer.from([0xed, 0xa0, 0x80, 0x61])],
      ['a byte order mark', 'application/json', Buffer.from('\ufeff{"a":1}')],
      [
        'JSON with odd spelling',
        'application/json',
        Buffer.from('{"b" : 1.0e3,\r\n\t"a":12345678901234567890, "a":-0, "\\u00e9":"\\/"}\n\n'),
      ],
      ['JSON that is none', 'application/json', Buffer.from("{'a': NaN,}")],
    ];

    it.each(BODIES)('%s comes back byte for byte', async (_what, type, body) => {
      bench().answer(() => ({ headers: { 'content-type': type }, body }));
      const plain = await bench().plain().get('/a');
      const http = bench().wrap();
      const raw = (): Promise<AxiosResponse<Buffer>> =>
        http.get<Buffer>('/a', { responseType: 'arraybuffer' });
      expect((await raw()).data).toEqual(body);
      const hit = await raw();
      expect([hit.cache.fromCache, hit.data]).toEqual([true, body]);
      expect((await http.get('/a')).data).toEqual(plain.data);
      const asWritten = await http.get<string>('/a', { responseEncoding: 'latin1', transformResponse: [] });
      expect([asWritten.cache.fromCache, Buffer.from(asWritten.data, 'latin1')]).toEqual([true, body]);
    });
  },
);

describe.each(BACKENDS_UNDER_TEST)('D30: hooks and filterFn run twice on a miss (%s)', (name) => {
  const bench = useBench(name);

  it('each runs once for a miss, once for a hit, and once for a confirmed response', async () => {
    bench().answer(({ headers }) => ({
      status: headers['if-none-match'] === undefined ? 200 : 304,
      headers: { etag: '"v"' },
      body: headers['if-none-match'] === undefined ? 'hello' : '',
    }));
    const called: string[] = [];
    const http = bench().wrap({
      filterFn: ({ fromCache }) => {
        called.push(`filterFn ${fromCache}`);
        return true;
      },
    });
    http.interceptors.request.use((config) => {
      called.push('request');
      return config;
    });
    http.interceptors.response.use((response) => {
      called.push(`response ${response.cache.fromCache}`);
      return response;
    });
    const transformResponse = (data: unknown): unknown => {
      called.push('transform');
      return data;
    };
    const takeCalls = (): string[] => called.splice(0);
    await http.get('/a', { transformResponse });
    expect(takeCalls()).toEqual(['request', 'filterFn false', 'transform', 'response false']);
    await http.get('/a', { transformResponse });
    expect(takeCalls()).toEqual(['request', 'filterFn true', 'transform', 'response true']);
    await http.get('/a', { transformResponse, cache: { refresh: true } });
    expect(takeCalls()).toEqual(['request', 'filterFn true', 'transform', 'response true']);
  });

  it('filterFn sees each response once, also where it refuses', async () => {
    const filterFn = jest.fn<boolean, [FilterableResponse]>(() => false);
    const http = bench().wrap({ filterFn });
    await http.get('/a');
    expect(filterFn).toHaveBeenCalledTimes(1);
    await http.get('/a');
    expect(filterFn.mock.calls.map(([{ fromCache }]) => fromCache)).toEqual([false, false]);
  });
});

describe.each(BACKENDS_UNDER_TEST)(
  'D32: several lines of a header field become one, and cookies get lost (%s)',
  (name) => {
    const bench = useBench(name);
    const COOKIES = ['a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT', 'b=2; Path=/', 'a=3'];

    it('lines stay apart on hits, and whoever collects cookies sees them again', async () => {
      bench().answer(() => ({ headers: { 'set-cookie': COOKIES, 'x-many': ['1', '2, 3'] }, body: 'x' }));
      const plain = await bench().plain().get('/a');
      const http = bench().wrap({ replayCookies: true });
      const jar: unknown[] = [];
      http.interceptors.response.use((response) => {
        jar.push(response.headers['set-cookie']);
        return response;
      });
      for (const fromCache of [false, true, true]) {
        const { headers, cache } = await http.get('/a');
        expect([cache.fromCache, headers['x-many']]).toEqual([fromCache, plain.headers['x-many']]);
      }
      expect(jar).toEqual([COOKIES, COOKIES, COOKIES]);
    });

    it('a 304 replaces all lines of a field, and leaves the others', async () => {
      bench().answer(({ headers }) =>
        headers['if-none-match'] === undefined
          ? { headers: { etag: '"v"', 'set-cookie': COOKIES, link: ['</1>', '</2>'] }, body: 'x' }
          : { status: 304, headers: { etag: '"v"', 'set-cookie': ['c=4', 'd=5'] } },
      );
      const http = bench().wrap({ replayCookies: true, expireAfter: 10 });
      const { headers: first } = await http.get('/a');
      bench().pass(10);
      for (const revalidated of [true, false]) {
        const { headers, cache } = await http.get('/a');
        expect([cache.fromCache, cache.revalidated]).toEqual([true, revalidated]);
        expect(headers['set-cookie']).toEqual(['c=4', 'd=5']);
        expect(headers['link']).toEqual(first['link']);
      }
    });
  },
);
