import { type CachedAxiosInstance } from '../../lib/index.js';
import { collect, describeOnBackends, type Fixture } from './fixture.js';

const ALICE = { headers: { Authorization: 'Bearer alice' } };
const BOB = { headers: { Authorization: 'Bearer bob' } };

async function storedPaths(http: CachedAxiosInstance): Promise<string[]> {
  const found = await collect(http.cache.values());
  return found.map(({ method, url }) => `${method} ${new URL(url).pathname}`).sort();
}

describeOnBackends('delete', (fixture) => {
  let http: CachedAxiosInstance;

  /** `/old` is stale and 100 s old, `/fresh` 50 s, `/lasting` has just been stored. */
  beforeEach(async () => {
    http = fixture().cached();
    await http.get('/old', { cache: { expireAfter: 60 } });
    fixture().clock.advanceSeconds(50);
    await http.get('/fresh', { cache: { expireAfter: 600 } });
    fixture().clock.advanceSeconds(50);
    await http.get('/lasting');
  });

  it('deletes nothing without conditions', async () => {
    expect(await http.cache.delete({})).toBe(0);
    expect(
      await http.cache.delete({ keys: [], urls: [], requests: [], expired: false, invalid: false }),
    ).toBe(0);
    expect(await http.cache.count()).toBe(3);
  });

  it('deletes by keys, and ignores those that are not known', async () => {
    const keys = [
      await http.cache.createKey({ url: '/old' }),
      'unknown',
      await http.cache.createKey({ url: '/x' }),
    ];
    expect(await http.cache.delete({ keys })).toBe(1);
    expect(await storedPaths(http)).toEqual(['GET /fresh', 'GET /lasting']);
  });

  it('deletes by URLs, relative or absolute', async () => {
    expect(await http.cache.delete({ urls: ['/old', `${fixture().origin.url}/fresh`, '/unknown'] })).toBe(2);
    expect(await storedPaths(http)).toEqual(['GET /lasting']);
  });

  it('deletes by requests', async () => {
    await http.get('/lasting', ALICE);
    expect(
      await http.cache.delete({
        requests: [
          { url: '/lasting', ...ALICE },
          { url: '/old', method: 'head' },
        ],
      }),
    ).toBe(1);
    expect(await storedPaths(http)).toEqual(['GET /fresh', 'GET /lasting', 'GET /old']);
  });

  it('deletes expired ones, also those that stale windows would keep', async () => {
    await http.get('/kept', { cache: { expireAfter: 1, staleIfError: true } });
    fixture().clock.advanceSeconds(1);
    expect(await http.cache.delete({ expired: true })).toBe(2);
    expect(await storedPaths(http)).toEqual(['GET /fresh', 'GET /lasting']);
  });

  it.each<[what: string, olderThan: number | string, rest: string[]]>([
    ['seconds', 49, ['GET /lasting']],
    ['exactly the age of one, which stays', 50, ['GET /fresh', 'GET /lasting']],
    ['a duration', '2m', ['GET /fresh', 'GET /lasting', 'GET /old']],
  ])('deletes those older than %s', async (_what, olderThan, rest) => {
    expect(await http.cache.delete({ olderThan })).toBe(3 - rest.length);
    expect(await storedPaths(http)).toEqual(rest);
  });

  it('deletes those first stored before a Date', async () => {
    expect(await http.cache.delete({ olderThan: new Date(fixture().clock.now() - 50_000) })).toBe(1);
    expect(await storedPaths(http)).toEqual(['GET /fresh', 'GET /lasting']);
  });

  it('deletes invalid ones and nothing else', async () => {
    await fixture().damage(await http.cache.createKey({ url: '/fresh' }));
    expect(await http.cache.delete({ invalid: true })).toBe(1);
    expect(await storedPaths(http)).toEqual(['GET /lasting', 'GET /old']);
    expect(await http.cache.count()).toBe(2);
  });

  it('joins conditions by "or" and counts each response once', async () => {
    const keys = [await http.cache.createKey({ url: '/old' })];
    expect(await http.cache.delete({ keys, urls: ['/old', '/lasting'], expired: true, olderThan: 90 })).toBe(
      2,
    );
    expect(await storedPaths(http)).toEqual(['GET /fresh']);
  });

  it('deletes nothing when one of several conditions is wrong', async () => {
    const config = { url: '/old', cache: { expireAfter: 'soon' } };
    await expect(http.cache.delete({ urls: ['/fresh'], requests: [config] })).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: 'cache.expireAfter',
    });
    expect(await http.cache.count()).toBe(3);
  });

  it('deletes for one user only under a key of the user’s own making', async () => {
    const cache = { key: 'mine' };
    await http.get('/lasting', { ...ALICE, cache });
    await http.get('/lasting', { ...BOB, cache });
    expect(await http.cache.delete({ requests: [{ url: '/lasting', ...BOB, cache }] })).toBe(1);
    expect(await http.cache.contains({ url: '/lasting', ...ALICE, cache })).toBe(true);
    expect(await http.cache.contains({ url: '/lasting', ...BOB, cache })).toBe(false);
  });
});

describeOnBackends('deleteUrl', (fixture) => {
  let http: CachedAxiosInstance;

  /** For `/a`: GET in two languages, GET of Alice in one, HEAD and POST; and `/a?page=2`, `/b`. */
  beforeEach(async () => {
    fixture().origin.handle(() => ({ headers: { Vary: 'Accept-Language' }, body: 'x' }));
    http = fixture().cached({ allowableMethods: ['GET', 'HEAD', 'POST'] });
    await http.get('/a', { headers: { 'Accept-Language': 'fr' } });
    await http.get('/a', { headers: { 'Accept-Language': 'de' } });
    await http.get('/a', { headers: { ...ALICE.headers, 'Accept-Language': 'fr' } });
    await http.head('/a');
    await http.post('/a', { question: 1 }, { cache: {} });
    await http.get('/a', { params: { page: 2 } });
    await http.get('/b');
  });

  it('deletes all methods, users and variants of a URL, and no other URL', async () => {
    const before = await http.cache.count();
    const left = ['GET /a', 'GET /b'];
    expect(await http.cache.deleteUrl('/a')).toBe(before - left.length);
    expect(await storedPaths(http)).toEqual(left);
    expect(await http.cache.contains({ url: '/a', params: { page: 2 } })).toBe(true);
  });

  it('completes parameters as requests do', async () => {
    expect(await http.cache.deleteUrl('/a', { params: { page: 2 } })).toBe(1);
    expect(await http.cache.deleteUrl('/a', { params: { page: 2 } })).toBe(0);
  });

  it.each([
    ['headers', { headers: {} }, 2],
    ['headers with credentials', ALICE, 1],
    ['a method', { method: 'get' }, 2],
    ['another method', { method: 'head' }, 1],
    ['basic credentials that nobody had', { auth: { username: 'u', password: 'p' } }, 0],
    ['a method and a body that nobody had', { method: 'post', data: { question: 2 } }, 0],
  ])(
    'with %s deletes only what such a request would find, in all variants',
    async (_what, config, expected) => {
      const before = await http.cache.count();
      expect(await http.cache.deleteUrl('/a', config)).toBe(expected);
      expect(await http.cache.count()).toBe(before - expected);
    },
  );

  it('with a method and a body deletes that request’s response', async () => {
    await http.post('/c', { question: 1 });
    await http.post('/d', { question: 1 });
    expect(await http.cache.deleteUrl('/c', { method: 'post', data: { question: 1 } })).toBe(1);
    expect(await storedPaths(http)).not.toContain('POST /c');
    expect(await storedPaths(http)).toContain('POST /d');
  });

  it('D24: leaves no variant behind, so that the next request of each is a miss', async () => {
    await http.cache.deleteUrl('/a', { method: 'get' });
    for (const language of ['fr', 'de']) {
      const { cache } = await http.get('/a', { headers: { 'Accept-Language': language } });
      expect(cache.fromCache).toBe(false);
    }
  });

  it('deleteUrls does the same for several URLs', async () => {
    const before = await http.cache.count();
    expect(await http.cache.deleteUrls(['/a', '/b', '/unknown'])).toBe(before - 1);
    expect(await storedPaths(http)).toEqual(['GET /a']);
  });
});

describeOnBackends('clear', (fixture) => {
  it('deletes everything, and the cache goes on', async () => {
    const http = fixture().cached();
    await http.get('/a');
    await http.get('/b');
    await http.cache.clear();
    expect(await http.cache.count()).toBe(0);
    expect((await http.get('/a')).cache.fromCache).toBe(false);
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });
});

describeOnBackends('removeExpired', (fixture) => {
  async function store(http: CachedAxiosInstance, { origin }: Fixture): Promise<void> {
    origin.handle(({ url }) =>
      url === '/validated' ? { headers: { ETag: '"1"' }, body: 'x' } : { body: 'x' },
    );
    await http.get('/plain');
    await http.get('/validated');
    await http.get('/on-error', { cache: { staleIfError: 600 } });
    await http.get('/meanwhile', { cache: { staleWhileRevalidate: 600 } });
    await http.get('/always', { cache: { staleIfError: true } });
    await http.get('/lasting', { cache: { expireAfter: -1 } });
  }

  it('deletes what is past every window, step by step, and keeps what is not', async () => {
    const http = fixture().cached({ expireAfter: 60 });
    await store(http, fixture());
    expect(await http.cache.removeExpired()).toBe(0);
    fixture().clock.advanceSeconds(60);
    expect(await http.cache.removeExpired()).toBe(1);
    expect(await storedPaths(http)).not.toContain('GET /plain');
    fixture().clock.advanceSeconds(600);
    expect(await http.cache.removeExpired()).toBe(2);
    expect(await storedPaths(http)).toEqual(['GET /always', 'GET /lasting', 'GET /validated']);
    fixture().clock.advanceSeconds(24 * 3600);
    expect(await http.cache.removeExpired()).toBe(1);
    expect(await storedPaths(http)).toEqual(['GET /always', 'GET /lasting']);
  });

  it('deletes more than one step takes', async () => {
    const http = fixture().cached();
    for (let index = 0; index < 1_200; index++) {
      const response = {
        data: 'x',
        status: 200,
        statusText: 'OK',
        headers: {},
        config: { url: `/${index}` },
      };
      await http.cache.saveResponse(response, { expireAfter: index % 2 === 0 ? 10 : 1000 });
    }
    fixture().clock.advanceSeconds(10);
    expect(await http.cache.removeExpired()).toBe(600);
    expect(await http.cache.count()).toBe(600);
    expect(await http.cache.removeExpired()).toBe(0);
  });
});
