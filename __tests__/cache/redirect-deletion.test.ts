import { rfc9111 } from '../../lib/index.js';
import { type Chain, describeChains, page, redirect } from './redirect-chain.js';

/** How many records of any kind there are. */
const records = async (chain: Chain): Promise<number> => chain.backend.count();

describeChains('deleting', (chain) => {
  /** /a → /b → the other origin's /c, and /alone. */
  const stored = async () => {
    const { origin, other } = chain();
    chain().route({ '/a': '/b', '/b': `${other.url}/c`, '/alone': page('alone') });
    chain().route({ '/c': page('here') }, other);
    const http = chain().wrap();
    const { key = '' } = (await http.get('/a')).cache;
    await http.get('/alone');
    const urls = { '/a': `${origin.url}/a`, '/b': `${origin.url}/b`, '/c': `${other.url}/c` };
    return { http, urls, key };
  };

  it.each(['/a', '/b', '/c'] as const)(
    '%s of a chain deletes what it led to, and nothing else',
    async (path) => {
      const { http, urls } = await stored();
      expect(await http.cache.deleteUrl(urls[path])).toBe(1);
      for (const url of Object.values(urls)) expect(await http.cache.hasUrl(url)).toBe(false);
      expect(await http.cache.hasUrl('/alone')).toBe(true);
      expect(await records(chain())).toBe(1);
      expect((await http.get(urls['/a'])).cache.hit).toBe(false);
    },
  );

  it.each(['/a', '/b', '/c'] as const)('the request for %s, or its key, does, too', async (path) => {
    const { http, urls } = await stored();
    expect(await http.cache.delete({ requests: [{ url: urls[path] }] })).toBe(1);
    expect(await records(chain())).toBe(1);
    await http.get('/a');
    const key = await http.cache.createKey({ url: urls[path] });
    expect(await http.cache.delete({ keys: [key] })).toBe(1);
    expect(await records(chain())).toBe(1);
  });

  it('several URLs of a chain counts the response once', async () => {
    const { http, urls } = await stored();
    expect(await http.cache.deleteUrls([...Object.values(urls), '/alone'])).toBe(2);
    expect(await records(chain())).toBe(0);
  });

  it.each([
    ['what is stale', { expired: true }],
    ['what is old', { olderThan: 60 }],
  ])('%s deletes the pointers with it', async (_what, conditions) => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap('axios', { expireAfter: 30 });
    await http.get('/a');
    expect(await http.cache.delete(conditions)).toBe(0);
    chain().bench.pass(100);
    expect(await http.cache.delete(conditions)).toBe(1);
    expect(await records(chain())).toBe(0);
  });

  it('the end of two chains deletes what both led to', async () => {
    chain().route({ '/a': '/c', '/b': '/c', '/c': page('here'), '/d': '/e', '/e': page('else') });
    const http = chain().wrap();
    for (const url of ['/a', '/b', '/d', '/c']) await http.get(url);
    // The alias of both is one record, and may have given way to a response of its own.
    await http.get('/c', { cache: { forceRefresh: true } });
    expect(await http.cache.deleteUrl('/c')).toBe(3);
    expect((await http.get('/a')).cache.hit).toBe(false);
    expect(await http.cache.hasUrl('/e')).toBe(true);
  });

  it('a URL that a chain does not lead to any more spares what it leads to now', async () => {
    let target = '/b';
    chain().route({ '/a': () => target, '/b': page('b'), '/c': page('c') });
    const http = chain().wrap();
    await http.get('/a');
    target = '/c';
    await http.get('/a', { cache: { forceRefresh: true } });
    expect(await http.cache.deleteUrl('/b')).toBe(0);
    expect((await http.get('/a')).cache.hit).toBe(true);
    expect(await http.cache.deleteUrl('/c')).toBe(1);
  });

  it('leaves nothing behind when a chain is stored anew time after time', async () => {
    let round = 0;
    chain().route({ '/a': () => redirect(`/b${(round += 1)}`), ...pages(5) });
    const http = chain().wrap();
    for (let time = 0; time < 5; time++) await http.get('/a', { cache: { forceRefresh: true } });
    expect(await records(chain())).toBe(3);
    expect(await http.cache.count()).toBe(1);
  });

  it('the later URL of a chain with a key of the user deletes what is stored under that', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap();
    await http.get('/a', { cache: { key: 'mine' } });
    expect(await http.cache.hasUrl('/b')).toBe(true);
    expect(await http.cache.deleteUrl('/b')).toBe(1);
    expect(await http.cache.contains('mine')).toBe(false);
  });
});

const pages = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`/b${index + 1}`, page('here')]));

describeChains('an unsafe request', (chain) => {
  it.each(['/a', '/b', '/c'])('to %s of a chain deletes what it led to', async (path) => {
    chain().route({ '/a': '/b', '/b': '/c', '/c': page('here') });
    const http = chain().wrap();
    await http.get('/a');
    await http.delete(path);
    expect(await records(chain())).toBe(0);
    expect((await http.get('/a')).cache.hit).toBe(false);
  });

  it('deletes what redirects led to by way of the URL that its own redirect names', async () => {
    chain().route({
      '/a': '/list',
      '/list': page('here'),
      '/items': redirect('/list', 303),
    });
    const http = chain().wrap('axios', rfc9111);
    await http.get('/a');
    await http.post('/items', { n: 1 });
    expect((await http.get('/a')).cache.hit).toBe(false);
  });
});

describeChains('an answer that is not stored', (chain) => {
  it('takes what redirects led to before, and its pointers, away', async () => {
    let isGone = false;
    chain().route({ '/a': '/b', '/b': () => (isGone ? { status: 410 } : page('here')) });
    const http = chain().wrap();
    await http.get('/a');
    isGone = true;
    await http.get('/a', { cache: { forceRefresh: true }, validateStatus: null });
    expect(await records(chain())).toBe(0);
  });
});
