import { collect } from '../maintenance/fixture.js';
import { type ReceivedRequest } from '../helpers/origin-server.js';
import { decodeHead, encodeHead } from '../../lib/storage/record-codec.js';
import { COPIES, describeChains, page, redirect } from './redirect-chain.js';

describeChains('maintenance of what redirects led to', (chain) => {
  const stored = async (options: Parameters<ReturnType<typeof chain>['wrap']>[1] = {}) => {
    chain().route({ '/a': '/b', '/b': '/c', '/c': page('here') });
    const http = chain().wrap('axios', options);
    await http.get('/a');
    return http;
  };

  it('lists and counts the response once, by its first URL, with its history', async () => {
    const http = await stored();
    const values = await collect(http.cache.values());
    expect(values.map(({ url }) => url)).toEqual([`${chain().origin.url}/a`]);
    expect(values[0]?.history.map(({ url }) => url)).toEqual([
      `${chain().origin.url}/a`,
      `${chain().origin.url}/b`,
    ]);
    expect(await collect(http.cache.urls())).toHaveLength(1);
    expect(await collect(http.cache.keys())).toHaveLength(1);
    expect(await collect(http.cache.filter({ invalid: true }))).toHaveLength(1);
    expect([await http.cache.count(), await http.cache.count({ expired: false })]).toEqual([1, 1]);
  });

  it.each(['/a', '/b', '/c'])('finds it by %s', async (url) => {
    const http = await stored();
    expect(await http.cache.hasUrl(url)).toBe(true);
    expect(await http.cache.hasUrl(url, { method: 'get' })).toBe(true);
    expect(await http.cache.contains({ url })).toBe(true);
    const found = await http.cache.get({ url });
    expect(found?.url).toBe(chain().origin.url + url);
    expect(await found?.text()).toBe('here');
    const key = await http.cache.createKey({ url });
    expect(await http.cache.contains(key)).toBe(true);
    expect(await (await http.cache.get(key))?.text()).toBe('here');
    expect(await http.cache.hasUrl('/d')).toBe(false);
  });

  it.each(['/a', '/b', '/c'])('tells by %s that it is stale', async (url) => {
    const http = await stored({ expireAfter: 60 });
    chain().bench.pass(61);
    expect(await http.cache.hasUrl(url)).toBe(false);
    expect(await http.cache.contains({ url })).toBe(false);
    expect(await http.cache.contains({ url }, { expired: true })).toBe(true);
    expect([await http.cache.count(), await http.cache.count({ expired: false })]).toEqual([1, 0]);
  });

  it('does not find a response of which the body is damaged', async () => {
    const http = await stored();
    for await (const meta of chain().backend.scan()) {
      if (meta.createdAt >= 0) await chain().backend.put({ ...meta, body: Buffer.from('something else') });
    }
    for (const url of ['/a', '/b', '/c']) {
      expect(await http.cache.hasUrl(url)).toBe(false);
      expect(await http.cache.contains({ url })).toBe(false);
    }
    expect((await http.get('/c')).data).toBe('here');
  });

  it('removes it with its pointers when it can be of no use any more, and counts it once', async () => {
    const http = await stored({ expireAfter: 60 });
    chain().bench.pass(61);
    expect(await http.cache.removeExpired()).toBe(1);
    expect(await chain().backend.count()).toBe(0);
  });

  it('gives the pointers the new expiry, too', async () => {
    const http = await stored({ expireAfter: 60 });
    expect(await http.cache.resetExpiration(1000)).toBe(1);
    chain().bench.pass(500);
    expect(await http.cache.removeExpired()).toBe(0);
    for (const url of ['/a', '/b', '/c']) expect((await http.get(url)).cache.hit).toBe(true);
    expect(await http.cache.hasUrl('/c')).toBe(true);
    expect(await http.cache.deleteUrl('/b')).toBe(1);
  });

  it('copies the pointers into another cache', async () => {
    const http = await stored();
    const other = chain().wrap('axios', { backend: 'memory' });
    await other.get('/c');
    expect(await other.cache.update(http.cache)).toBe(1);
    expect(await other.cache.count()).toBe(2);
    const before = chain().origin.count();
    for (const url of ['/a', '/b', '/c']) expect((await other.get(url)).cache.hit).toBe(true);
    expect(chain().origin.count()).toBe(before);
    expect(await other.cache.deleteUrl('/b')).toBe(1);
    expect(await other.cache.count()).toBe(1);
  });

  it('moves the pointers with it when other settings give it another key', async () => {
    chain().route({ '/a': '/b?page=2&session=1', '/b': page('here'), '/c': page('alone') });
    const http = chain().wrap();
    await http.get('/a?session=1');
    await http.get('/c');
    expect(await http.cache.recreateKeys()).toBe(0);
    http.cache.settings = { ignoredParameters: ['session'] };
    expect(await http.cache.recreateKeys()).toBe(1);
    expect(await http.cache.recreateKeys()).toBe(0);
    const before = chain().origin.count();
    expect((await http.get('/a?session=2')).cache.hit).toBe(true);
    const hit = await http.get('/b?page=2&session=3');
    expect([hit.cache.hit, hit.data]).toEqual([true, 'here']);
    expect(chain().origin.count()).toBe(before);
    const [first] = (await http.get('/a?session=2')).cache.history;
    expect(first).toMatchObject({
      url: `${chain().origin.url}/a?session=REDACTED`,
      headers: { location: '/b?page=2&session=REDACTED' },
    });
    expect(await chain().backend.count()).toBe(4);
    expect(await http.cache.deleteUrl('/b?page=2&session=4')).toBe(1);
    expect(await chain().backend.count()).toBe(1);
  });

  it('moves the pointers where only their own keys change', async () => {
    chain().route({ '/a': '/b?lang=de', '/b': page('here') });
    const http = chain().wrap();
    await http.get('/a');
    http.cache.settings = { ignoredParameters: ['lang'] };
    expect(await http.cache.recreateKeys()).toBe(1);
    expect((await http.get('/b?lang=en')).cache.hit).toBe(true);
    expect(await http.cache.deleteUrl('/b?lang=fr')).toBe(1);
    expect(await chain().backend.count()).toBe(0);
  });

  it.each(COPIES)('keeps users and variants apart when keys are made anew, with %s', async (copy) => {
    const { other } = chain();
    chain().route({ '/a': `${other.url}/b` });
    chain().route(
      {
        '/b': ({ headers }: ReceivedRequest) =>
          page(String(headers['accept-language']), { Vary: 'Accept-Language' }),
      },
      other,
    );
    const http = chain().wrap(copy);
    const config = { headers: { 'Accept-Language': 'de', Authorization: 'Bearer ann' } };
    await http.get('/a', config);
    http.cache.settings = { matchHeaders: ['X-Tenant'] };
    await http.cache.recreateKeys();
    const asked = (url: string, headers: Record<string, string>) => http.get<string>(url, { headers });
    expect((await asked('/a', config.headers)).cache.hit).toBe(true);
    expect((await asked(`${other.url}/b`, { 'Accept-Language': 'de' })).cache.hit).toBe(true);
    expect((await asked(`${other.url}/b`, config.headers)).cache.hit).toBe(false);
    expect((await asked(`${other.url}/b`, { 'Accept-Language': 'en' })).data).toBe('en');
  });

  it('lets a response that is saved by hand take the place of a pointer, and of nothing else', async () => {
    const http = await stored();
    await http.cache.saveResponse({
      data: 'by hand',
      status: 200,
      statusText: 'OK',
      headers: {},
      config: { url: '/c' },
    });
    expect((await http.get('/c')).data).toBe('by hand');
    expect((await http.get('/a')).data).toBe('here');
    expect((await http.get('/b')).data).toBe('here');
    expect(await http.cache.deleteUrl('/c')).toBe(2);
  });

  it('has no history and no pointers where the adapter does not tell of redirects', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap();
    await http.get('/a', { adapter: 'fetch' });
    const hit = await http.get('/a');
    expect([hit.cache.hit, hit.cache.history]).toEqual([true, []]);
    expect(await chain().backend.count()).toBe(1);
  });

  it('rejects a record whose history is not one', async () => {
    chain().route({ '/a': redirect('/b'), '/b': page('here') });
    const http = chain().wrap();
    await http.get('/a');
    for await (const meta of chain().backend.scan()) {
      if (meta.createdAt < 0) continue;
      const { head, bodyDigest } = decodeHead(meta.head);
      const spoilt = encodeHead({ ...head, redirects: { history: [{ url: 1 }], hops: [] } }, bodyDigest);
      await chain().backend.replaceHead({ ...meta, head: spoilt });
    }
    const response = await http.get('/a');
    expect([response.cache.hit, response.data]).toEqual([false, 'here']);
    expect(chain().bench.eventTypes()).toContain('recordRejected');
  });
});
