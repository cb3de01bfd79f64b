import axios from 'axios';
import {
  type Backend,
  type CacheOptions,
  initBackend,
  isHttpCacheError,
  type StoredRecord,
  withCache,
} from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

// Defects that were measured in requests-cache, each by the number under which it is known in this project.

const DAY_SECONDS = 86_400;
const CHANGING = { etag: '"v"' };

/** The one record that is stored, with its body. */
async function theRecord(backend: Backend): Promise<StoredRecord> {
  for await (const meta of backend.scan()) {
    const body = await backend.body(meta);
    if (body !== undefined) return { ...meta, body };
  }
  throw new Error('Nothing is stored.');
}

describe.each(BACKENDS_UNDER_TEST)('D15: storage forgets too early or never (%s)', (name) => {
  const bench = useBench(name);

  it('what never expires is kept for ever', async () => {
    const http = bench().wrap();
    await http.get('/a');
    bench().pass(36_500 * DAY_SECONDS);
    expect(await http.cache.removeExpired()).toBe(0);
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it.each<[string, CacheOptions]>([
    ['staleIfError', { staleIfError: '7d' }],
    ['staleWhileRevalidate', { staleWhileRevalidate: '7d' }],
  ])('it is kept for as long as %s may need it, and then removed', async (_option, options) => {
    const http = bench().wrap({ expireAfter: 1, ...options });
    await http.get('/a');
    bench().pass(7 * DAY_SECONDS);
    expect(await http.cache.removeExpired()).toBe(0);
    const stale = await http.get('/a', { cache: { onlyIfCached: true } });
    expect([stale.data, stale.cache.stale]).toEqual(['hello', true]);
    bench().pass(1);
    expect(await http.cache.removeExpired()).toBe(1);
    expect(await http.cache.count()).toBe(0);
  });

  it.each<[string, Record<string, string>]>([
    ['a past Expires', { expires: 'Wed, 01 Jan 2020 00:00:00 GMT' }],
    ['a great Age', { 'cache-control': 'max-age=10', age: `${100 * DAY_SECONDS}` }],
  ])('what is expired on arrival is kept for validation, and removed at last: %s', async (_why, fields) => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"v"'
        ? { status: 304 }
        : { headers: { ...CHANGING, ...fields }, body: 'old' },
    );
    const http = bench().wrap({ cacheControl: true });
    await http.get('/a');
    expect(await http.cache.removeExpired()).toBe(0);
    expect((await http.get('/a')).cache.revalidated).toBe(true);
    bench().pass(366 * DAY_SECONDS);
    expect(await http.cache.removeExpired()).toBe(1);
  });

  it('what is removed by itself now and then is what is of no use any more', async () => {
    const http = bench().wrap({ expireAfter: 1 });
    await http.get('/useless');
    await http.get('/of-use', { cache: { staleIfError: '7d' } });
    bench().pass(2);
    for (let count = 0; count < 64; count += 1) await http.get(`/${count}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await http.cache.contains({ url: '/useless' }, { expired: true })).toBe(false);
    expect(await http.cache.contains({ url: '/of-use' }, { expired: true })).toBe(true);
  });
});

describe.each(BACKENDS_UNDER_TEST)('D17: a hit hands out what storage holds (%s)', (name) => {
  const bench = useBench(name);

  it('whatever is done to an answer, the next is as the origin sent it', async () => {
    bench().answer(() => ({
      headers: { 'content-type': 'application/json', 'x-list': 'a' },
      body: '{"n":[1]}',
    }));
    const http = bench().wrap();
    for (const fromCache of [false, true, true]) {
      const bytes = await http.get<Buffer>('/bytes', { responseType: 'arraybuffer' });
      expect([bytes.data.toString(), bytes.cache.fromCache]).toEqual(['{"n":[1]}', fromCache]);
      bytes.data.fill(0);
      const parsed = await http.get<{ n: number[] }>('/json');
      expect([parsed.data, parsed.headers['x-list']]).toEqual([{ n: [1] }, 'a']);
      parsed.data.n.push(2);
      parsed.headers['x-list'] = 'b';
      parsed.cache.createdAt?.setTime(0);
    }
  });

  it('whatever is done to what maintenance shows', async () => {
    bench().answer(() => ({ headers: { 'x-list': 'a' }, body: 'hello' }));
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    const shown = await http.cache.get({ url: '/a' });
    (await shown?.body())?.fill(0);
    shown?.expiresAt?.setTime(0);
    try {
      (shown?.headers as Record<string, string>)['x-list'] = 'b';
    } catch {
      // Refusing it is as good.
    }
    const { data, headers, cache } = await http.get('/a');
    expect([data, headers['x-list'], cache.ttl]).toEqual(['hello', 'a', 60]);
  });
});

describe.each(BACKENDS_UNDER_TEST)(
  'D18: storage that fails breaks the request, or is passed over in silence (%s)',
  (name) => {
    const bench = useBench(name);

    it.each<[keyof Backend, 'at once' | 'by a promise']>([
      ['get', 'at once'],
      ['get', 'by a promise'],
      ['put', 'at once'],
      ['put', 'by a promise'],
      ['replaceHead', 'at once'],
      ['replaceHead', 'by a promise'],
      ['delete', 'at once'],
      ['delete', 'by a promise'],
      ['deleteResource', 'at once'],
      ['deleteResource', 'by a promise'],
    ])('%s fails %s: the answer is right, and an event tells why', async (method, how) => {
      const failure = new Error('disk I/O error');
      const backend = faultyBackend(bench().newBackend(), (called) => {
        if (called !== method) return undefined;
        if (how === 'at once') throw failure;
        return Promise.reject(failure);
      });
      bench().answer(({ headers, method: asked }, count) => {
        if (asked === 'POST') return { body: 'posted' };
        if (count > 2) return { status: 404, body: 'gone' };
        return {
          status: headers['if-none-match'] === undefined ? 200 : 304,
          headers: CHANGING,
          body: 'hello',
        };
      });
      const http = bench().wrap({ backend, expireAfter: 1 }, { validateStatus: null });
      expect((await http.get('/a')).data).toBe('hello');
      bench().pass(2);
      expect((await http.get('/a')).data).toBe('hello');
      bench().pass(2);
      expect((await http.get('/a')).data).toBe('gone');
      expect((await http.post('/a')).data).toBe('posted');
      await backend.close();
      const told = bench().events.filter(({ type }) => type === 'backendError');
      expect(told.length).toBeGreaterThan(0);
      for (const event of told) expect(event).toMatchObject({ operation: method, error: { cause: failure } });
    });

    it('maintenance fails once with a typed error, and works when storage does', async () => {
      let isBroken = true;
      const backend = faultyBackend(bench().backend, () => {
        if (isBroken) throw new Error('database is locked');
      });
      const http = bench().wrap({ backend });
      const error: unknown = await http.cache.removeExpired().catch((reason: unknown) => reason);
      expect([isHttpCacheError(error), (error as { code?: unknown }).code]).toEqual([
        true,
        'ERR_CACHE_BACKEND',
      ]);
      isBroken = false;
      expect(await http.cache.removeExpired()).toBe(0);
    });
  },
);

describe.each(BACKENDS_UNDER_TEST)(
  'D31: a record that cannot be trusted is an exception, or answers under another key (%s)',
  (name) => {
    const bench = useBench(name);

    it.each<[string, string, (record: StoredRecord, key: string) => StoredRecord]>([
      ['copied under another key', 'misplaced', (record, key) => ({ ...record, key })],
      ['with another body', 'damaged', (record, key) => ({ ...record, key, body: Buffer.from('xxxxx') })],
      [
        'with a head that is none',
        'foreign',
        (record, key) => ({ ...record, key, head: Buffer.from('{"status":200}') }),
      ],
      ['with an empty head', 'damaged', (record, key) => ({ ...record, key, head: Buffer.alloc(0) })],
    ])('a record %s reads as absent, and is reported', async (how, problem, change) => {
      bench().answer(({ url }) => ({ body: `this is ${url}` }));
      const http = bench().wrap();
      await http.get('/a');
      const url = how === 'copied under another key' ? '/b' : '/a';
      await bench().backend.put(
        change(await theRecord(bench().backend), await http.cache.createKey({ url })),
      );
      const { data, cache } = await http.get(url);
      expect([data, cache.fromCache]).toEqual([`this is ${url}`, false]);
      const rejected = bench().events.filter(({ type }) => type === 'recordRejected');
      expect(rejected).toMatchObject([{ problem, key: cache.key }]);
      expect((await http.get(url)).cache.fromCache).toBe(true);
    });
  },
);

describe.each(BACKENDS_UNDER_TEST)(
  'D33: an answer that is not stored leaves the older one in place (%s)',
  (name) => {
    const bench = useBench(name);
    const offline = { cache: { onlyIfCached: true, staleIfError: true } };

    it.each<[string, number, Record<string, string>]>([
      ['404', 404, {}],
      ['410', 410, {}],
      ['no-store', 200, { 'cache-control': 'no-store' }],
      ['Vary: *', 200, { vary: '*' }],
      ['a status that is not allowed', 203, {}],
    ])('after %s the older one is gone', async (_what, status, headers) => {
      const http = bench().wrap({ cacheControl: true, expireAfter: 10 }, { validateStatus: null });
      await http.get('/a');
      bench().pass(10);
      bench().answer(() => ({ status, headers, body: 'newer' }));
      expect((await http.get('/a')).data).toBe('newer');
      expect((await http.get('/a', offline)).status).toBe(504);
      expect(await http.cache.count()).toBe(0);
    });

    it('after one that filterFn refuses the older one is gone', async () => {
      const http = bench().wrap({ filterFn: ({ body }) => body.byteLength < 6 }, { validateStatus: null });
      await http.get('/a');
      bench().answer(() => ({ body: 'too long' }));
      await http.get('/a', { cache: { forceRefresh: true } });
      expect((await http.get('/a', offline)).status).toBe(504);
    });
  },
);

it('D33: an answer that is larger than the limits of memory leaves the older one in place', async () => {
  const backend = initBackend('small', 'memory', { maxEntryBytes: 4000 });
  let body = 'small';
  const instance = axios.create({
    adapter: async (config) =>
      ({ data: Buffer.from(body), status: 200, statusText: 'OK', headers: {}, config }) as never,
    validateStatus: null,
  });
  const http = withCache(instance, { backend });
  expect((await http.get('http://a.test/')).cache.stored).toBe(true);
  body = 'large'.repeat(1000);
  expect((await http.get('http://a.test/', { cache: { forceRefresh: true } })).cache.stored).toBe(false);
  expect((await http.get('http://a.test/', { cache: { onlyIfCached: true } })).status).toBe(504);
  await http.cache.close();
});
