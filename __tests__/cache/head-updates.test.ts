import { type CacheOptions, type CachedAxiosInstance, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Answer } from '../helpers/origin-server.js';
import { until } from '../helpers/until.js';

const LM = 'Thu, 01 Jan 2026 00:00:00 GMT';
const LATER = 'Fri, 02 Jan 2026 00:00:00 GMT';
const PAGE = {
  etag: '"v"',
  'last-modified': LM,
  'cache-control': 'max-age=60',
  'content-type': 'text/plain',
  'content-length': '6',
  'x-n': '1',
  'x-kept': 'yes',
};

describe.each(BACKENDS_UNDER_TEST)('a HEAD about the stored GET: RFC 9111 section 4.3.5 (%s)', (name) => {
  const bench = useBench(name);

  /** Stores the answer to a GET, lets time pass, and asks the origin by a HEAD. */
  async function headAfterGet(answer: Answer, options: CacheOptions = {}): Promise<CachedAxiosInstance> {
    bench().answer(() => ({ headers: PAGE, body: 'stored' }));
    const http = bench().wrap({ ...rfc9111, ...options }, { validateStatus: null });
    await http.get('/a');
    bench().pass(20);
    bench().answer(() => answer);
    await http.head('/a', { cache: { forceRefresh: true } });
    bench().answer(() => ({ body: 'anew' }));
    return http;
  }

  it.each<[title: string, headers: Record<string, string>]>([
    ['the same validators and length', { etag: '"v"', 'last-modified': LM, 'content-length': '6' }],
    ['the tag alone', { etag: '"v"' }],
    ['the date alone', { 'last-modified': LM }],
    ['the length alone', { 'content-length': '6' }],
    ['nothing at all', {}],
  ])('%s: its fields are those of the stored response from now on', async (_title, headers) => {
    const http = await headAfterGet({
      headers: { ...headers, 'x-n': '2', 'cache-control': 'max-age=100' },
    });
    bench().pass(99);
    const hit = await http.get('/a');
    expect(hit).toMatchObject({
      data: 'stored',
      headers: { 'x-n': '2', 'x-kept': 'yes' },
      cache: { hit: true, ttl: 1 },
    });
    expect(hit.headers).toMatchObject({
      etag: '"v"',
      'content-length': '6',
      'content-type': 'text/plain',
      age: '99',
    });
    expect(bench().origin.count()).toBe(2);
    expect(await http.cache.count()).toBe(1);
  });

  it('says what it did', async () => {
    bench().answer(() => ({ headers: PAGE, body: 'stored' }));
    const http = bench().wrap({ ...rfc9111 });
    const { createdAt } = (await http.get('/a')).cache;
    bench().pass(61);
    const updated = await http.head('/a', { cache: { forceRefresh: true } });
    expect(updated.cache).toMatchObject({
      fromCache: false,
      stored: true,
      revalidated: false,
      ttl: 60,
      createdAt,
    });
    bench().answer(() => ({ headers: { ...PAGE, etag: '"w"' } }));
    const ended = await http.head('/a', { cache: { refresh: true } });
    expect(ended).toMatchObject({
      headers: { etag: '"w"' },
      cache: { fromCache: false, stored: false, fwdStatus: 200 },
    });
    expect(ended.cache.reason).toMatch(/stale from now on/);
  });

  it('a bare one renews a lifetime that the stored response gave itself', async () => {
    const http = await headAfterGet({ headers: { etag: '"v"' } });
    bench().pass(59);
    expect((await http.get('/a')).cache).toMatchObject({ hit: true, ttl: 1 });
  });

  it('may shorten the lifetime, too', async () => {
    const http = await headAfterGet({ headers: { etag: '"v"', 'cache-control': 'max-age=5' } });
    bench().pass(4);
    expect((await http.get('/a')).cache.hit).toBe(true);
    bench().pass(1);
    bench().answer(() => ({ status: 304, headers: { etag: '"v"' } }));
    expect((await http.get('/a')).cache).toMatchObject({ hit: false, revalidated: true });
  });

  describe.each<[title: string, headers: Record<string, string>]>([
    ['another tag', { ...PAGE, etag: '"w"' }],
    ['another date', { ...PAGE, 'last-modified': LATER }],
    ['another length', { ...PAGE, 'content-length': '7' }],
  ])('%s: the stored response is stale from now on', (_title, headers) => {
    const changed: Answer = { headers: { ...headers, 'x-n': '2', 'cache-control': 'max-age=100' } };

    it('and nothing of it is changed', async () => {
      const http = await headAfterGet(changed);
      const kept = await http.cache.get({ url: '/a' });
      expect(kept).toMatchObject({
        isExpired: true,
        ttl: 0,
        headers: { 'x-n': '1', etag: '"v"', 'last-modified': LM },
      });
      expect(await kept?.text()).toBe('stored');
    });

    it('for a GET, which asks by what is stored', async () => {
      const http = await headAfterGet(changed);
      expect(await http.get('/a')).toMatchObject({ data: 'anew', cache: { fwd: 'stale', fromCache: false } });
      expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
    });

    it('for a HEAD, and also for those that may use what is stale', async () => {
      const http = await headAfterGet(changed, { staleIfError: 60 });
      bench().answer(() => ({ status: 503 }));
      for (const method of ['HEAD', 'GET'])
        expect((await http.request({ url: '/a', method })).cache).toMatchObject({
          fromCache: true,
          stale: true,
        });
      expect(bench().origin.count()).toBe(4);
    });
  });

  it.each<[title: string, status: number]>([
    ['not allowed', 405],
    ['not authorised', 401],
    ['an error', 500],
    ['not available', 503],
    ['moved', 301],
    ['no content', 204],
  ])('%s (%i): the stored response stays as it was', async (_title, status) => {
    const http = await headAfterGet({
      status,
      headers: { 'cache-control': 'max-age=100', 'x-n': '2', etag: '"w"' },
    });
    const kept = await http.get('/a');
    expect(kept).toMatchObject({
      status: 200,
      data: 'stored',
      headers: { 'x-n': '1' },
      cache: { hit: true, ttl: 40 },
    });
    expect((await http.head('/a')).status).toBe(200);
    expect(bench().origin.count()).toBe(2);
  });

  it.each([404, 410])('%i: the stored response is stale from now on', async (status) => {
    const http = await headAfterGet({ status });
    bench().answer(() => ({ status, body: 'gone' }));
    const { data, cache } = await http.get('/a', { validateStatus: null });
    expect([data, cache.fromCache]).toEqual(['gone', false]);
  });

  it('no-store in the answer to the HEAD ends what is stored', async () => {
    const http = await headAfterGet({ headers: { etag: '"v"', 'cache-control': 'no-store' } });
    expect(await http.cache.count()).toBe(0);
    expect((await http.get('/a')).data).toBe('anew');
  });

  it('an answer of another URL says nothing of it, even under the same tag', async () => {
    const http = await headAfterGet((_request, response) => {
      const isTarget = bench().origin.last.url === '/b';
      response.writeHead(isTarget ? 200 : 302, isTarget ? { ...PAGE, 'x-n': '2' } : { location: '/b' }).end();
    });
    bench().answer(() => ({ status: 304, headers: { etag: '"v"' } }));
    expect(await http.get('/a')).toMatchObject({
      data: 'stored',
      headers: { 'x-n': '1' },
      cache: { revalidated: true },
    });
  });

  it('only of the variant that it is about', async () => {
    bench().answer(({ headers }) => ({
      headers: { ...PAGE, vary: 'X-Mode', etag: `"${String(headers['x-mode'])}"` },
      body: String(headers['x-mode']),
    }));
    const http = bench().wrap({ ...rfc9111 });
    const as = (mode: string) => ({ headers: { 'X-Mode': mode } });
    for (const mode of ['dark12', 'light1']) await http.get('/a', as(mode));
    bench().answer(() => ({ headers: { ...PAGE, vary: 'X-Mode', etag: '"new"' }, body: 'newest' }));
    await http.head('/a', { ...as('dark12'), cache: { forceRefresh: true } });
    expect(await http.get('/a', as('light1'))).toMatchObject({ data: 'light1', cache: { hit: true } });
    expect((await http.get('/a', as('dark12'))).cache.hit).toBe(false);
  });

  it('a read-only cache is not changed by it', async () => {
    bench().answer(() => ({ headers: PAGE, body: 'stored' }));
    await bench()
      .wrap({ ...rfc9111 })
      .get('/a');
    const http = bench().wrap({ ...rfc9111, readOnly: true });
    bench().answer(() => ({ headers: { ...PAGE, 'x-n': '2' } }));
    expect((await http.head('/a', { cache: { forceRefresh: true } })).cache.stored).toBe(false);
    bench().answer(() => ({ headers: { ...PAGE, etag: '"w"' } }));
    expect((await http.head('/a', { cache: { forceRefresh: true } })).cache.stored).toBe(false);
    expect(await http.get('/a')).toMatchObject({
      data: 'stored',
      headers: { 'x-n': '1' },
      cache: { hit: true },
    });
  });

  it('an older answer to a HEAD does not end what a GET has brought meanwhile', async () => {
    bench().answer(() => ({ headers: PAGE, body: 'stored' }));
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a');
    let answerHead = (): void => undefined;
    bench().answer(({ method }) =>
      method === 'HEAD'
        ? new Promise((resolve) => (answerHead = () => resolve({ headers: { ...PAGE, etag: '"old"' } })))
        : { headers: { ...PAGE, etag: '"new"' }, body: 'newest' },
    );
    const head = http.head('/a', { cache: { forceRefresh: true } });
    await until(() => bench().origin.count() === 2);
    await http.get('/a', { cache: { forceRefresh: true } });
    answerHead();
    await head;
    expect(await http.get('/a')).toMatchObject({ data: 'newest', cache: { hit: true } });
  });
});

describe.each(BACKENDS_UNDER_TEST)('keys and maintenance of HEAD, with cacheControl (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => bench().answer(() => ({ headers: PAGE, body: 'stored' })));

  it('keyFn sees the GET that it is stored with', async () => {
    const seen: string[] = [];
    const http = bench().wrap({
      cacheControl: true,
      keyFn: (request) => {
        seen.push(request.method);
        return `${request.method} ${new URL(request.url).pathname}`;
      },
    });
    await http.get('/a');
    expect((await http.head('/a')).cache).toMatchObject({ hit: true, key: 'GET /a' });
    expect((await http.head('/b')).cache).toMatchObject({ stored: true, key: 'GET /b' });
    expect((await http.head('/b')).cache.hit).toBe(true);
    expect((await http.get('/b')).cache.hit).toBe(false);
    expect(seen).toEqual(['GET', 'GET', 'GET', 'GET', 'GET']);
  });

  it.each([true, false])('a key of the caller’s own, with cacheControl %s', async (cacheControl) => {
    const http = bench().wrap({ cacheControl });
    const cache = { key: 'mine' };
    await http.head('/a', { cache });
    expect((await http.head('/a', { cache })).cache.hit).toBe(true);
    const got = await http.get('/a', { cache });
    expect([got.data, got.cache.fromCache]).toEqual(['stored', false]);
    expect(await http.head('/a', { cache })).toMatchObject({ data: '', cache: { hit: true } });
  });

  it('contains, get and deleteUrl know a HEAD by what would answer it', async () => {
    const http = bench().wrap({ cacheControl: true });
    const [head, get] = [{ url: '/a', method: 'head' }, { url: '/a' }];
    const found = async () => [await http.cache.contains(head), await http.cache.contains(get)];
    await http.head('/a');
    expect(await found()).toEqual([true, false]);
    expect((await http.cache.get(head))?.method).toBe('HEAD');
    await http.get('/a');
    expect(await found()).toEqual([true, true]);
    expect((await http.cache.get(head))?.method).toBe('GET');
    expect(await http.cache.createKey(head)).toBe(await http.cache.createKey(get));
    expect(await http.cache.deleteUrl('/a', { method: 'head' })).toBe(1);
    expect(await found()).toEqual([false, false]);
  });

  it('deleteUrl, and an unsafe request, end a kept header too', async () => {
    const http = bench().wrap({ cacheControl: true });
    await http.head('/a');
    expect(await http.cache.deleteUrl('/a')).toBe(1);
    await http.head('/a');
    await http.put('/a', 'x');
    expect(await http.cache.count()).toBe(0);
  });

  it('recreateKeys keeps it where HEADs find it, and GETs do not', async () => {
    const http = bench().wrap({ cacheControl: true });
    await http.head('/a?session=1');
    await http.get('/b?session=1');
    http.cache.settings = { ignoredParameters: ['session'] };
    expect(await http.cache.recreateKeys()).toBe(2);
    expect((await http.head('/a?session=2')).cache.hit).toBe(true);
    expect((await http.head('/b?session=2')).cache.hit).toBe(true);
    expect(await http.get('/b?session=2')).toMatchObject({ data: 'stored', cache: { hit: true } });
    expect((await http.get('/a?session=2')).cache.hit).toBe(false);
  });
});
