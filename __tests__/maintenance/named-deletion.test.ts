import { type CachedAxiosInstance, type DeleteConditions, type RequestConfig } from '../../lib/index.js';
import { describeChains, page } from '../cache/redirect-chain.js';
import { collect, describeOnBackends } from './fixture.js';

async function storedPaths(http: CachedAxiosInstance): Promise<string[]> {
  const found = await collect(http.cache.values());
  return found.map(({ url }) => url.replace(/^https?:\/\/[^/]*/, '')).sort();
}

describeOnBackends('deletion by tags, patterns and tests', (fixture) => {
  let http: CachedAxiosInstance;

  beforeEach(async () => {
    http = fixture().cached();
    await http.get('/users/7', { cache: { tags: ['user:7', 'users'] } });
    await http.get('/users/8?page=1', { cache: { tags: ['user:8', 'users'], expireAfter: 60 } });
    await http.get('/books/7', { headers: { Authorization: 'Bearer x' }, cache: { tags: ['user:7'] } });
    await http.get('/plain');
  });

  it('deleteTag takes one or several, and says how many went', async () => {
    expect(await http.cache.deleteTag('user:7')).toBe(2);
    expect(await storedPaths(http)).toEqual(['/plain', '/users/8?page=1']);
    expect(await http.cache.deleteTag(['user:7', 'users', 'unknown'])).toBe(1);
    expect(await storedPaths(http)).toEqual(['/plain']);
    expect(await http.cache.deleteTag([])).toBe(0);
  });

  it.each<[what: string, conditions: DeleteConditions<RequestConfig>, rest: string[]]>([
    ['a tag', { tags: 'users' }, ['/books/7', '/plain']],
    ['several tags', { tags: ['user:8', 'user:7'] }, ['/plain']],
    ['a glob from the baseURL on', { urls: ['/users/*'] }, ['/books/7', '/plain']],
    ['a glob for any host', { urls: ['*/books/*'] }, ['/plain', '/users/7', '/users/8?page=1']],
    ['a glob with a question mark', { urls: ['/users/*?page=1'] }, ['/books/7', '/plain', '/users/7']],
    ['a RegExp, whatever its flags', { urls: [/\/\d$/g] }, ['/plain', '/users/8?page=1']],
    ['a URL as it is', { urls: ['/users/8?page=1'] }, ['/books/7', '/plain', '/users/7']],
    [
      'a URL that only begins like others',
      { urls: ['/users/'] },
      ['/books/7', '/plain', '/users/7', '/users/8?page=1'],
    ],
    ['any of the conditions', { tags: 'user:8', urls: [/plain/, '/books/7'] }, ['/users/7']],
    ['a test', { predicate: ({ tags }) => tags.length === 1 }, ['/plain', '/users/7', '/users/8?page=1']],
    ['a test that takes its time', { predicate: ({ status }) => Promise.resolve(status === 200) }, []],
  ])('delete by %s', async (_what, conditions, rest) => {
    expect(await http.cache.delete(conditions)).toBe(4 - rest.length);
    expect(await storedPaths(http)).toEqual(rest);
  });

  it('a test may look at the body; what it throws ends the deletion, and is thrown', async () => {
    expect(
      await http.cache.delete({ predicate: async (response) => ((await response.text()) ?? '').length > 0 }),
    ).toBe(4);
    await http.get('/plain');
    const boom = new Error('boom');
    const predicate = (): never => {
      throw boom;
    };
    await expect(http.cache.delete({ predicate })).rejects.toBe(boom);
    expect(await http.cache.count()).toBe(1);
  });

  it('filter, values, keys and urls take tags and URLs, joined by and', async () => {
    const { cache } = http;
    const paths = async (filter: Parameters<typeof cache.urls>[0]): Promise<string[]> =>
      (await collect(cache.urls(filter))).map((url) => new URL(url).pathname).sort();
    expect(await paths({ tags: 'users' })).toEqual(['/users/7', '/users/8']);
    expect(await paths({ tags: ['user:8', 'user:7'] })).toEqual(['/books/7', '/users/7', '/users/8']);
    expect(await paths({ tags: 'user:7', urls: ['*/books/*'] })).toEqual(['/books/7']);
    expect(await paths({ tags: 'user:7', urls: ['/users/7', /plain/] })).toEqual(['/users/7']);
    expect(await paths({ urls: ['/plain'] })).toEqual(['/plain']);
    expect(await paths({ tags: [] })).toEqual([]);
    fixture().clock.advanceSeconds(60);
    expect(await paths({ tags: 'users', expired: false })).toEqual(['/users/7']);
    await fixture().damage(await cache.createKey({ url: '/plain' }));
    expect(await collect(cache.filter({ tags: 'user:8', invalid: true }))).toMatchObject([
      { tags: ['user:8', 'users'] },
    ]);
    expect(await collect(cache.keys({ tags: 'user:8' }))).toHaveLength(1);
  });

  it('tags are told apart whatever is in them', async () => {
    const awkward = ['*', 'user:7 ', 'USER:7', '\0', '|', '\ud800', '😀'.repeat(128), "'; DROP TABLE tags"];
    for (const [index, tag] of awkward.entries())
      await http.get(`/awkward/${index}`, { cache: { tags: [tag] } });
    for (const tag of awkward) expect(await http.cache.deleteTag(tag)).toBe(1);
    expect(await http.cache.count()).toBe(4);
  });

  it.each<[conditions: unknown]>([
    [{ tags: 7 }],
    [{ tags: '' }],
    [{ tags: ['a', ''] }],
    [{ urls: '/a' }],
    [{ urls: [7] }],
    [{ predicate: true }],
    [{ tag: 'a' }],
  ])('delete(%j) is refused, and nothing is deleted', async (conditions) => {
    const bad = { keys: [await http.cache.createKey({ url: '/plain' })], ...(conditions as object) };
    await expect(http.cache.delete(bad)).rejects.toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION' });
    expect(await http.cache.count()).toBe(4);
  });

  it('deleteTag and filters refuse what is no tag', async () => {
    for (const bad of [undefined, '', [7]] as never[]) {
      await expect(http.cache.deleteTag(bad)).rejects.toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION' });
    }
    await expect(collect(http.cache.values({ tags: [''] }))).rejects.toMatchObject({
      option: 'filter.tags[0]',
    });
  });
});

describeChains('deleting by name what redirects led to', (chain) => {
  /** /a → /b → the other origin's /c, and /alone. */
  const stored = async (): Promise<CachedAxiosInstance> => {
    const { other } = chain();
    chain().route({ '/a': '/b', '/b': `${other.url}/c`, '/alone': page('alone') });
    chain().route({ '/c': page('here') }, other);
    const http = chain().wrap();
    await http.get('/a', { cache: { tags: ['x'] } });
    await http.get('/alone');
    expect((await http.get(`${other.url}/c`)).cache.hit).toBe(true);
    return http;
  };

  it.each<[what: string, conditions: () => DeleteConditions<RequestConfig>]>([
    ['a tag', () => ({ tags: 'x' })],
    ['a pattern of the first URL', () => ({ urls: ['/a*'] })],
    ['a pattern of a later URL', () => ({ urls: ['/b*'] })],
    ['a pattern of the last URL', () => ({ urls: [new RegExp(`^${chain().other.url}/c$`)] })],
    ['a test', () => ({ predicate: ({ history }) => history.length > 0 })],
  ])('%s: its pointers go, too', async (_what, conditions) => {
    const http = await stored();
    // '/a*' names '/alone', too.
    const isBoth = JSON.stringify(conditions()).includes('/a*');
    expect(await http.cache.delete(conditions())).toBe(isBoth ? 2 : 1);
    expect(await chain().backend.count()).toBe(isBoth ? 0 : 1);
    expect((await http.get(`${chain().other.url}/c`)).cache.hit).toBe(false);
  });

  it('filters find it by each of its URLs', async () => {
    const http = await stored();
    for (const url of ['/a', '/b', `${chain().other.url}/c`, '/b*']) {
      expect(await collect(http.cache.values({ urls: [url] }))).toMatchObject([{ tags: ['x'] }]);
    }
  });
});
