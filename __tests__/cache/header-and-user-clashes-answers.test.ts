import { type CacheOptions, NEVER_EXPIRE, type RequestCacheOptions, rfc9111 } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';

// Clashes that show only in later answers, between users, on the way to the response, or in what a hit has in its headers.

const HOUR = 3600;
const MODES = [{ cacheControl: true }, { cacheControl: false }] as const;

describe('a later answer against the settings', () => {
  const bench = useBench();

  /** The first answer has an ETag and says nothing else; the later ones are as given. */
  const followedBy =
    (later: Readonly<Record<string, string>>, status = 304): Handler =>
    (request, count) => {
      if (count === 1) return { headers: { etag: '"v"' }, body: 'answer 1' };
      const isConfirmed = status === 304 && request.headers['if-none-match'] === '"v"';
      return isConfirmed ? { status, headers: later } : { headers: later, body: `answer ${count}` };
    };

  it.each<[string, boolean, RequestCacheOptions, number | undefined]>([
    ['max-age=60', true, {}, 60],
    ['max-age=60', false, {}, HOUR],
    ['max-age=60', true, { expireAfter: NEVER_EXPIRE }, 60],
    ['max-age=60', false, { expireAfter: NEVER_EXPIRE }, undefined],
    ['max-age=7200', true, { expireAfter: 10 }, 7200],
    ['max-age=7200', false, { expireAfter: 10 }, 10],
    ['private', true, {}, HOUR],
    ['max-age=soon', true, {}, 0],
  ])('a 304 with %s, cacheControl %p, request %j: fresh for %p s from then on', async (...row) => {
    const [directives, cacheControl, request, seconds] = row;
    bench().answer(followedBy({ 'cache-control': directives }));
    const http = bench().wrap({ cacheControl, expireAfter: HOUR });
    await http.get('/a');
    bench().pass(HOUR);
    const { data, cache } = await http.get('/a', { cache: request });
    expect([data, cache.revalidated, cache.ttl]).toEqual(['answer 1', true, seconds]);
    if (seconds !== 0) bench().pass((seconds ?? 1_000_000) - 0.001);
    expect((await http.get('/a')).cache.hit).toBe(seconds !== 0);
  });

  it.each<[string, Record<string, string>, number, CacheOptions, boolean]>([
    ['a 304 with no-store', { 'cache-control': 'no-store' }, 304, { cacheControl: true }, false],
    ['a 304 with no-store', { 'cache-control': 'no-store' }, 304, { cacheControl: false }, true],
    ['no-store', { 'cache-control': 'no-store' }, 200, { cacheControl: true }, false],
    ['no-store', { 'cache-control': 'no-store' }, 200, { cacheControl: false }, true],
    ['Vary: *', { vary: '*' }, 200, { cacheControl: true }, false],
    ['Vary: *', { vary: '*' }, 200, { cacheControl: false }, false],
  ])('%s (%j, %d, %j), where the user says never: then stored is %p', async (...row) => {
    const [, headers, status, session, isStored] = row;
    bench().answer(followedBy(headers, status));
    const http = bench().wrap({ ...session, expireAfter: NEVER_EXPIRE });
    await http.get('/a');
    await http.get('/a', { cache: status === 304 ? { refresh: true } : { forceRefresh: true } });
    expect(await http.cache.count({ expired: true })).toBe(isStored ? 1 : 0);
    expect((await http.get('/a')).cache.hit).toBe(isStored);
    expect(bench().origin.count()).toBe(isStored ? 2 : 3);
  });
});

describe('cacheControl itself', () => {
  const bench = useBench();

  it.each([true, false])('%p for one request is what counts for its response', async (cacheControl) => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=60' }, body: 'x' }));
    const http = bench().wrap({ expireAfter: HOUR, cacheControl: !cacheControl });
    const seconds = cacheControl ? 60 : HOUR;
    expect((await http.get('/a', { cache: { cacheControl } })).cache.ttl).toBe(seconds);
    bench().pass(seconds - 0.001);
    expect((await http.get('/a', { cache: { cacheControl } })).cache.hit).toBe(true);
    bench().pass(0.001);
    expect((await http.get('/a', { cache: { cacheControl } })).cache.hit).toBe(false);
  });

  it('that is changed later changes no lifetime of what is stored', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=60' }, body: 'x' }));
    const http = bench().wrap({ expireAfter: HOUR });
    await http.get('/a');
    http.cache.settings = { cacheControl: true, expireAfter: 10 };
    bench().pass(HOUR - 1);
    expect((await http.get('/a')).cache).toMatchObject({ hit: true, ttl: 1 });
    bench().pass(1);
    expect((await http.get('/a')).cache).toMatchObject({ hit: false, ttl: 60 });
  });

  it.each<[object, Record<string, string>, number]>([
    [{}, {}, 0],
    [{ expireAfter: HOUR }, {}, HOUR],
    [{ expireAfter: HOUR }, { 'cache-control': 'max-age=60' }, 60],
    [{ urlsExpireAfter: { '*': HOUR } }, {}, HOUR],
    [{ urlsExpireAfter: { '*': HOUR } }, { 'cache-control': 'max-age=60' }, 60],
  ])('rfc9111 with %j, where the response says %j: %d s', async (options, headers, seconds) => {
    bench().answer(() => ({ headers: { etag: '"v"', ...headers }, body: 'x' }));
    expect(
      (
        await bench()
          .wrap({ ...rfc9111, ...options })
          .get('/a')
      ).cache.ttl,
    ).toBe(seconds);
  });
});

describe.each(MODES)('what no setting or header changes: %j', (mode) => {
  const bench = useBench();

  it('public does not give the answer to one user to another', async () => {
    bench().answer(({ headers }) => ({
      headers: { 'cache-control': 'public, max-age=60' },
      body: `for ${headers.authorization ?? 'nobody'}`,
    }));
    const http = bench().wrap({ ...mode, expireAfter: NEVER_EXPIRE });
    for (const hit of [false, true]) {
      for (const user of ['A', 'B']) {
        const { data, cache } = await http.get('/a', { headers: { Authorization: user } });
        expect([data, cache.hit]).toEqual([`for ${user}`, hit]);
      }
      expect((await http.get('/a')).data).toBe('for nobody');
    }
  });

  it('private does not take back what ignoredParameters shares', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'private, max-age=60' }, body: 'for all' }));
    const http = bench().wrap({ ...mode, ignoredParameters: ['Authorization'], expireAfter: 60 });
    await http.get('/a', { headers: { Authorization: 'A' } });
    expect((await http.get('/a', { headers: { Authorization: 'B' } })).cache.hit).toBe(true);
  });

  it.each([
    [false, undefined],
    [true, ['id=1']],
  ])('Set-Cookie hinders no storing; with replayCookies %p a hit has %j', async (replayCookies, cookies) => {
    bench().answer(() => ({ headers: { 'set-cookie': 'id=1', 'cache-control': 'max-age=60' }, body: 'x' }));
    const http = bench().wrap({ ...mode, replayCookies, expireAfter: 60 });
    const first = await http.get('/a');
    expect([first.cache.stored, first.headers['set-cookie']]).toEqual([true, ['id=1']]);
    const { cache, headers } = await http.get('/a');
    expect([cache.hit, headers['set-cookie']]).toEqual([true, cookies]);
  });

  it('only-if-cached is a 504 where nothing is stored, whatever the user would store', async () => {
    const http = bench().wrap({ ...mode, expireAfter: NEVER_EXPIRE }, { validateStatus: null });
    const { status, statusText } = await http.get('/a', {
      headers: { 'Cache-Control': 'only-if-cached' },
      cache: { refresh: true, expireAfter: HOUR },
    });
    expect([status, statusText, bench().origin.count()]).toEqual([504, 'Not Cached', 0]);
  });
});

describe('no-cache with field names against the settings', () => {
  const bench = useBench();

  it.each([
    [true, undefined],
    [false, 'secret'],
  ])('cacheControl %p: a hit has of the field that is listed: %j', async (cacheControl, expected) => {
    const headers = { 'x-a': 'secret', 'x-b': 'known', 'cache-control': 'no-cache="X-A"' };
    bench().answer(() => ({ headers, body: 'x' }));
    const http = bench().wrap({ cacheControl, expireAfter: NEVER_EXPIRE });
    expect((await http.get('/a')).headers).toMatchObject({ 'x-a': 'secret', 'x-b': 'known' });
    const hit = await http.get('/a');
    expect([hit.cache.hit, hit.headers['x-a'], hit.headers['x-b']]).toEqual([true, expected, 'known']);
  });
});

describe('a redirect on the way against the settings', () => {
  const bench = useBench();

  it.each<[string, boolean, number | undefined, boolean]>([
    ['no-store', true, undefined, false],
    ['no-store', false, HOUR, true],
    ['max-age=60', true, 60, true],
    ['max-age=60', false, HOUR, true],
    ['max-age=7200', true, HOUR, true],
    ['private', true, HOUR, true],
  ])(
    '%s, cacheControl %p, where the user says 1 h: %p s',
    async (directives, cacheControl, seconds, isStored) => {
      bench().answer(({ url }) =>
        url === '/a'
          ? { status: 302, headers: { location: '/b', 'cache-control': directives } }
          : { body: 'the end' },
      );
      const http = bench().wrap({ cacheControl, expireAfter: HOUR });
      const { cache } = await http.get('/a');
      expect([cache.stored, cache.ttl]).toEqual([isStored, seconds]);
      expect((await http.get('/a')).cache.hit).toBe(isStored);
    },
  );
});
