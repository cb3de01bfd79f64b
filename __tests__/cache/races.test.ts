import axios from 'axios';
import { initBackend, withCache } from '../../lib/index.js';
import { ManualClock } from '../helpers/manual-clock.js';
import { OriginServer } from '../helpers/origin-server.js';

/** Something that can be waited for, and be let go from outside. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Waits until the origin has had so many requests. */
async function arrived(origin: OriginServer, count: number): Promise<void> {
  while (origin.count() < count) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(['memory', 'sqlite'] as const)('answers that come too late (%s)', (name) => {
  let origin: OriginServer;
  let clock: ManualClock;
  let version: number;
  /** Where set, the next GET waits for it before it is sent the version that was true when it arrived. */
  let hold: ReturnType<typeof gate> | undefined;

  beforeEach(async () => {
    version = 1;
    hold = undefined;
    clock = new ManualClock();
    origin = await OriginServer.start(async ({ method, headers }) => {
      if (method !== 'GET') {
        version += 1;
        return { status: 204 };
      }
      const seen = `"v${version}"`;
      const held = hold;
      hold = undefined;
      await held?.opened;
      if (headers['if-none-match']?.includes(seen)) return { status: 304, headers: { ETag: seen } };
      return { headers: { ETag: seen }, body: seen };
    });
  });
  afterEach(() => origin.close());

  const wrapped = () =>
    withCache(axios.create({ baseURL: origin.url }), {
      backend: name === 'memory' ? 'memory' : initBackend(':memory:', 'sqlite'),
      clock,
      expireAfter: 60,
    });

  it('do not undo an invalidation', async () => {
    const http = wrapped();
    const held = (hold = gate());
    const slow = http.get('/users');
    await arrived(origin, 1);
    await http.post('/users', 'x');
    held.open();
    expect((await slow).cache.stored).toBe(false);
    expect((await slow).cache.reason).toContain('a newer answer or a deletion came before it');
    expect((await http.get('/users')).data).toBe('v2');
  });

  it.each([
    ['an unsafe request', (http: ReturnType<typeof wrapped>) => http.post('/users', 'x')],
    ['deleteUrl', (http: ReturnType<typeof wrapped>) => http.cache.deleteUrl('/users')],
    ['clear', (http: ReturnType<typeof wrapped>) => http.cache.clear()],
    [
      'delete by key',
      async (http: ReturnType<typeof wrapped>) => {
        await http.cache.delete({ keys: [await http.cache.createKey({ url: '/users' })] });
      },
    ],
  ])('by 304 do not bring back what was deleted by %s', async (_what, remove) => {
    const http = wrapped();
    await http.get('/users');
    clock.advanceSeconds(61);
    const held = (hold = gate());
    const validated = http.get('/users');
    await arrived(origin, 2);
    await remove(http);
    held.open();
    expect((await validated).data).toBe('v1');
    expect(await http.cache.count()).toBe(0);
  });

  it('do not replace a newer answer', async () => {
    const http = wrapped();
    const held = (hold = gate());
    const slow = http.get('/users', { cache: { forceRefresh: true } });
    await arrived(origin, 1);
    version = 2;
    await http.get('/users', { cache: { forceRefresh: true } });
    held.open();
    expect((await slow).data).toBe('v1');
    expect((await http.get('/users')).data).toBe('v2');
  });

  it('by 304 leave a newer answer whole', async () => {
    const http = wrapped();
    const rejected = jest.fn();
    http.cache.on('recordRejected', rejected);
    await http.get('/users');
    clock.advanceSeconds(61);
    const held = (hold = gate());
    const validated = http.get('/users');
    await arrived(origin, 2);
    version = 2;
    await http.get('/users', { cache: { forceRefresh: true } });
    held.open();
    await validated;
    const { data, cache } = await http.get('/users');
    expect([data, cache.hit]).toEqual(['v2', true]);
    expect(rejected).not.toHaveBeenCalled();
  });
});

describe('a 304 of another process that comes too late', () => {
  it('leaves the newer record whole', async () => {
    const backend = initBackend(':memory:', 'sqlite');
    const clock = new ManualClock();
    let body = 'one';
    const held = gate();
    const origin = await OriginServer.start(async ({ headers }) => {
      if (headers['if-none-match'] === '"one"') {
        await held.opened;
        return { status: 304, headers: { ETag: '"one"' } };
      }
      return { headers: { ETag: `"${body}"` }, body };
    });
    const options = { backend, clock, expireAfter: 60 };
    const here = withCache(axios.create({ baseURL: origin.url }), options);
    // Shares the store, but knows nothing of the other's requests, as a second process would.
    const there = withCache(axios.create({ baseURL: origin.url }), options);
    await here.get('/');
    clock.advanceSeconds(61);
    const validated = here.get('/');
    await arrived(origin, 2);
    body = 'two';
    await there.get('/', { cache: { forceRefresh: true } });
    held.open();
    expect((await validated).data).toBe('one');
    const after = await there.get('/');
    expect([after.data, after.cache.hit]).toEqual(['two', true]);
    await origin.close();
  });
});

describe('answers to one URL in several languages, asked for at once', () => {
  it('are all stored, in whatever order they come', async () => {
    const gates = { en: gate(), fr: gate(), de: gate() };
    const origin = await OriginServer.start(async ({ headers }) => {
      const language = headers['accept-language'] as keyof typeof gates;
      await gates[language].opened;
      return { headers: { Vary: 'Accept-Language' }, body: language };
    });
    const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory' });
    const ask = (language: string) => http.get('/', { headers: { 'Accept-Language': language } });
    const asked = [ask('en'), ask('fr'), ask('de')];
    await arrived(origin, 3);
    for (const language of ['de', 'en', 'fr'] as const) gates[language].open();
    await Promise.all(asked);
    for (const language of ['en', 'fr', 'de']) {
      const { data, cache } = await ask(language);
      expect([data, cache.hit]).toEqual([language, true]);
    }
    await origin.close();
  });

  it('a 404 that comes first ends what was asked for before it', async () => {
    const held = gate();
    const origin = await OriginServer.start(async (_request, count) => {
      if (count > 1) return { status: 404 };
      await held.opened;
      return { body: 'old' };
    });
    const http = withCache(axios.create({ baseURL: origin.url, validateStatus: null }), {
      backend: 'memory',
    });
    const slow = http.get('/', { headers: { 'Accept-Language': 'en' } });
    await arrived(origin, 1);
    expect((await http.get('/', { headers: { 'Accept-Language': 'fr' } })).status).toBe(404);
    held.open();
    expect((await slow).cache.stored).toBe(false);
    expect(await http.cache.count()).toBe(0);
    await origin.close();
  });
});

describe('many variants of one key', () => {
  it('are bounded, and so is If-None-Match', async () => {
    const origin = await OriginServer.start(({ headers }) => ({
      headers: { Vary: 'X-Request-Id', ETag: `"${String(headers['x-request-id']).padEnd(100, '-')}"` },
      body: 'x',
    }));
    const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory' });
    for (let id = 0; id < 150; id++) {
      const { status } = await http.get('/', { headers: { 'X-Request-Id': `id-${id}` } });
      expect(status).toBe(200);
    }
    expect(await http.cache.count()).toBe(64);
    expect((origin.last.headers['if-none-match'] ?? '').length).toBeLessThan(2200);
    // The newest are the ones that are kept.
    expect((await http.get('/', { headers: { 'X-Request-Id': 'id-149' } })).cache.hit).toBe(true);
    await origin.close();
  });
});
