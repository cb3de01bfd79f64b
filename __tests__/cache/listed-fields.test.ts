import { type CacheOptions, type CachedAxiosInstance, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('no-cache with field names: RFC 9111 section 5.2.2.4 (%s)', (name) => {
  const bench = useBench(name);
  const FIELDS = {
    etag: '"v"',
    'x-a': 'a',
    'x-b': 'b',
    'set-cookie': ['c=1', 'd=2'],
    'content-language': 'en',
  };

  const wrap = (options: CacheOptions = {}): CachedAxiosInstance => bench().wrap({ ...rfc9111, ...options });
  function says(cacheControl: string, headers = {}): void {
    bench().answer(() => ({
      headers: { ...FIELDS, ...headers, 'cache-control': cacheControl },
      body: 'stored',
    }));
  }

  it('the response is reused without asking, but without these fields', async () => {
    says('max-age=60, no-cache="X-A, set-cookie"');
    const http = wrap();
    const first = await http.get('/a');
    expect(first.headers).toMatchObject({ 'x-a': 'a', 'x-b': 'b', 'set-cookie': ['c=1', 'd=2'] });
    const hit = await http.get('/a');
    expect(hit).toMatchObject({ data: 'stored', cache: { hit: true } });
    expect(hit.headers).toMatchObject({ 'x-b': 'b', etag: '"v"', 'content-language': 'en' });
    expect(hit.headers).not.toHaveProperty('x-a');
    expect(hit.headers).not.toHaveProperty('set-cookie');
    expect(hit.headers['cache-control']).toBe('max-age=60, no-cache="X-A, set-cookie"');
    expect(bench().origin.count()).toBe(1);
  });

  it('they are stored nowhere', async () => {
    says('max-age=60, no-cache="x-a"', { 'x-a': 's3cret' });
    const http = wrap();
    const { key } = (await http.get('/a')).cache;
    const [record] = await bench().backend.get(key ?? '');
    expect(Buffer.from(record?.head ?? []).toString('latin1')).toContain('content-language');
    expect(Buffer.from(record?.head ?? []).toString('latin1')).not.toContain('s3cret');
  });

  it.each([
    'ETag',
    'vary',
    'Content-Type',
    'cache-control',
    'last-modified',
    'date',
    'expires',
    'age',
    'content-length',
  ])('a list with %s, which the cache needs, forbids the use of all', async (field) => {
    says(`max-age=60, no-cache="x-a, ${field}"`);
    const http = wrap();
    await http.get('/a');
    bench().answer(({ headers }) => ({
      status: headers['if-none-match'] === '"v"' ? 304 : 500,
      headers: { etag: '"v"' },
    }));
    expect(await http.get('/a')).toMatchObject({ data: 'stored', cache: { hit: false, revalidated: true } });
    expect(bench().origin.count()).toBe(2);
  });

  it('the plain form beside it forbids the use of all', async () => {
    says('max-age=60, no-cache="x-a", no-cache');
    const http = wrap();
    await http.get('/a');
    await http.get('/a');
    expect(bench().origin.count()).toBe(2);
  });

  it('a 304 brings them for the one who asked, and for nobody after', async () => {
    says('max-age=10, no-cache="x-a"');
    const http = wrap();
    await http.get('/a');
    bench().pass(11);
    bench().answer(() => ({ status: 304, headers: { etag: '"v"', 'x-a': 'again', 'x-b': 'again' } }));
    const confirmed = await http.get('/a');
    expect(confirmed).toMatchObject({ data: 'stored', headers: { 'x-a': 'again', 'x-b': 'again' } });
    expect(confirmed.cache).toMatchObject({ revalidated: true, stored: true });
    const hit = await http.get('/a');
    expect(hit.headers['x-b']).toBe('again');
    expect(hit.headers).not.toHaveProperty('x-a');
    expect(bench().origin.count()).toBe(2);
  });

  it('a 304 that lists others changes what is kept', async () => {
    says('max-age=10, no-cache="x-a"');
    const http = wrap();
    await http.get('/a');
    bench().pass(11);
    const headers = { etag: '"v"', 'x-a': 'now', 'cache-control': 'max-age=10, no-cache="x-b"' };
    bench().answer(() => ({ status: 304, headers }));
    await http.get('/a');
    const hit = await http.get('/a');
    expect([hit.cache.hit, hit.headers['x-a']]).toEqual([true, 'now']);
    expect(hit.headers).not.toHaveProperty('x-b');
  });

  it('a HEAD that updates what is stored does not bring them back', async () => {
    says('max-age=60, no-cache="x-a"');
    const http = wrap();
    await http.get('/a');
    bench().answer(() => ({ headers: { etag: '"v"', 'x-a': 'head', 'x-b': 'head' } }));
    expect((await http.head('/a', { cache: { forceRefresh: true } })).headers['x-a']).toBe('head');
    const hit = await http.get('/a');
    expect([hit.cache.hit, hit.headers['x-b'], hit.headers['x-a']]).toEqual([true, 'head', undefined]);
  });

  it('a part is kept without them, too', async () => {
    bench().answer(() => ({
      status: 206,
      headers: { ...FIELDS, 'cache-control': 'max-age=60, no-cache="x-a"', 'content-range': 'bytes 0-3/9' },
      body: 'part',
    }));
    const http = wrap();
    const part = { headers: { Range: 'bytes=0-3' } };
    expect((await http.get('/a', part)).headers['x-a']).toBe('a');
    const hit = await http.get('/a', part);
    expect([hit.status, hit.cache.hit, hit.headers['x-b']]).toEqual([206, true, 'b']);
    expect(hit.headers).not.toHaveProperty('x-a');
  });

  it('stale, in place of an error, they are not given either', async () => {
    says('max-age=10, no-cache="x-a"');
    const http = wrap({ staleIfError: 60 });
    await http.get('/a');
    bench().pass(11);
    bench().answer(() => ({ status: 503 }));
    const stale = await http.get('/a');
    expect(stale).toMatchObject({ data: 'stored', headers: { 'x-b': 'b' }, cache: { stale: true } });
    expect(stale.headers).not.toHaveProperty('x-a');
  });

  it.each([['private="x-a"'], ['private="etag"']])('%s is for shared caches', async (directive) => {
    says(`max-age=60, ${directive}`);
    const http = wrap();
    await http.get('/a');
    expect(await http.get('/a')).toMatchObject({
      headers: { 'x-a': 'a', etag: '"v"' },
      cache: { hit: true },
    });
  });

  it('without cacheControl the directive counts for nothing', async () => {
    says('no-cache="x-a", max-age=0');
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    expect(await http.get('/a')).toMatchObject({ headers: { 'x-a': 'a' }, cache: { hit: true } });
  });

  it('what Connection lists is not stored either, unless the cache needs it (RFC 9110 section 7.6.1)', async () => {
    says('max-age=60', { connection: 'close, X-A, ETag, Cache-Control' });
    const http = wrap();
    await http.get('/a');
    const hit = await http.get('/a');
    expect(hit).toMatchObject({ headers: { 'x-b': 'b', etag: '"v"' }, cache: { hit: true, ttl: 60 } });
    expect(hit.headers).not.toHaveProperty('x-a');
    expect(hit.headers).not.toHaveProperty('connection');
  });
});
