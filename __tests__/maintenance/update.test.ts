import { type BackendName, type CachedAxiosInstance } from '../../lib/index.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { BACKEND_NAMES, collect, Fixture, saveItems } from './fixture.js';

const ALICE = { headers: { Authorization: 'Bearer alice' } };
const BOB = { headers: { Authorization: 'Bearer bob' } };

describe.each(
  BACKEND_NAMES.flatMap((from) => BACKEND_NAMES.map((to): [BackendName, BackendName] => [from, to])),
)('update (from %s to %s)', (from, to) => {
  let fixture: Fixture;
  let source: CachedAxiosInstance;
  let target: CachedAxiosInstance;

  beforeEach(async () => {
    fixture = await Fixture.start(from, ({ headers }) => ({
      headers: { Vary: 'Accept-Language' },
      body: `${headers['accept-language'] ?? 'any'} ${headers.authorization ?? 'anybody'}`,
    }));
    source = fixture.cached({ expireAfter: 60 });
    target = fixture.cached({ expireAfter: 60, backend: fixture.newBackend(to) });
  });
  afterEach(() => fixture.dispose());

  it('brings over variants and users, which hit there and stay apart', async () => {
    const requests = [
      { headers: { 'Accept-Language': 'fr' } },
      { headers: { 'Accept-Language': 'de' } },
      ALICE,
      BOB,
      { ...ALICE, cache: { key: 'mine' } },
      { ...BOB, cache: { key: 'mine' } },
    ];
    for (const request of requests) await source.get('/a', request);
    expect(await target.cache.update(source.cache)).toBe(requests.length);

    const asked = fixture.origin.count();
    for (const request of requests) {
      const copied = await target.get<string>('/a', request);
      const original = await source.get<string>('/a', request);
      expect(copied.cache).toMatchObject({ fromCache: true, key: original.cache.key });
      expect(copied.data).toBe(original.data);
      expect(copied.cache.expiresAt).toEqual(original.cache.expiresAt);
    }
    expect(fixture.origin.count()).toBe(asked);
    expect((await target.get('/a')).cache.fromCache).toBe(false);
  });

  it('takes a backend as well, and is a copy: neither store changes by the other', async () => {
    await source.get('/a');
    expect(await target.cache.update(fixture.backend)).toBe(1);
    await source.cache.clear();
    expect((await target.get('/a')).cache.fromCache).toBe(true);
  });

  it('tells how far it is, first with nothing done; redirects are no responses', async () => {
    fixture.origin.handle(({ url }) =>
      url === '/moved' ? { status: 302, headers: { Location: '/a' } } : { body: 'x' },
    );
    for (const url of ['/moved', '/b', '/c']) await source.get(url);
    const told: [number, number][] = [];
    const copied = await target.cache.update(source.cache, { onProgress: (...now) => void told.push(now) });
    expect([copied, told]).toEqual([
      3,
      [
        [0, 3],
        [1, 3],
        [2, 3],
        [3, 3],
      ],
    ]);
  });

  it('what the listener throws ends it; what is no listener is refused at once', async () => {
    await source.get('/a');
    const stop = new Error('enough');
    const onProgress = (done: number): void => {
      if (done === 1) throw stop;
    };
    await expect(target.cache.update(source.cache, { onProgress })).rejects.toBe(stop);
    await expect(target.cache.update(source.cache, { onProgress: 5 as never })).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: 'update.onProgress',
    });
  });

  it('replaces what is stored under the same key, and keeps all else', async () => {
    await target.get('/a');
    await target.get('/b');
    fixture.origin.handle(() => ({ body: 'newer' }));
    await source.get('/a');
    // The two responses to `/a` are different variants; the copied one answers as well and was received last.
    fixture.clock.advanceSeconds(1);
    await source.get('/b', { cache: { forceRefresh: true } });
    expect(await target.cache.update(source.cache)).toBe(2);
    expect((await target.get('/b')).data).toBe('newer');
    expect(await target.cache.hasUrl('/a')).toBe(true);
  });

  it('copies more than a page, and expired ones too', async () => {
    await saveItems(source, 700);
    fixture.clock.advanceSeconds(60);
    expect(await target.cache.update(source.cache)).toBe(700);
    expect(await target.cache.count()).toBe(700);
    expect(await target.cache.count({ expired: false })).toBe(0);
  });

  it('leaves out what cannot be read back whole', async () => {
    const { cache } = await source.get('/a');
    await source.get('/b');
    await fixture.damage(cache.key ?? '');
    expect(await target.cache.update(source.cache)).toBe(1);
    expect(await collect(target.cache.urls())).toEqual([`${fixture.origin.url}/b`]);
  });

  it('brings nothing over in clear that is ignored here, and recreateKeys finds it by what is left', async () => {
    const backend = fixture.newBackend(to);
    const strict = fixture.cached({ backend, ignoredParameters: ['X-Name', 'nonce'] });
    fixture.origin.handle(({ url }) =>
      url.startsWith('/from')
        ? { status: 302, headers: { location: '/to?nonce=s3cret', vary: 'X-Name' } }
        : { headers: { vary: 'X-Name', 'x-name': 's3cret' }, body: 'fine' },
    );
    const asked = { headers: { 'X-Name': 's3cret' } };
    await source.get('/a?nonce=s3cret', asked);
    await source.get('/from?nonce=s3cret', asked);
    expect(await strict.cache.update(source.cache)).toBe(2);
    const heads: string[] = [];
    for await (const { head } of backend.scan()) heads.push(Buffer.from(head).toString('latin1'));
    expect(heads.length).toBeGreaterThan(2);
    expect(heads.join()).not.toContain('s3cret');

    await strict.cache.recreateKeys();
    const asksFor = async (url: string) => (await strict.get(url, asked)).cache.fromCache;
    for (const url of ['/a?nonce=other', '/from?nonce=other', '/to?nonce=other']) {
      expect([url, await asksFor(url)]).toEqual([url, true]);
    }
  });

  it('does nothing with itself', async () => {
    await source.get('/a');
    expect(await source.cache.update(source.cache)).toBe(1);
    expect(await source.cache.count()).toBe(1);
    expect((await source.get('/a')).cache.fromCache).toBe(true);
  });

  it('says which store failed, with the cause', async () => {
    await source.get('/a');
    const cause = new Error('disk on fire');
    const failing = faultyBackend(fixture.backend, (method) => {
      if (method === 'get') throw cause;
    });
    await expect(target.cache.update(failing)).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      backend: from,
      operation: 'get',
      cause,
    });
  });

  it('fails when the other cache was closed', async () => {
    await source.cache.close();
    await expect(target.cache.update(source.cache)).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
    await expect(target.cache.update(fixture.backend)).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it.each([undefined, null, 'sqlite', {}, { scan: () => [] }])('refuses %p', async (other) => {
    await expect(target.cache.update(other as never)).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: 'other',
    });
  });
});
