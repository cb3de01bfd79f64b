import { type CachedAxiosInstance } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

describe.each(BACKENDS_UNDER_TEST)('validation of a stale response (%s)', (name) => {
  const bench = useBench(name);
  const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';

  it.each<[string, Record<string, string>, Record<string, string | undefined>]>([
    ['ETag', { etag: '"v1"' }, { 'if-none-match': '"v1"', 'if-modified-since': undefined }],
    ['a weak ETag', { etag: 'W/"v1"' }, { 'if-none-match': 'W/"v1"' }],
    ['Last-Modified', { 'last-modified': DATE }, { 'if-none-match': undefined, 'if-modified-since': DATE }],
    ['both', { etag: '"v1"', 'last-modified': DATE }, { 'if-none-match': '"v1"', 'if-modified-since': DATE }],
  ])('by %s', async (_title, validators, conditions) => {
    bench().answer(() => ({ headers: { ...validators, 'x-n': '1' }, body: 'stored' }));
    const http = bench().wrap({ expireAfter: 10 });
    await http.get('/a');
    bench().pass(11);
    bench().answer(() => ({ status: 304, headers: { ...validators, 'x-n': '2' } }));
    const confirmed = await http.get('/a');
    expect(bench().origin.last.headers).toMatchObject(
      Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined)),
    );
    for (const [field, value] of Object.entries(conditions))
      expect(bench().origin.last.headers[field]).toBe(value);
    expect(confirmed).toMatchObject({ status: 200, statusText: 'OK', data: 'stored' });
    expect(confirmed.headers['x-n']).toBe('2');
    expect(confirmed.cache).toMatchObject({
      fromCache: true,
      revalidated: true,
      stored: true,
      stale: false,
      isExpired: false,
      ttl: 10,
    });
    const hit = await http.get('/a');
    expect(hit.cache).toMatchObject({ hit: true, revalidated: false });
    expect(hit.headers['x-n']).toBe('2');
    expect(bench().origin.count()).toBe(2);
  });

  it('without a validator is a plain request', async () => {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
    const http = bench().wrap({ expireAfter: 10 });
    await http.get('/a');
    bench().pass(11);
    expect(await http.get('/a')).toMatchObject({
      data: 'answer 2',
      cache: { fwd: 'stale', fromCache: false, stored: true },
    });
    expect((await http.get('/a')).cache.ttl).toBe(10);
  });

  it('keeps createdAt, and what the 304 does not mention', async () => {
    bench().answer(() => ({
      headers: { etag: '"v"', 'x-kept': 'yes', 'content-type': 'text/css' },
      body: 'stored',
    }));
    const http = bench().wrap({ expireAfter: 10 });
    const { createdAt } = (await http.get('/a')).cache;
    bench().pass(11);
    bench().answer(() => ({ status: 304, headers: { 'content-length': '0', 'content-encoding': 'br' } }));
    for (let turn = 0; turn < 2; turn += 1) {
      const { headers, cache, data } = await http.get('/a');
      expect(data).toBe('stored');
      expect(cache.createdAt).toEqual(createdAt);
      expect(headers).toMatchObject({ 'x-kept': 'yes', 'content-type': 'text/css', etag: '"v"' });
      expect(headers['content-encoding']).toBeUndefined();
    }
  });

  it('by the response’s own lifetime, which a bare 304 renews and does not make endless', async () => {
    bench().answer(() => ({ headers: { etag: '"v"', 'cache-control': 'max-age=60' }, body: 'stored' }));
    const http = bench().wrap({ cacheControl: true });
    await http.get('/a');
    bench().pass(61);
    bench().answer(() => ({ status: 304 }));
    expect((await http.get('/a')).cache.ttl).toBe(60);
    bench().answer(() => ({ status: 304, headers: { 'cache-control': 'max-age=5' } }));
    bench().pass(61);
    expect((await http.get('/a')).cache.ttl).toBe(5);
  });

  it('does not keep what the 304 forbids to keep', async () => {
    bench().answer(() => ({ headers: { etag: '"v"', 'cache-control': 'max-age=60' }, body: 'stored' }));
    const http = bench().wrap({ cacheControl: true });
    await http.get('/a');
    bench().pass(61);
    bench().answer(() => ({ status: 304, headers: { 'cache-control': 'no-store' } }));
    expect(await http.get('/a')).toMatchObject({
      data: 'stored',
      cache: { revalidated: true, stored: false },
    });
    expect(await http.cache.count()).toBe(0);
  });

  it('by a 304 does not bring back what another process has deleted meanwhile', async () => {
    bench().answer(() => ({ headers: { etag: '"v"' }, body: 'stored' }));
    const http = bench().wrap({ expireAfter: 10 });
    await http.get('/a');
    bench().pass(11);
    bench().answer(async () => {
      await bench().backend.clear();
      return { status: 304 };
    });
    expect(await http.get('/a')).toMatchObject({
      data: 'stored',
      cache: { revalidated: true, stored: false },
    });
    expect(await http.cache.count()).toBe(0);
  });

  it('takes a 304 to a request of the caller’s own conditions for the caller’s business', async () => {
    bench().answer(() => ({ status: 304, headers: { etag: '"v"' } }));
    const http = bench().wrap({}, { validateStatus: null });
    const response = await http.get('/a', { headers: { 'If-None-Match': '"v"' } });
    expect([response.status, response.cache.fromCache]).toEqual([304, false]);
  });

  it('takes a 304 that nobody asked for as it is, and does not store it', async () => {
    bench().answer(() => ({ status: 304 }));
    const http = bench().wrap({ allowableCodes: [200, 304] }, { validateStatus: null });
    expect((await http.get('/a')).status).toBe(304);
    expect(await http.cache.count()).toBe(0);
  });
});

describe.each(BACKENDS_UNDER_TEST)('validation with several variants (%s)', (name) => {
  const bench = useBench(name);
  const TEXTS: Readonly<Record<string, string>> = { en: 'hello', fr: 'bonjour', de: 'hallo' };

  const inLanguage = (http: CachedAxiosInstance, language: string) =>
    http.get<string>('/a', { headers: { 'Accept-Language': language } });

  beforeEach(() => {
    bench().answer(({ headers }) => {
      const language = String(headers['accept-language']);
      const etag = `"${language}"`;
      const isKnown = headers['if-none-match']?.split(', ').includes(etag) === true;
      return {
        status: isKnown ? 304 : 200,
        headers: { etag, vary: 'Accept-Language' },
        body: TEXTS[language] ?? '',
      };
    });
  });

  it('names every known entity tag in one If-None-Match', async () => {
    const http = bench().wrap({ expireAfter: 10 });
    await inLanguage(http, 'en');
    await inLanguage(http, 'fr');
    expect(bench().origin.last.headers['if-none-match']).toBe('"en"');
    bench().pass(11);
    const french = await inLanguage(http, 'fr');
    expect(String(bench().origin.last.headers['if-none-match']).split(', ').sort()).toEqual(['"en"', '"fr"']);
    expect(french).toMatchObject({ data: 'bonjour', cache: { revalidated: true } });
    expect((await inLanguage(http, 'fr')).cache.hit).toBe(true);
    expect((await inLanguage(http, 'en')).cache).toMatchObject({ revalidated: true, hit: false });
    expect(await http.cache.count()).toBe(2);
  });

  it('never names a date of another variant', async () => {
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    bench().answer(({ headers }) =>
      headers['if-modified-since'] === undefined
        ? {
            headers: { 'last-modified': date, vary: 'Accept-Language' },
            body: TEXTS[String(headers['accept-language'])] ?? '',
          }
        : { status: 304 },
    );
    const http = bench().wrap({ expireAfter: 10 });
    await inLanguage(http, 'en');
    bench().pass(11);
    expect((await inLanguage(http, 'fr')).data).toBe('bonjour');
    expect(bench().origin.last.headers['if-modified-since']).toBeUndefined();
  });

  it('serves the variant that the 304 names, and stores it for this request too', async () => {
    const http = bench().wrap();
    await inLanguage(http, 'en');
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"en"'
        ? { status: 304, headers: { etag: '"en"', vary: 'Accept-Language' } }
        : { status: 500 },
    );
    const answered = await inLanguage(http, 'de');
    expect(answered).toMatchObject({
      data: 'hello',
      status: 200,
      cache: { revalidated: true, fwd: 'vary-miss', stored: true },
    });
    expect((await inLanguage(http, 'de')).cache.hit).toBe(true);
    expect((await inLanguage(http, 'en')).cache.hit).toBe(true);
    expect(bench().origin.count()).toBe(2);
  });

  it('puts the variant that the 304 names in the place of the one that was asked about', async () => {
    const http = bench().wrap();
    await inLanguage(http, 'en');
    await inLanguage(http, 'de');
    bench().answer(() => ({ status: 304, headers: { etag: '"en"', vary: 'Accept-Language' } }));
    const named = await http.get('/a', { headers: { 'Accept-Language': 'de' }, cache: { refresh: true } });
    expect([named.data, named.cache.stored]).toEqual(['hello', true]);
    expect(await inLanguage(http, 'de')).toMatchObject({ data: 'hello', cache: { hit: true } });
    expect(await inLanguage(http, 'en')).toMatchObject({ data: 'hello', cache: { hit: true } });
    expect(bench().events).toEqual([]);
    expect(await http.cache.count()).toBe(2);
  });

  it('asks again without conditions when the 304 names nothing that is stored', async () => {
    const http = bench().wrap();
    await inLanguage(http, 'en');
    bench().answer(({ headers }) =>
      headers['if-none-match'] === undefined
        ? { body: 'whole' }
        : { status: 304, headers: { etag: '"unknown"' } },
    );
    expect(await inLanguage(http, 'de')).toMatchObject({
      data: 'whole',
      status: 200,
      cache: { fromCache: false },
    });
    expect(bench().origin.count()).toBe(3);
  });

  it('asks again without conditions when the body of the variant is gone', async () => {
    let isGone = false;
    // Large bodies do not come along with several heads.
    const backend = faultyBackend(bench().backend, (method) =>
      isGone && method === 'body' ? Promise.resolve(undefined) : undefined,
    );
    const large = 'x'.repeat(20_000);
    const handler = ({ headers }: { headers: NodeJS.Dict<string | string[]> }) => {
      const etag = `"${String(headers['accept-language'])}"`;
      const isKnown = String(headers['if-none-match']).includes(etag);
      return { status: isKnown ? 304 : 200, headers: { etag, vary: 'Accept-Language' }, body: etag + large };
    };
    bench().answer(handler);
    const http = bench().wrap({ expireAfter: 10, backend });
    await inLanguage(http, 'en');
    await inLanguage(http, 'fr');
    bench().pass(11);
    isGone = true;
    const { data, status } = await inLanguage(http, 'fr');
    expect([status, data]).toEqual([200, `"fr"${large}`]);
    isGone = false;
    expect((await inLanguage(http, 'fr')).cache.hit).toBe(true);
  });
});
