import {
  type Backend,
  type BackendOperation,
  type CachedAxiosInstance,
  isHttpCacheError,
} from '../../lib/index.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { collect, describeOnBackends, Fixture } from './fixture.js';

type Call = (http: CachedAxiosInstance) => Promise<unknown>;

const TO_SAVE = { data: 'x', status: 200, statusText: 'OK', headers: {}, config: { url: '/b' } };

/** Each call, and what it asks of the backend first. */
const CALLS: readonly [name: string, operation: BackendOperation, call: Call][] = [
  ['contains', 'get', ({ cache }) => cache.contains({ url: '/a' })],
  ['get', 'get', ({ cache }) => cache.get({ url: '/a' })],
  ['hasUrl', 'scan', ({ cache }) => cache.hasUrl('/a')],
  ['delete by keys', 'delete', ({ cache }) => cache.delete({ keys: ['key'] })],
  ['delete by age', 'scan', ({ cache }) => cache.delete({ olderThan: 1 })],
  ['delete of invalid ones', 'body', ({ cache }) => cache.delete({ invalid: true })],
  ['deleteUrl', 'deleteResource', ({ cache }) => cache.deleteUrl('/a')],
  ['deleteUrls', 'deleteResource', ({ cache }) => cache.deleteUrls(['/a'])],
  ['filter', 'scan', ({ cache }) => collect(cache.filter())],
  ['keys', 'scan', ({ cache }) => collect(cache.keys())],
  ['urls', 'scan', ({ cache }) => collect(cache.urls())],
  ['values', 'scan', ({ cache }) => collect(cache.values())],
  ['count', 'count', ({ cache }) => cache.count()],
  ['size', 'size', ({ cache }) => cache.size()],
  ['clear', 'clear', ({ cache }) => cache.clear()],
  ['resetExpiration', 'replaceHead', ({ cache }) => cache.resetExpiration(60)],
  ['removeExpired', 'prune', ({ cache }) => cache.removeExpired()],
  ['recreateKeys', 'scan', ({ cache }) => cache.recreateKeys()],
  ['saveResponse', 'put', ({ cache }) => cache.saveResponse(TO_SAVE)],
  ['close', 'close', ({ cache }) => cache.close()],
];

describeOnBackends('when the backend fails', (fixture) => {
  const cause = new Error('disk on fire');
  let failing: keyof Backend | undefined;
  let http: CachedAxiosInstance;

  beforeEach(async () => {
    failing = undefined;
    const backend = faultyBackend(fixture().backend, (method) => {
      if (method === failing) throw cause;
    });
    http = fixture().cached({ backend });
    await http.get('/a');
  });

  it.each(CALLS)('%s rejects with a typed error that keeps the cause', async (_name, operation, call) => {
    failing = operation as keyof Backend;
    const error: unknown = await call(http).catch((reason: unknown) => reason);
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({
      name: 'BackendError',
      code: 'ERR_CACHE_BACKEND',
      backend: fixture().backend.name,
      operation,
      cause,
    });
    expect(String(error)).toContain('disk on fire');
  });

  it('the body of a response that was given rejects, too', async () => {
    const found = await http.cache.get({ url: '/a' });
    failing = 'get';
    await expect(found?.body()).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'get', cause });
  });

  it('maintenance does not wait for the pause that requests make', async () => {
    failing = 'get';
    for (let count = 0; count < 20; count++) await http.get('/a');
    failing = undefined;
    expect(await http.cache.contains({ url: '/a' })).toBe(true);
  });

  it('works again when the backend does', async () => {
    failing = 'count';
    await expect(http.cache.count()).rejects.toMatchObject({ cause });
    failing = undefined;
    expect(await http.cache.count()).toBe(1);
  });
});

describe('wrong arguments', () => {
  let fixture: Fixture;
  let http: CachedAxiosInstance;
  beforeEach(async () => {
    fixture = await Fixture.start('memory');
    http = fixture.cached();
    await http.get('/a');
  });
  afterEach(() => fixture.dispose());

  const wrong = (value: unknown): never => value as never;

  it.each<[call: string, option: string, call: Call]>([
    ['contains(undefined)', 'config', ({ cache }) => cache.contains(wrong(undefined))],
    ['contains(5)', 'config', ({ cache }) => cache.contains(wrong(5))],
    [
      'contains(key, { expired: 1 })',
      'contains.expired',
      ({ cache }) => cache.contains('k', wrong({ expired: 1 })),
    ],
    [
      'contains(key, { stale })',
      'contains.stale',
      ({ cache }) => cache.contains('k', wrong({ stale: true })),
    ],
    ['contains(key, null)', 'contains', ({ cache }) => cache.contains('k', wrong(null))],
    ['get(null)', 'config', ({ cache }) => cache.get(wrong(null))],
    ['hasUrl(5)', 'url', ({ cache }) => cache.hasUrl(wrong(5))],
    ['deleteUrl(undefined)', 'url', ({ cache }) => cache.deleteUrl(wrong(undefined))],
    ['deleteUrls(text)', 'delete.urls', ({ cache }) => cache.deleteUrls(wrong('/a'))],
    ['deleteUrls([5])', 'delete.urls', ({ cache }) => cache.deleteUrls(wrong([5]))],
    ['delete()', 'delete', ({ cache }) => cache.delete(wrong(undefined))],
    ['delete([])', 'delete', ({ cache }) => cache.delete(wrong([]))],
    ['delete({ key })', 'delete.key', ({ cache }) => cache.delete(wrong({ key: 'k' }))],
    ['delete({ older_than })', 'delete.older_than', ({ cache }) => cache.delete(wrong({ older_than: 5 }))],
    ['delete({ keys: text })', 'delete.keys', ({ cache }) => cache.delete(wrong({ keys: 'k' }))],
    [
      'delete({ requests: [text] })',
      'delete.requests',
      ({ cache }) => cache.delete(wrong({ requests: ['/a'] })),
    ],
    ['delete({ expired: "yes" })', 'delete.expired', ({ cache }) => cache.delete(wrong({ expired: 'yes' }))],
    ['delete({ invalid: null })', 'delete.invalid', ({ cache }) => cache.delete(wrong({ invalid: null }))],
    [
      'delete({ olderThan: NaN })',
      'delete.olderThan',
      ({ cache }) => cache.delete({ olderThan: Number.NaN }),
    ],
    ['delete({ olderThan: -1 })', 'delete.olderThan', ({ cache }) => cache.delete({ olderThan: -1 })],
    ['delete({ olderThan: "soon" })', 'delete.olderThan', ({ cache }) => cache.delete({ olderThan: 'soon' })],
    [
      'delete({ olderThan: invalid Date })',
      'delete.olderThan',
      ({ cache }) => cache.delete({ olderThan: new Date(Number.NaN) }),
    ],
    ['filter({ expire })', 'filter.expire', ({ cache }) => collect(cache.filter(wrong({ expire: true })))],
    ['filter({ valid: 1 })', 'filter.valid', ({ cache }) => collect(cache.filter(wrong({ valid: 1 })))],
    ['filter(null)', 'filter', ({ cache }) => collect(cache.filter(wrong(null)))],
    ['keys({ invalid })', 'filter.invalid', ({ cache }) => collect(cache.keys(wrong({ invalid: true })))],
    [
      'urls({ olderThan: {} })',
      'filter.olderThan',
      ({ cache }) => collect(cache.urls(wrong({ olderThan: {} }))),
    ],
    ['values({ limit })', 'filter.limit', ({ cache }) => collect(cache.values(wrong({ limit: 5 })))],
    ['count({ expired: 0 })', 'count.expired', ({ cache }) => cache.count(wrong({ expired: 0 }))],
    ['count(true)', 'count', ({ cache }) => cache.count(wrong(true))],
    ['saveResponse()', 'response', ({ cache }) => cache.saveResponse(wrong(undefined))],
    ['saveResponse without config', 'response', ({ cache }) => cache.saveResponse(wrong({ status: 200 }))],
    [
      'saveResponse(…, { ttl })',
      'saveResponse.ttl',
      ({ cache }) => cache.saveResponse(TO_SAVE, wrong({ ttl: 5 })),
    ],
    [
      'saveResponse(…, { key: "" })',
      'saveResponse.key',
      ({ cache }) => cache.saveResponse(TO_SAVE, { key: '' }),
    ],
    [
      'saveResponse(…, { expireAfter: "soon" })',
      'saveResponse.expireAfter',
      ({ cache }) => cache.saveResponse(TO_SAVE, { expireAfter: 'soon' }),
    ],
    [
      'saveResponse(…, { expireAfter: DO_NOT_CACHE })',
      'expireAfter',
      ({ cache }) => cache.saveResponse(TO_SAVE, { expireAfter: 'do-not-cache' }),
    ],
  ])('%s is refused, naming %s, and nothing happens', async (_title, option, call) => {
    const error: unknown = await call(http).catch((reason: unknown) => reason);
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option });
    expect(await collect(http.cache.urls())).toEqual([`${fixture.origin.url}/a`]);
  });

  it('CachedResponse.isOlderThan takes what olderThan takes', async () => {
    const found = await http.cache.get({ url: '/a' });
    fixture.clock.advanceSeconds(60);
    expect(found?.isOlderThan(59)).toBe(true);
    expect(found?.isOlderThan('1m')).toBe(false);
    expect(found?.isOlderThan(new Date(fixture.clock.now()))).toBe(true);
    expect(() => found?.isOlderThan('soon')).toThrow(
      expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION', option: 'isOlderThan' }) as Error,
    );
  });
});
