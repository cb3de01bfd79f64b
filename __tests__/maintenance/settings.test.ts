import { type CachedAxiosInstance, NEVER_EXPIRE } from '../../lib/index.js';
import { Fixture } from './fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await Fixture.start('memory');
});
afterEach(() => fixture.dispose());

async function ttlOf(http: CachedAxiosInstance, url: string): Promise<number | undefined> {
  return (await http.get(url)).cache.ttl;
}

describe('settings', () => {
  it('are what the user has set, and nothing else', () => {
    const filterFn = (): boolean => true;
    const http = fixture.cached({
      expireAfter: '10m',
      staleIfError: true,
      filterFn,
      matchHeaders: undefined as never,
    });
    expect(http.cache.settings).toEqual({ expireAfter: '10m', staleIfError: true, filterFn });
    expect(fixture.cached().cache.settings).toEqual({});
  });

  it('take effect for the requests that follow', async () => {
    const http = fixture.cached({ expireAfter: 60 });
    expect(await ttlOf(http, '/a')).toBe(60);
    http.cache.settings = { expireAfter: 10, urlsExpireAfter: { '*/special': 5 } };
    expect(await ttlOf(http, '/b')).toBe(10);
    expect(await ttlOf(http, '/special')).toBe(5);
    expect(await ttlOf(http, '/a')).toBe(60);
  });

  it('are changed one by one, and undefined restores a default', async () => {
    const http = fixture.cached({ expireAfter: 60, staleIfError: 5 });
    http.cache.settings = { cacheControl: true };
    expect(http.cache.settings).toEqual({ expireAfter: 60, staleIfError: 5, cacheControl: true });
    http.cache.settings = { expireAfter: undefined };
    expect(http.cache.settings).toEqual({ staleIfError: 5, cacheControl: true });
    const { cache } = await http.get('/a');
    expect({ stored: cache.stored, expiresAt: cache.expiresAt }).toEqual({
      stored: true,
      expiresAt: undefined,
    });
  });

  it.each([
    ['a value that is not accepted', { staleIfError: 10, expireAfter: 'soon' }, 'expireAfter'],
    ['an option that does not exist', { staleIfError: 10, expire_after: 1 }, 'expire_after'],
    ['what cannot be changed any more', { staleIfError: 10, backend: 'memory' }, 'backend'],
    ['what is for one request only', { staleIfError: 10, forceRefresh: true }, 'forceRefresh'],
    ['null', null, 'options'],
  ])('are left as they are by %s', (_what, options, option) => {
    const http = fixture.cached({ expireAfter: 60 });
    expect(() => {
      http.cache.settings = options as never;
    }).toThrow(expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION', option }) as Error);
    expect(http.cache.settings).toEqual({ expireAfter: 60 });
  });

  it('cannot be changed from within, which would have no effect', () => {
    const http = fixture.cached({ expireAfter: 60 });
    expect(Object.isFrozen(http.cache.settings)).toBe(true);
    expect(() => {
      (http.cache.settings as { expireAfter: number }).expireAfter = 1;
    }).toThrow(TypeError);
    http.cache.settings = { staleIfError: true };
    expect(Object.isFrozen(http.cache.settings)).toBe(true);
  });

  it('do not follow later changes of the object that was given', async () => {
    const options = { expireAfter: 60 };
    const http = fixture.cached(options);
    options.expireAfter = 1;
    expect(await ttlOf(http, '/a')).toBe(60);
  });

  it('D27: belong to the instance: two on one backend have their own', async () => {
    const brief = fixture.cached({ expireAfter: 1, allowableCodes: [200, 404] });
    const lasting = fixture.cached({ expireAfter: NEVER_EXPIRE });
    brief.cache.settings = { staleIfError: true };
    expect(lasting.cache.settings).toEqual({ expireAfter: NEVER_EXPIRE });

    expect((await brief.get('/a')).cache.ttl).toBe(1);
    expect((await lasting.get('/b')).cache.ttl).toBeUndefined();
    fixture.origin.handle(() => ({ status: 404 }));
    const options = { validateStatus: () => true };
    expect((await brief.get('/c', options)).cache.stored).toBe(true);
    expect((await lasting.get('/d', options)).cache.stored).toBe(false);
    // What one has stored the other finds all the same.
    expect((await lasting.get('/a')).cache.fromCache).toBe(true);
  });
});
