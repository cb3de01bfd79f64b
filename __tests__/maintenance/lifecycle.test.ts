import axios from 'axios';
import { type CachedAxiosInstance, isHttpCacheError, type MaybePromise, withCache } from '../../lib/index.js';
import { collect, describeOnBackends } from './fixture.js';

/** Every call that touches storage. */
const CALLS: readonly [name: string, call: (http: CachedAxiosInstance) => MaybePromise<unknown>][] = [
  ['contains', ({ cache }) => cache.contains({ url: '/a' })],
  ['get', ({ cache }) => cache.get('key')],
  ['hasUrl', ({ cache }) => cache.hasUrl('/a')],
  ['delete', ({ cache }) => cache.delete({ keys: ['key'] })],
  ['deleteUrl', ({ cache }) => cache.deleteUrl('/a')],
  ['deleteUrls', ({ cache }) => cache.deleteUrls(['/a'])],
  ['filter', ({ cache }) => collect(cache.filter())],
  ['keys', ({ cache }) => collect(cache.keys())],
  ['urls', ({ cache }) => collect(cache.urls())],
  ['values', ({ cache }) => collect(cache.values())],
  ['count', ({ cache }) => cache.count()],
  ['size', ({ cache }) => cache.size()],
  ['clear', ({ cache }) => cache.clear()],
  ['recreateKeys', ({ cache }) => cache.recreateKeys()],
  ['resetExpiration', ({ cache }) => cache.resetExpiration(60)],
  ['removeExpired', ({ cache }) => cache.removeExpired()],
  [
    'saveResponse',
    ({ cache }) =>
      cache.saveResponse({ data: 'x', status: 200, statusText: 'OK', headers: {}, config: { url: '/a' } }),
  ],
];

describeOnBackends('close', (fixture) => {
  it('may be called again, and at once', async () => {
    const http = fixture().cached();
    await http.get('/a');
    await Promise.all([http.cache.close(), http.cache.close()]);
    await expect(http.cache.close()).resolves.toBeUndefined();
  });

  it('may be called on a cache that was never used', async () => {
    await expect(fixture().cached().cache.close()).resolves.toBeUndefined();
  });

  it('lets requests go to the origin from then on', async () => {
    const http = fixture().cached();
    await http.get('/a');
    const events: unknown[] = [];
    http.cache.on('backendError', (event) => events.push(event));
    await http.cache.close();
    const { data, cache } = await http.get<string>('/a');
    expect({ data, fromCache: cache.fromCache, stored: cache.stored }).toEqual({
      data: 'hello',
      fromCache: false,
      stored: false,
    });
    expect(fixture().origin.count()).toBe(2);
    expect(events).toEqual([]);
  });

  it.each(CALLS)('makes %s fail with ERR_CACHE_CLOSED', async (_name, call) => {
    const http = fixture().cached();
    await http.cache.close();
    await expect(call(http)).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it.each(CALLS)('makes %s fail so too when the backend stays open', async (_name, call) => {
    const http = fixture().cached({ autoclose: false });
    await http.cache.close();
    await expect(call(http)).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it('leaves a shared backend open with autoclose: false', async () => {
    const first = fixture().cached({ autoclose: false });
    const second = fixture().cached({ autoclose: false });
    await first.get('/a');
    await first.cache.close();
    expect((await second.get('/a')).cache.fromCache).toBe(true);
    expect(await second.cache.count()).toBe(1);
    expect(await fixture().backend.count()).toBe(1);
  });

  it('closes the backend otherwise', async () => {
    const http = fixture().cached();
    await http.get('/a');
    await http.cache.close();
    await expect((async () => fixture().backend.count())()).rejects.toMatchObject({
      code: 'ERR_CACHE_CLOSED',
    });
  });

  it('waits for a refresh in the background, which is stored', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    fixture().origin.handle(async (_request, count) => {
      if (count > 1) await held;
      return { body: `answer ${count}` };
    });
    const http = fixture().cached({ expireAfter: 60, staleWhileRevalidate: true, autoclose: false });
    await http.get('/a');
    fixture().clock.advanceSeconds(61);
    expect((await http.get<string>('/a')).data).toBe('answer 1');
    let isClosed = false;
    const closing = http.cache.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    release();
    await closing;
    expect((await fixture().cached().get<string>('/a')).data).toBe('answer 2');
  });
});

describeOnBackends('detach', (fixture) => {
  it('makes the instance what it was before, while maintenance goes on', async () => {
    const http = fixture().cached();
    await http.get('/a');
    const { cache } = http;
    cache.detach();
    cache.detach();
    expect('cache' in http).toBe(false);
    const response = await http.get('/a');
    expect('cache' in response).toBe(false);
    expect(fixture().origin.count()).toBe(2);
    expect(await cache.hasUrl('/a')).toBe(true);
    expect(await cache.deleteUrl('/a')).toBe(1);
    await cache.close();
    await expect(cache.count()).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it('lets the instance be wrapped again, and the first cache then has no hold on it', async () => {
    const http = axios.create({ baseURL: fixture().origin.url });
    const first = withCache(http, { backend: fixture().backend }).cache;
    await http.get('/a');
    first.detach();
    const second = withCache(http, { backend: fixture().backend }).cache;
    first.detach();
    expect((http as CachedAxiosInstance).cache).toBe(second);
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });
});

describeOnBackends('disabled', (fixture) => {
  it('runs a function without the cache, and what runs beside it with it', async () => {
    const http = fixture().cached();
    await http.get('/a');
    const [inside, beside] = await Promise.all([
      http.cache.disabled(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        const read = await http.get('/a');
        const written = await http.get('/b');
        return [read.cache.fromCache, written.cache.stored];
      }),
      http.get('/a'),
    ]);
    expect(inside).toEqual([false, false]);
    expect(beside.cache.fromCache).toBe(true);
    expect(await http.cache.hasUrl('/b')).toBe(false);
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it('gives what the function gives, and throws what it throws', async () => {
    const { cache } = fixture().cached();
    expect(cache.disabled(() => 42)).toBe(42);
    const error = new Error('of the function');
    expect(() =>
      cache.disabled(() => {
        throw error;
      }),
    ).toThrow(error);
    await expect(cache.disabled(() => Promise.reject(error))).rejects.toBe(error);
  });

  it('still lets maintenance see what is stored', async () => {
    const http = fixture().cached();
    await http.get('/a');
    expect(await http.cache.disabled(() => http.cache.count())).toBe(1);
  });
});

describeOnBackends('on and off', (fixture) => {
  it('tell listeners of an event until they stop listening', async () => {
    const http = fixture().cached();
    const { cache } = await http.get('/a');
    const seen: unknown[] = [];
    const listener = (event: unknown): void => void seen.push(event);
    expect(http.cache.on('recordRejected', listener)).toBe(http.cache);
    http.cache.on('recordRejected', () => {
      throw new Error('a listener of somebody else');
    });
    await fixture().damage(cache.key ?? '');
    expect((await http.get('/a')).cache.fromCache).toBe(false);
    expect(seen).toEqual([{ type: 'recordRejected', key: cache.key, variant: '', problem: 'damaged' }]);

    expect(http.cache.off('recordRejected', listener)).toBe(http.cache);
    await fixture().damage(cache.key ?? '');
    await http.get('/a');
    expect(seen).toHaveLength(1);
  });

  it('refuse names of events that do not exist, and listeners that are none', () => {
    const { cache } = fixture().cached();
    const thrownBy = (call: () => unknown): unknown => {
      try {
        return call();
      } catch (error) {
        return error;
      }
    };
    const unknown = thrownBy(() => cache.on('error' as never, () => undefined));
    expect(unknown).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option: 'name' });
    expect(String(unknown)).toContain('backendError, breakerOpen');
    const noListener = thrownBy(() => cache.on('backendError', undefined as never));
    expect(noListener).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option: 'listener' });
    expect(isHttpCacheError(thrownBy(() => cache.disabled(5 as never)))).toBe(true);
  });
});
