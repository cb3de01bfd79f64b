import { DO_NOT_CACHE } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';

// Defects that were measured in requests-cache, each by the number under which it is known in this project.

/** Confirms what has the tag "v" by a bare 304; else answers in full, with the given header fields. */
function confirming(headers: Readonly<Record<string, string>>): Handler {
  return (request, count) =>
    request.headers['if-none-match'] === '"v"'
      ? { status: 304 }
      : { headers: { etag: '"v"', ...headers }, body: `answer ${count}` };
}

describe('defects of requests-cache in freshness', () => {
  const bench = useBench();
  const ago = (seconds: number): string => new Date(bench().clock.now() - seconds * 1000).toUTCString();

  describe('D6: a bare 304 makes of max-age=60 a response that never expires', () => {
    it('it is fresh for 60 seconds again, and no longer', async () => {
      bench().answer(confirming({ 'cache-control': 'max-age=60' }));
      const http = bench().wrap({ cacheControl: true });
      await http.get('/a');
      for (const origin of [2, 3, 4]) {
        bench().pass(60);
        const { cache } = await http.get('/a');
        expect(cache).toMatchObject({ revalidated: true, ttl: 60, age: 0 });
        bench().pass(59);
        expect((await http.get('/a')).cache.hit).toBe(true);
        expect(bench().origin.count()).toBe(origin);
      }
    });
  });

  describe('D7: must-revalidate is asked about even while it is fresh', () => {
    const mustRevalidate = { 'cache-control': 'max-age=60, must-revalidate' };

    it('fresh, it is used without asking; stale, it is validated', async () => {
      bench().answer(confirming(mustRevalidate));
      const http = bench().wrap({ cacheControl: true });
      await http.get('/a');
      bench().pass(59);
      expect((await http.get('/a')).cache.hit).toBe(true);
      expect(bench().origin.count()).toBe(1);
      bench().pass(1);
      expect((await http.get('/a')).cache).toMatchObject({ fromCache: true, revalidated: true });
    });

    it('without a validator it is not downloaded again before it is stale', async () => {
      bench().answer((_request, count) => ({ headers: mustRevalidate, body: `answer ${count}` }));
      const http = bench().wrap({ cacheControl: true });
      await http.get('/a');
      bench().pass(59);
      expect((await http.get('/a')).data).toBe('answer 1');
      bench().pass(1);
      expect((await http.get('/a')).data).toBe('answer 2');
    });
  });

  describe('D8: no-cache of a request downloads anew, its max-age is no limit to the age, Age and Date do not count', () => {
    it('no-cache of a request validates', async () => {
      bench().answer(confirming({}));
      const http = bench().wrap();
      await http.get('/a');
      const { data, cache } = await http.get('/a', { headers: { 'Cache-Control': 'no-cache' } });
      expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
      expect([data, cache.fromCache, cache.fwdStatus]).toEqual(['answer 1', true, 304]);
    });

    it.each([
      [10, true],
      [11, false],
    ])(
      'max-age=15 of a request, with Age: 5 of the response, after %d s: from storage is %p',
      async (seconds, hits) => {
        bench().answer(confirming({ 'cache-control': 'max-age=1000', age: '5' }));
        const http = bench().wrap({ cacheControl: true });
        await http.get('/a');
        bench().pass(seconds);
        const { cache } = await http.get('/a', { headers: { 'Cache-Control': 'max-age=15' } });
        expect(cache.hit).toBe(hits);
      },
    );

    it.each<[string, () => Record<string, string>]>([
      ['Age', () => ({ age: '50' })],
      ['Date', () => ({ date: ago(50) })],
      ['the greater of both', () => ({ age: '3', date: ago(50) })],
    ])('%s shortens what is left of max-age', async (_field, fields) => {
      bench().answer(() => ({ headers: { 'cache-control': 'max-age=60', ...fields() }, body: 'x' }));
      const http = bench().wrap({ cacheControl: true });
      expect((await http.get('/a')).cache).toMatchObject({ age: 50, ttl: 10 });
      bench().pass(9);
      expect((await http.get('/a')).cache.hit).toBe(true);
      bench().pass(1);
      expect((await http.get('/a')).cache).toMatchObject({ hit: false, fwd: 'stale' });
    });
  });

  describe('D9: an Expires that is no date is an exception for the caller', () => {
    const ILL = ['', ' ', 'nonsense', '0', '-1', '3600', '1e3', 'Thu, 99 Foo 2026 00:00:00 GMT'];

    it.each(ILL)('%j is stale, and can be validated', async (expires) => {
      bench().answer(confirming({ expires }));
      const http = bench().wrap({ cacheControl: true });
      expect((await http.get('/a')).cache).toMatchObject({ stored: true, ttl: 0 });
      expect((await http.get('/a')).cache).toMatchObject({ fromCache: true, revalidated: true });
    });

    it.each(ILL)('%j without a validator is not stored', async (expires) => {
      bench().answer((_request, count) => ({ headers: { expires }, body: `answer ${count}` }));
      const http = bench().wrap({ cacheControl: true });
      await http.get('/a');
      expect((await http.get('/a')).data).toBe('answer 2');
      expect(await http.cache.count()).toBe(0);
    });
  });

  describe('D10: directives that cannot be read mean never, or one second', () => {
    it.each([
      ['max-age=-1', 0],
      ['max-age', 0],
      ['max-age=', 0],
      ['max-age=soon', 0],
      ['max-age=1.5', 0],
      ['max-age="60"', 60],
      ['max-age="6', 0],
      ['Max-Age=60', 60],
      ['immutable', 30],
      ['immutable, max-age=60', 60],
      ['private="Set-Cookie, X-A", max-age=60', 60],
    ])('%s: a lifetime of %d seconds, where the session says 30', async (directives, seconds) => {
      bench().answer(confirming({ 'cache-control': directives }));
      const http = bench().wrap({ cacheControl: true, expireAfter: 30 });
      expect((await http.get('/a')).cache).toMatchObject({ stored: true, ttl: seconds });
      bench().pass(seconds);
      expect((await http.get('/a')).cache.hit).toBe(false);
    });

    it.each(['stale-if-error', 'stale-if-error=-1', 'stale-while-revalidate', 'stale-while-revalidate=x'])(
      '%s allows nothing',
      async (directive) => {
        bench().answer(confirming({ 'cache-control': `max-age=10, ${directive}` }));
        const http = bench().wrap({ cacheControl: true });
        await http.get('/a');
        bench().pass(10);
        bench().answer(() => ({ status: 503 }));
        await expect(http.get('/a')).rejects.toMatchObject({ status: 503 });
      },
    );

    it.each(['no-store="x"', 'no-store=0', 'No-Store', 'max-age=60, no-store='])(
      '%s restricts all the same',
      async (directives) => {
        bench().answer(confirming({ 'cache-control': directives }));
        const http = bench().wrap({ cacheControl: true });
        await http.get('/a');
        expect(await http.cache.count()).toBe(0);
      },
    );

    it.each(['no-cache', 'no-cache="Vary"', 'no-cache=', 'NO-CACHE=x'])(
      '%s is asked about every time',
      async (directive) => {
        bench().answer(confirming({ 'cache-control': `max-age=60, ${directive}` }));
        const http = bench().wrap({ cacheControl: true });
        await http.get('/a');
        expect((await http.get('/a')).cache).toMatchObject({ fromCache: true, revalidated: true });
      },
    );
  });

  describe('D20: outside of its window staleIfError makes of a response an exception', () => {
    it('the response is what it is without the option', async () => {
      bench().answer((_request, count) =>
        count === 1 ? { body: 'old' } : { status: 500, body: 'the reason' },
      );
      const http = bench().wrap({ expireAfter: 10, staleIfError: 60 }, { validateStatus: null });
      await http.get('/a');
      bench().pass(69);
      expect((await http.get('/a')).data).toBe('old');
      bench().pass(1);
      const { status, data, cache } = await http.get('/a');
      expect([status, data, cache.fromCache]).toEqual([500, 'the reason', false]);
    });
  });

  describe('D21: stale-if-error and stale-while-revalidate of a response have no effect', () => {
    it('stale-if-error lets it stand in for so many seconds', async () => {
      bench().answer(() => ({ headers: { 'cache-control': 'max-age=10, stale-if-error=60' }, body: 'old' }));
      const http = bench().wrap({ cacheControl: true });
      await http.get('/a');
      bench().answer(() => ({ status: 503 }));
      bench().pass(69);
      expect(await http.get('/a')).toMatchObject({ data: 'old', cache: { stale: true, fwdStatus: 503 } });
      bench().pass(1);
      await expect(http.get('/a')).rejects.toMatchObject({ status: 503 });
    });

    it('stale-while-revalidate answers at once for so many seconds, and refreshes meanwhile', async () => {
      bench().answer((_request, count) => ({
        headers: { 'cache-control': 'max-age=10, stale-while-revalidate=60' },
        body: `answer ${count}`,
      }));
      const http = bench().wrap({ cacheControl: true, autoclose: false });
      await http.get('/a');
      bench().pass(69);
      expect(await http.get('/a')).toMatchObject({ data: 'answer 1', cache: { stale: true, hit: true } });
      await http.cache.close();
      expect(bench().origin.count()).toBe(2);
      const later = bench().wrap({ cacheControl: true });
      expect(await later.get('/a')).toMatchObject({ data: 'answer 2', cache: { stale: false, hit: true } });
      bench().pass(70);
      expect((await later.get('/a')).data).toBe('answer 3');
    });
  });

  describe('D26: lifetimes below a second are 0, and a number as text has expired', () => {
    it.each<[number | string, number]>([
      [0.5, 0.5],
      ['0.5', 0.5],
      ['250ms', 0.25],
      ['60', 60],
    ])('%j lasts %d seconds', async (expireAfter, seconds) => {
      const http = bench().wrap({ expireAfter });
      await http.get('/a');
      bench().pass(seconds - 0.001);
      expect((await http.get('/a')).cache.hit).toBe(true);
      bench().pass(0.001);
      expect((await http.get('/a')).cache.hit).toBe(false);
    });

    it('windows below a second last as long as they say', async () => {
      const http = bench().wrap({ expireAfter: 0.5, staleIfError: 0.5 });
      await http.get('/a');
      bench().answer(() => ({ status: 500 }));
      bench().pass(0.999);
      expect((await http.get('/a')).cache).toMatchObject({ stale: true, fwdStatus: 500 });
      bench().pass(0.001);
      await expect(http.get('/a')).rejects.toMatchObject({ status: 500 });
    });
  });
});

describe.each(BACKENDS_UNDER_TEST)(
  'D25: DO_NOT_CACHE with cacheControl writes what is never read (%s)',
  (name) => {
    const bench = useBench(name);

    it.each([
      ['for the session', { expireAfter: DO_NOT_CACHE }],
      ['for the URL', { urlsExpireAfter: { '*/a': DO_NOT_CACHE } }],
    ] as const)('nothing is written: %s', async (_where, options) => {
      bench().answer((_request, count) => ({
        headers: { 'cache-control': 'public, max-age=60', etag: `"${count}"` },
        body: `answer ${count}`,
      }));
      const http = bench().wrap({ ...options, cacheControl: true });
      expect((await http.get('/a')).cache.stored).toBe(false);
      expect((await http.get('/a')).data).toBe('answer 2');
      expect(await http.cache.count()).toBe(0);
    });
  },
);
