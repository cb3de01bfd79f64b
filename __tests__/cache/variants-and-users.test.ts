import { type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('Vary (%s)', (name) => {
  const bench = useBench(name);

  const withHeaders = (http: CachedAxiosInstance, headers: Record<string, string>) =>
    http.get<string>('/a', { headers });

  it('keeps a response for each value, and alternating ones hit', async () => {
    bench().answer(({ headers }) => ({
      headers: { vary: 'Accept-Language, X-Mode' },
      body: `in ${String(headers['accept-language'])} ${String(headers['x-mode'])}`,
    }));
    const http = bench().wrap();
    const kinds = [
      { 'Accept-Language': 'en' },
      { 'Accept-Language': 'fr' },
      { 'Accept-Language': 'en', 'X-Mode': 'dark' },
      {} as Record<string, string>,
    ];
    for (let round = 0; round < 3; round += 1) {
      for (const headers of kinds) {
        const { data, cache } = await withHeaders(http, headers);
        expect(data).toBe(`in ${headers['Accept-Language']} ${headers['X-Mode']}`);
        expect(cache.fromCache).toBe(round > 0);
      }
    }
    expect(bench().origin.count()).toBe(kinds.length);
    expect(await http.cache.count()).toBe(kinds.length);
  });

  it('the names count in any case, values but for their spelling', async () => {
    bench().answer(() => ({ headers: { Vary: 'ACCEPT' }, body: 'x' }));
    const http = bench().wrap();
    await withHeaders(http, { accept: 'text/html;q=0.5,  text/css' });
    expect((await withHeaders(http, { Accept: 'text/css, text/html; q=0.5' })).cache.fromCache).toBe(true);
  });

  it.each(['*', 'Accept, *', '*, Accept'])('%s is never answered from storage', async (vary) => {
    bench().answer(() => ({ headers: { vary, etag: '"v"' }, body: 'x' }));
    const http = bench().wrap();
    await http.get('/a');
    expect((await http.get('/a')).cache).toMatchObject({ fromCache: false, stored: false });
    expect(bench().origin.last.headers['if-none-match']).toBeUndefined();
  });

  it('on what the adapter adds hits at the second request', async () => {
    bench().answer(() => ({ headers: { vary: 'Accept-Encoding, User-Agent' }, body: 'x' }));
    const http = bench().wrap();
    await http.get('/a');
    expect((await http.get('/a')).cache.hit).toBe(true);
    expect((await withHeaders(http, { 'User-Agent': 'other' })).cache.fromCache).toBe(false);
  });

  it('a response that varies no more takes the place of those that did', async () => {
    let vary: Record<string, string> = { vary: 'X-Mode' };
    bench().answer(({ headers }) => ({ headers: vary, body: `mode ${String(headers['x-mode'])}` }));
    const http = bench().wrap();
    await withHeaders(http, { 'X-Mode': 'a' });
    vary = {};
    const refreshed = await http.get('/a', { headers: { 'X-Mode': 'a' }, cache: { forceRefresh: true } });
    expect(refreshed.cache.stored).toBe(true);
    expect((await withHeaders(http, { 'X-Mode': 'b' })).data).toBe('mode a');
    expect(await http.cache.count()).toBe(1);
  });

  it('onlyIfCached with another value: 504, no request', async () => {
    bench().answer(() => ({ headers: { vary: 'X-Mode' }, body: 'x' }));
    const http = bench().wrap({ staleWhileRevalidate: true, staleIfError: true }, { validateStatus: null });
    await withHeaders(http, { 'X-Mode': 'a' });
    const other = await http.get('/a', { headers: { 'X-Mode': 'b' }, cache: { onlyIfCached: true } });
    expect(other.status).toBe(504);
    await http.cache.close();
    expect(bench().origin.count()).toBe(1);
  });

  it('an error never brings another variant', async () => {
    bench().answer(() => ({ headers: { vary: 'X-Mode', etag: '"v"' }, body: 'for a' }));
    const http = bench().wrap({ expireAfter: 1, staleIfError: true }, { validateStatus: null });
    await withHeaders(http, { 'X-Mode': 'a' });
    bench().pass(2);
    bench().answer(() => ({ status: 500 }));
    expect((await withHeaders(http, { 'X-Mode': 'b' })).status).toBe(500);
    expect((await withHeaders(http, { 'X-Mode': 'a' })).data).toBe('for a');
  });
});

describe.each(BACKENDS_UNDER_TEST)('users (%s)', (name) => {
  const bench = useBench(name);

  const IDENTITIES: readonly [how: string, as: (user: string) => AxiosRequestConfig][] = [
    ['Authorization', (user) => ({ headers: { Authorization: `Bearer ${user}` } })],
    ['authorization in another case', (user) => ({ headers: { authorization: `Bearer ${user}` } })],
    ['auth', (user) => ({ auth: { username: user, password: 'x' } })],
    ['the password of auth', (user) => ({ auth: { username: 'x', password: user } })],
    ['userinfo of the URL', (user) => ({ baseURL: bench().origin.url.replace('//', `//${user}:x@`) })],
    ['Cookie', (user) => ({ headers: { Cookie: `session=${user}` } })],
    ['X-API-Key', (user) => ({ headers: { 'X-API-Key': user } })],
    ['api_key in the query', (user) => ({ params: { api_key: user } })],
    ['access_token in the URL', (user) => ({ url: `/me?access_token=${user}` })],
  ];

  describe.each(IDENTITIES)('by %s', (_how, as) => {
    it.each<Record<string, string>>([
      {},
      { vary: 'Authorization, Cookie' },
      { 'cache-control': 'public, max-age=60' },
    ])('never get each other’s responses, and each hits (%j)', async (headers) => {
      bench().answer((_request, count) => ({ headers, body: `answer ${count}` }));
      const http = bench().wrap();
      const ask = async (user: string): Promise<string> =>
        (await http.request<string>({ url: '/me', ...as(user) })).data;
      const got = [await ask('alice'), await ask('bob')];
      expect(got).toEqual(['answer 1', 'answer 2']);
      expect([await ask('alice'), await ask('bob')]).toEqual(got);
      expect((await http.get('/me')).data).toBe('answer 3');
      expect(await http.cache.count()).toBe(3);
    });

    it('leave no secret in storage', async () => {
      bench().answer(() => ({ headers: { vary: 'Authorization, Cookie, X-API-Key' }, body: 'body' }));
      const http = bench().wrap();
      await http.request({ url: '/me', ...as('s3cr3t') });
      const stored: string[] = [];
      for await (const meta of bench().backend.scan())
        stored.push(Buffer.from(meta.head).toString('latin1'), meta.key, meta.variant);
      expect(stored.length).toBeGreaterThan(0);
      const text = stored.join('\n');
      expect(text).not.toContain('s3cr3t');
      expect(text).not.toContain(Buffer.from('s3cr3t:x').toString('base64'));
      expect(text).not.toContain(Buffer.from('x:s3cr3t').toString('base64'));
    });
  });

  it('share what is listed in ignoredParameters', async () => {
    const http = bench().wrap({ ignoredParameters: ['Authorization'] });
    await http.get('/a', { headers: { Authorization: 'A' } });
    expect((await http.get('/a', { headers: { authorization: 'B' } })).cache.fromCache).toBe(true);
    expect((await http.get('/a')).cache.fromCache).toBe(false);
  });
});

describe.each(BACKENDS_UNDER_TEST)('Set-Cookie (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer(() => ({
      headers: { 'set-cookie': ['a=1; Expires=Thu, 01 Jan 2027 00:00:00 GMT', 'b=2'] },
      body: 'x',
    }));
  });

  it('is not replayed', async () => {
    const http = bench().wrap();
    expect((await http.get('/a')).headers['set-cookie']).toHaveLength(2);
    const hit = await http.get('/a');
    expect([hit.cache.fromCache, hit.headers['set-cookie']]).toEqual([true, undefined]);
  });

  it('is replayed with replayCookies, every line by itself', async () => {
    const http = bench().wrap({ replayCookies: true });
    const { headers } = await http.get('/a');
    expect((await http.get('/a')).headers['set-cookie']).toEqual(headers['set-cookie']);
  });

  it('is everybody’s own list: who changes it changes no other', async () => {
    const http = bench().wrap({ replayCookies: true });
    const { headers } = await http.get('/a');
    const expected = [...(headers['set-cookie'] ?? [])];
    for (let hit = 0; hit < 3; hit += 1) {
      const { headers: own, cache } = await http.get('/a');
      expect([cache.fromCache, own['set-cookie']]).toEqual([true, expected]);
      own['set-cookie']?.push('planted=1');
      own['x-planted'] = '1';
      expect((await http.get('/a')).headers['x-planted']).toBeUndefined();
    }
  });

  it('is not replayed where another instance has stored it, of redirects neither', async () => {
    bench().answer(({ url }) =>
      url === '/a'
        ? { status: 302, headers: { Location: '/b', 'set-cookie': 'hop=1' } }
        : { headers: { 'set-cookie': ['end=2'] }, body: 'x' },
    );
    await bench().wrap({ replayCookies: true }).get('/a');
    const told = await bench().wrap({ replayCookies: true }).get('/a');
    expect(told.headers['set-cookie']).toEqual(['end=2']);
    expect(JSON.stringify(told.cache.history)).toContain('hop=1');
    const hit = await bench().wrap().get('/a');
    expect([hit.cache.fromCache, hit.headers['set-cookie']]).toEqual([true, undefined]);
    expect(hit.cache.history).toHaveLength(1);
    expect(JSON.stringify(hit.cache.history)).not.toContain('hop=1');
    const one = await bench()
      .wrap()
      .get('/a', { cache: { replayCookies: true } });
    expect(one.headers['set-cookie']).toEqual(['end=2']);
  });

  it('of a 304 follows the same rule', async () => {
    bench().answer(() => ({ headers: { etag: '"v"' }, body: 'x' }));
    for (const replayCookies of [false, true]) {
      const http = bench().wrap({ replayCookies, expireAfter: 10 });
      await http.get('/a', { cache: { forceRefresh: true } });
      bench().answer(() => ({ status: 304, headers: { 'set-cookie': ['c=3'] } }));
      await http.get('/a', { cache: { refresh: true } });
      expect((await http.get('/a')).headers['set-cookie']).toEqual(replayCookies ? ['c=3'] : undefined);
      bench().answer(() => ({ headers: { etag: '"v"' }, body: 'x' }));
    }
  });
});
