import { type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance, type FilterableResponse, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

async function tagsAt(http: CachedAxiosInstance, url: string): Promise<readonly string[] | undefined> {
  return (await http.cache.get({ url }))?.tags;
}

const withTags = (...tags: string[]): AxiosRequestConfig => ({ cache: { tags } });

describe.each(BACKENDS_UNDER_TEST)('tags (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => bench().answer(({ url }, count) => ({ body: `${url} ${count}` })));

  it('are those of the session and of the request together, each once', async () => {
    const http = bench().wrap({ tags: ['all', 'b'] });
    await http.get('/plain');
    await http.get('/tagged', withTags('b', 'a'));
    expect(await tagsAt(http, '/plain')).toEqual(['all', 'b']);
    expect(await tagsAt(http, '/tagged')).toEqual(['a', 'all', 'b']);
    const none = bench().wrap();
    await none.get('/none');
    expect(await tagsAt(none, '/none')).toEqual([]);
  });

  it('can be given by a function of the response, also by a promise', async () => {
    const seen: FilterableResponse[] = [];
    const http = bench().wrap({
      tags: (response) => {
        seen.push(response);
        return Promise.resolve([`status:${response.status}`]);
      },
    });
    await http.get('/a', { cache: { tags: ({ body }) => [Buffer.from(body).toString()] } });
    expect(await tagsAt(http, '/a')).toEqual(['/a 1', 'status:200']);
    expect(seen).toMatchObject([{ method: 'GET', url: `${bench().origin.url}/a`, fromCache: false }]);
    await http.get('/b', { cache: { tags: () => undefined } });
    expect(await tagsAt(http, '/b')).toEqual(['status:200']);
  });

  it.each<[what: string, tags: () => never]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['gives a text', () => 'user:7' as never],
    ['gives an empty tag', () => [''] as never],
    ['rejects', () => Promise.reject(new Error('boom')) as never],
  ])('where the function %s, the response is not stored, and that is told', async (_what, tags) => {
    const http = bench().wrap();
    await http.get('/a', withTags('before'));
    const { data, cache } = await http.get<string>('/a', { cache: { tags, forceRefresh: true } });
    expect(data).toBe('/a 2');
    expect(cache.stored).toBe(false);
    expect(bench().events.filter(({ type }) => type === 'callbackError')).toMatchObject([
      { callback: 'tags' },
    ]);
    // What was stored before is still there, with the tags that it had.
    expect((await http.get<string>('/a')).data).toBe('/a 1');
    expect(await http.cache.deleteTag('before')).toBe(1);
  });

  it('an answer from storage adds none; one that is fetched anew has its own only', async () => {
    const http = bench().wrap();
    await http.get('/a', withTags('first'));
    expect((await http.get('/a', withTags('second'))).cache.fromCache).toBe(true);
    expect(await tagsAt(http, '/a')).toEqual(['first']);
    await http.get('/a', { cache: { tags: ['third'], forceRefresh: true } });
    expect(await tagsAt(http, '/a')).toEqual(['third']);
    expect(await http.cache.deleteTag(['first', 'second'])).toBe(0);
    expect(await http.cache.deleteTag('third')).toBe(1);
  });

  it('a confirmation keeps them and adds those of the request, which storage finds, too', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: 'a' },
    );
    const http = bench().wrap();
    await http.get('/a', withTags('first'));
    const seen: boolean[] = [];
    const tags = ({ fromCache }: FilterableResponse): string[] => {
      seen.push(fromCache);
      return ['second'];
    };
    expect((await http.get('/a', { cache: { refresh: true, tags } })).cache.revalidated).toBe(true);
    expect(seen).toEqual([true]);
    await http.get('/a', { cache: { refresh: true } });
    expect(await tagsAt(http, '/a')).toEqual(['first', 'second']);
    expect(await http.cache.deleteTag('second')).toBe(1);
    expect(await http.cache.count()).toBe(0);
  });

  it('a confirmation whose function throws leaves what is stored as it is', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: 'a' },
    );
    const http = bench().wrap();
    await http.get('/a', withTags('first'));
    const tags = (): never => {
      throw new Error('boom');
    };
    const { data, cache } = await http.get<string>('/a', { cache: { refresh: true, tags } });
    expect([data, cache.revalidated, cache.stored]).toEqual(['a', true, false]);
    expect(await tagsAt(http, '/a')).toEqual(['first']);
  });

  it('a response that would get more than 256 begins anew', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: 'a' },
    );
    const http = bench().wrap();
    const some = (from: number): string[] => Array.from({ length: 64 }, (_, index) => `t${from + index}`);
    for (const from of [0, 64, 128, 192])
      await http.get('/a', { cache: { refresh: true, tags: some(from) } });
    expect(await tagsAt(http, '/a')).toHaveLength(256);
    expect((await http.get('/a', { cache: { refresh: true, tags: ['last'] } })).cache.stored).toBe(false);
    expect(await http.cache.count()).toBe(0);
    await http.get('/a', withTags('last'));
    expect(await tagsAt(http, '/a')).toEqual(['last']);
  });

  it('parts that are put together have the tags of both', async () => {
    const body = '0123456789';
    bench().answer(({ headers }) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(String(headers['range'] ?? ''));
      if (range === null) return { headers: { etag: '"1"' }, body };
      const [from, to] = [Number(range[1]), Number(range[2])];
      return {
        status: 206,
        headers: { etag: '"1"', 'content-range': `bytes ${from}-${to}/10` },
        body: body.slice(from, to + 1),
      };
    });
    const http = bench().wrap({ ...rfc9111, expireAfter: 60 });
    await http.get('/a', { headers: { Range: 'bytes=0-4' }, cache: { tags: ['head'] } });
    await http.get('/a', { headers: { Range: 'bytes=5-9' }, cache: { tags: ['tail'] } });
    const [stored] = await http.cache
      .values()
      .next()
      .then(({ value }) => [value]);
    expect(stored).toMatchObject({ status: 200, tags: ['head', 'tail'] });
  });

  it('are kept by what rewrites and copies', async () => {
    const http = bench().wrap();
    await http.get('/a?token=1', withTags('x'));
    await http.cache.resetExpiration(60);
    http.cache.settings = { ignoredParameters: ['token'] };
    expect(await http.cache.recreateKeys()).toBe(1);
    const copy = bench().wrap({ backend: 'memory', ignoredParameters: ['token'] });
    expect(await copy.cache.update(http.cache)).toBe(1);
    for (const { cache } of [http, copy]) {
      expect((await cache.get({ url: '/a?token=2' }))?.tags).toEqual(['x']);
      expect(await cache.deleteTag('x')).toBe(1);
    }
  });

  it('are those of the options where a response is saved by hand', async () => {
    const http = bench().wrap({ tags: ['all'] });
    const response = { data: 'x', status: 200, statusText: 'OK', headers: {} };
    await http.cache.saveResponse(
      { ...response, config: { url: '/a', cache: { tags: ['own'] } } },
      { tags: ['given'] },
    );
    expect(await tagsAt(http, '/a')).toEqual(['all', 'given', 'own']);
    expect(await http.cache.deleteTag('given')).toBe(1);
  });

  it.each<[tags: unknown]>([
    ['user:7'],
    [[7]],
    [['']],
    [['x'.repeat(257)]],
    [Array.from({ length: 65 }, (_, index) => `t${index}`)],

    [['a', , 'b']],
    [{ a: 1 }],
    [null],
  ])('%j is refused at once', async (tags) => {
    const bad = { tags } as never;
    expect(() => bench().wrap(bad)).toThrow(expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION' }));
    const http = bench().wrap();
    await expect(http.get('/a', { cache: bad })).rejects.toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION' });
    expect(bench().origin.count()).toBe(0);
  });
});
