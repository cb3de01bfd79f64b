import { type Backend } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

describe.each(BACKENDS_UNDER_TEST)('explain (%s)', (name) => {
  const bench = useBench(name);
  const url = (path: string): string => `${bench().origin.url}${path}`;

  it('asks neither the origin nor writes', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    await http.get('/a');
    const { length } = bench().origin.requests;
    await http.cache.explain({ url: '/a' });
    await http.cache.explain({ url: '/b' });
    await http.cache.explain({ url: '/a', method: 'PUT' });
    expect(bench().origin.requests).toHaveLength(length);
    expect(await http.cache.count()).toBe(1);
    expect(http.cache.stats().requests).toBe(1);
  });

  it('of a hit: the key, and the arithmetic of freshness', async () => {
    bench().answer(() => ({ headers: { etag: '"v"', age: '5', 'cache-control': 'private' }, body: 'abc' }));
    const http = bench().wrap({ cacheControl: true, expireAfter: 60, staleIfError: 30 });
    const { cache } = await http.get('/a?token=secret');
    bench().pass(12.5);
    const explanation = await http.cache.explain({ url: '/a?token=secret' });
    expect(explanation).toEqual({
      action: 'reuse',
      rule: 'fresh',
      reason: 'fresh for 48 s more',
      fwd: undefined,
      background: false,
      key: {
        key: cache.key,
        isCustom: false,
        method: 'GET',
        url: url('/a?token=REDACTED'),
        hasCredentials: true,
        hasBody: false,
        matchHeaders: false,
      },
      stored: [
        {
          matches: true,
          isChosen: true,
          nominated: undefined,
          status: 200,
          bodyBytes: 3,
          isPartial: false,
          createdAt: cache.createdAt,
          expiresAt: cache.expiresAt,
          ageSeconds: 17.5,
          lifetimeSeconds: 65,
          ttlSeconds: 47.5,
          isFresh: true,
          lifetimeSource: 'session',
          staleIfError: 30,
          staleWhileRevalidate: false,
          mustRevalidate: false,
          etag: '"v"',
          lastModified: undefined,
          cacheControl: 'private',
        },
      ],
      conditionalFields: {},
      mayWrite: true,
      backend: name,
      storageFailed: false,
      othersOfUrl: [],
    });
    expect(String(explanation).split('\n')).toEqual([
      `GET ${url('/a?token=REDACTED')}`,
      'answered from storage: fresh for 48 s more (fresh)',
      `key: ${cache.key}, of method, URL, the user's credentials`,
      `storage: ${name}, one response under this key`,
      `  1. 200, 3 bytes, stored ${cache.createdAt?.toISOString()}; this is the one`,
      '     lifetime 65 s (session) − age 17.5 s = 47.5 s: fresh',
      '     if stale: on errors for 30 s, while it is refreshed not used',
      '     ETag "v"; Cache-Control: private',
    ]);
    // What is sent as JSON are the data.
    expect(JSON.parse(JSON.stringify(explanation))).toMatchObject({ rule: 'fresh' });
  });

  it('says just what the next request then does, rule and reason', async () => {
    bench().answer((request) =>
      request.headers['if-none-match'] === '"v"'
        ? { status: 304 }
        : { headers: { etag: '"v"' }, body: 'abc' },
    );
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    bench().pass(61);
    for (const cache of [
      {},
      { refresh: true },
      { forceRefresh: true },
      { onlyIfCached: true },
      { alwaysRevalidate: true },
      { readOnly: true },
      { disabled: true },
      { cacheControl: true },
      { expireAfter: 0 },
      { key: 'of its own' },
    ]) {
      const config = { url: '/a', cache, validateStatus: null };
      const explained = await http.cache.explain(config);
      const response = await http.request(config);
      expect({ cache, rule: explained.rule, fwd: explained.fwd }).toEqual({
        cache,
        rule: response.cache.rule,
        fwd: response.cache.fwd,
      });
      expect(response.cache.reason.startsWith(explained.reason)).toBe(true);
    }
  });

  it('of a validation: with which fields', async () => {
    const modified = new Date(bench().clock.now() - 1e6).toUTCString();
    bench().answer(() => ({ headers: { etag: '"v"', 'last-modified': modified }, body: 'abc' }));
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    bench().pass(70);
    const explanation = await http.cache.explain({ url: '/a' });
    expect(explanation).toMatchObject({
      action: 'validate',
      rule: 'stale',
      fwd: 'stale',
      conditionalFields: { 'if-none-match': '"v"', 'if-modified-since': modified },
      stored: [{ ttlSeconds: -10, isFresh: false, isChosen: true }],
    });
    expect(String(explanation)).toContain(`asked with if-none-match: "v"; if-modified-since: ${modified}`);
    expect(String(explanation)).toContain('= -10 s: stale');
  });

  it('of variants: which match, and by what', async () => {
    bench().answer((request) => ({
      headers: { vary: 'accept-language' },
      body: String(request.headers['accept-language']),
    }));
    const http = bench().wrap();
    await http.get('/a', { headers: { 'Accept-Language': 'de' } });
    bench().pass(1);
    await http.get('/a', { headers: { 'Accept-Language': 'fr' } });
    const found = await http.cache.explain({ url: '/a', headers: { 'Accept-Language': 'de' } });
    expect(found).toMatchObject({
      action: 'reuse',
      rule: 'never-expires',
      stored: [
        { matches: false, isChosen: false, nominated: { 'accept-language': 'fr' } },
        { matches: true, isChosen: true, nominated: { 'accept-language': 'de' } },
      ],
    });
    const missed = await http.cache.explain({ url: '/a' });
    expect(missed).toMatchObject({ action: 'forward', rule: 'no-variant-matches', fwd: 'vary-miss' });
    expect(String(missed)).toContain('varies by accept-language: fr');
  });

  it('of a miss: what is stored for the same URL, and in what it differs', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap({ allowableMethods: ['GET', 'HEAD', 'POST'] });
    await http.get('/a', { headers: { Authorization: 'Bearer of-a-user' } });
    await http.head('/a');
    await http.post('/a', { x: 1 });
    await http.get('/a', { cache: { key: 'mine' } });
    const explanation = await http.cache.explain({ url: '/a' });
    expect(explanation).toMatchObject({
      action: 'forward',
      rule: 'nothing-stored',
      fwd: 'uri-miss',
      stored: [],
    });
    const differing = explanation.othersOfUrl.map(({ method, differsIn }) => [method, differsIn]);
    expect(differing).toHaveLength(4);
    expect(differing).toEqual(
      expect.arrayContaining([
        ['GET', ['credentials']],
        ['HEAD', ['method']],
        ['POST', ['method', 'body']],
        ['GET', ['custom key']],
      ]),
    );
    expect(String(explanation)).toContain(
      'also stored for this URL, and not found by this request: HEAD, 200; differs in method',
    );
    expect(JSON.stringify(explanation) + String(explanation)).not.toContain('of-a-user');
  });

  it('of a request that passes by the cache', async () => {
    const http = bench().wrap();
    expect(await http.cache.explain({ url: '/a', cache: false })).toMatchObject({
      action: 'bypass',
      rule: 'disabled',
      key: undefined,
    });
    const put = await http.cache.explain({ url: '/a', method: 'put' });
    expect(put).toMatchObject({ action: 'bypass', rule: 'method', fwd: 'method' });
    expect(String(put)).toBe('passes by the cache: method PUT is not in allowableMethods (method)');
    expect(
      await http.cache.explain({ url: '/a', method: 'put', cache: { onlyIfCached: true } }),
    ).toMatchObject({ action: 'gateway-timeout', rule: 'method' });
    await http.cache.close();
    expect(await http.cache.explain({ url: '/a' })).toMatchObject({ action: 'bypass', rule: 'closed' });
  });

  it('of storage that fails', async () => {
    const backend: Backend = faultyBackend(bench().backend, (method) =>
      method === 'get' || method === 'scan' ? Promise.reject(new Error('down')) : undefined,
    );
    const http = bench().wrap({ backend });
    const explanation = await http.cache.explain({ url: '/a' });
    expect(explanation).toMatchObject({ action: 'forward', rule: 'storage-failed', storageFailed: true });
    expect(String(explanation)).toContain(`storage: ${name} could not be read`);
  });

  it('of storage that fails, where the origin is not to be asked: the rule of the 504', async () => {
    const backend: Backend = faultyBackend(bench().backend, (method) =>
      method === 'get' ? Promise.reject(new Error('down')) : undefined,
    );
    const http = bench().wrap({ backend });
    const config = { url: '/a', cache: { onlyIfCached: true }, validateStatus: null };
    const { action, rule, reason, storageFailed } = await http.cache.explain(config);
    const { cache } = await http.request(config);
    expect({ action, rule, reason, storageFailed }).toEqual({
      action: 'gateway-timeout',
      rule: cache.rule,
      reason: cache.reason,
      storageFailed: true,
    });
  });

  it('leaves what a redirect has left behind, even where that is of no use any more', async () => {
    bench().answer(({ url }) =>
      url === '/old' ? { status: 302, headers: { location: '/new' } } : { body: 'abc' },
    );
    const http = bench().wrap();
    const { cache } = await http.get('/old');
    expect(await http.cache.explain({ url: '/new' })).toMatchObject({ action: 'reuse' });
    await bench().backend.delete(cache.key ?? '');
    const explanation = await http.cache.explain({ url: '/new' });
    expect(explanation).toMatchObject({ action: 'forward', rule: 'nothing-stored' });
    expect(await bench().backend.get(explanation.key?.key ?? '')).toHaveLength(1);
  });

  it('of a POST whose answer may be kept', async () => {
    const http = bench().wrap({ cacheControl: true });
    const request = { url: '/a', method: 'post', data: { a: 1 } };
    const explained = { action: 'bypass', rule: 'method' };
    expect(await http.cache.explain(request)).toMatchObject({ ...explained, mayWrite: true });
    const adapter = (): Promise<never> => Promise.reject(new Error('is not called'));
    expect(await http.cache.explain({ ...request, adapter })).toMatchObject({
      ...explained,
      mayWrite: false,
    });
  });

  it.each([[undefined], ['/a'], [[]], [{ url: '/a', cache: { refesh: true } }]])(
    'refuses %j',
    async (config) => {
      await expect(
        bench()
          .wrap()
          .cache.explain(config as never),
      ).rejects.toMatchObject({
        code: 'ERR_CACHE_INVALID_OPTION',
      });
    },
  );
});
