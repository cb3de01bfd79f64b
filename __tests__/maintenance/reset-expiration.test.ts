import { describeOnBackends } from './fixture.js';

describeOnBackends('resetExpiration', (fixture) => {
  it('makes lasting responses expire', async () => {
    const http = fixture().cached();
    await http.get('/a');
    await http.get('/b');
    fixture().clock.advanceSeconds(1000);
    expect(await http.cache.resetExpiration('1m')).toBe(2);
    const { cache } = await http.get('/a');
    expect(cache).toMatchObject({ fromCache: true, ttl: 60 });
    fixture().clock.advanceSeconds(60);
    expect((await http.get('/a')).cache.fromCache).toBe(false);
  });

  it('makes expired responses last, with their bodies', async () => {
    fixture().origin.handle((_request, count) => ({ body: `answer ${count}` }));
    const http = fixture().cached({ expireAfter: 60 });
    await http.get('/a');
    fixture().clock.advanceSeconds(61);
    expect(await http.cache.contains({ url: '/a' })).toBe(false);
    expect(await http.cache.resetExpiration()).toBe(1);
    fixture().clock.advanceSeconds(1e9);
    const { cache, data } = await http.get<string>('/a');
    expect({ fromCache: cache.fromCache, expiresAt: cache.expiresAt, data }).toEqual({
      fromCache: true,
      expiresAt: undefined,
      data: 'answer 1',
    });
    expect(await http.cache.removeExpired()).toBe(0);
  });

  it('takes a Date, also one that is past', async () => {
    const http = fixture().cached();
    await http.get('/a');
    const limit = new Date(fixture().clock.now() + 5000);
    await http.cache.resetExpiration(limit);
    expect((await http.cache.get({ url: '/a' }))?.expiresAt).toEqual(limit);
    await http.cache.resetExpiration(new Date(fixture().clock.now() - 1));
    expect(await http.cache.contains({ url: '/a' })).toBe(false);
  });

  it('keeps the time for which stale responses are of use', async () => {
    const http = fixture().cached({ expireAfter: 60, staleIfError: 600 });
    await http.get('/a');
    await http.cache.resetExpiration(10);
    fixture().clock.advanceSeconds(609);
    expect(await http.cache.removeExpired()).toBe(0);
    fixture().clock.advanceSeconds(1);
    expect(await http.cache.removeExpired()).toBe(1);
  });

  it('lets what never expired be cleaned up once it is past the windows of the settings', async () => {
    fixture().origin.handle(({ url }) => ({
      body: 'x',
      headers: url === '/validated' ? { ETag: '"1"' } : {},
    }));
    const http = fixture().cached({ staleIfError: 600 });
    await http.get('/plain');
    await http.get('/validated');
    await http.cache.resetExpiration(10);
    fixture().clock.advanceSeconds(609);
    expect(await http.cache.removeExpired()).toBe(0);
    fixture().clock.advanceSeconds(1);
    expect(await http.cache.removeExpired()).toBe(1);
    fixture().clock.advanceSeconds(24 * 3600);
    expect(await http.cache.removeExpired()).toBe(1);
  });

  it('leaves out what cannot be read', async () => {
    const http = fixture().cached();
    const { cache } = await http.get('/a');
    const [record] = await fixture().backend.get(cache.key ?? '');
    if (record?.body === undefined) throw new Error('Nothing was stored.');
    await fixture().backend.put({ ...record, body: record.body, head: new Uint8Array(30) });
    expect(await http.cache.resetExpiration(60)).toBe(0);
  });

  it.each([['do-not-cache'], ['soon'], [Number.NaN], [null], [-2]])(
    'refuses %p and changes nothing',
    async (value) => {
      const http = fixture().cached();
      await http.get('/a');
      await expect(http.cache.resetExpiration(value as never)).rejects.toMatchObject({
        code: 'ERR_CACHE_INVALID_OPTION',
        option: 'expireAfter',
      });
      expect((await http.cache.get({ url: '/a' }))?.expiresAt).toBeUndefined();
    },
  );
});
