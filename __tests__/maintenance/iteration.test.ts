import {
  type CachedAxiosInstance,
  CachedResponse,
  InvalidResponse,
  type ResponseFilter,
} from '../../lib/index.js';
import { collect, describeOnBackends, saveItems } from './fixture.js';

// Thousands of small writes; a slow disk may take its time.
jest.setTimeout(60_000);

/** More than any backend's page. */
const MANY = 1_500;

describeOnBackends('filter', (fixture) => {
  let http: CachedAxiosInstance;

  /** Three responses: `old` (stale, 100 s old), `fresh` (50 s old) and `lasting` (just stored). */
  beforeEach(async () => {
    http = fixture().cached();
    await http.get('/old', { cache: { expireAfter: 60 } });
    fixture().clock.advanceSeconds(50);
    await http.get('/fresh', { cache: { expireAfter: 600 } });
    fixture().clock.advanceSeconds(50);
    await http.get('/lasting');
  });

  async function paths(filter?: ResponseFilter): Promise<string[]> {
    const found = await collect(http.cache.filter(filter));
    return found.map(({ url }) => new URL(url).pathname).sort();
  }

  it.each<[title: string, filter: ResponseFilter, expected: string[]]>([
    ['all without conditions', {}, ['/fresh', '/lasting', '/old']],
    ['valid ones', { expired: false }, ['/fresh', '/lasting']],
    ['expired ones', { valid: false }, ['/old']],
    ['none when neither is wanted', { valid: false, expired: false }, []],
    ['older than some seconds', { olderThan: 49 }, ['/fresh', '/old']],
    ['older than a duration', { olderThan: '1m' }, ['/old']],
    ['not those that are exactly as old', { olderThan: 50 }, ['/old']],
    ['conditions joined by "and"', { olderThan: 10, expired: false }, ['/fresh']],
    ['undefined as not given', { olderThan: undefined, expired: undefined }, ['/fresh', '/lasting', '/old']],
  ])('gives %s', async (_title, filter, expected) => {
    expect(await paths(filter)).toEqual(expected);
  });

  it('gives those first stored before a Date', async () => {
    const limit = new Date(fixture().clock.now() - 50_000);
    expect(await paths({ olderThan: limit })).toEqual(['/old']);
    expect(await paths({ olderThan: new Date(limit.getTime() + 1) })).toEqual(['/fresh', '/old']);
  });

  it('gives records that cannot be read back only when they are asked for', async () => {
    const damaged = await http.cache.createKey({ url: '/fresh' });
    await fixture().damage(damaged);
    expect(await collect(http.cache.filter({ valid: false, expired: false, invalid: true }))).toEqual([
      new InvalidResponse({ key: damaged, variant: '' }, 'damaged'),
    ]);
    const all = await collect(http.cache.filter({ invalid: true }));
    expect(all.filter((found) => found instanceof CachedResponse)).toHaveLength(2);
    expect(all.filter((found) => found instanceof InvalidResponse)).toHaveLength(1);
  });

  it('tells what is wrong with a head that cannot be read, and leaves it out otherwise', async () => {
    const key = await http.cache.createKey({ url: '/fresh' });
    const [record] = await fixture().backend.get(key);
    if (record?.body === undefined) throw new Error('Nothing was stored.');
    await fixture().backend.put({ ...record, body: record.body, head: Buffer.from('of another program') });
    expect(await paths()).toEqual(['/lasting', '/old']);
    const invalid = await collect(http.cache.filter({ valid: false, expired: false, invalid: true }));
    expect(invalid).toMatchObject([{ key, variant: '', problem: 'foreign' }]);
  });
});

describeOnBackends('keys, urls and values', (fixture) => {
  it(`give each of ${MANY} responses once`, async () => {
    const http = fixture().cached();
    await saveItems(http, MANY);
    const keys = await collect(http.cache.keys());
    const urls = await collect(http.cache.urls());
    const values = await collect(http.cache.values());
    expect(keys).toHaveLength(MANY);
    expect(new Set(keys).size).toBe(MANY);
    expect(new Set(urls)).toEqual(
      new Set(Array.from({ length: MANY }, (_, index) => `${fixture().origin.url}/item/${index}`)),
    );
    expect(urls).toHaveLength(MANY);
    expect(new Set(values.map(({ key }) => key))).toEqual(new Set(keys));
  });

  it('give a key with several variants, and a URL with several keys, once', async () => {
    fixture().origin.handle(({ headers }) =>
      headers['accept-language'] === undefined ? {} : { headers: { Vary: 'Accept-Language' } },
    );
    const http = fixture().cached();
    await http.get('/a', { headers: { 'Accept-Language': 'fr' } });
    await http.get('/a', { headers: { 'Accept-Language': 'de' } });
    await http.head('/a', { headers: { 'Accept-Language': 'de' } });
    await http.get('/a');
    expect(await collect(http.cache.keys())).toHaveLength(2);
    expect(await collect(http.cache.urls())).toEqual([`${fixture().origin.url}/a`]);
    expect(await collect(http.cache.values())).toHaveLength(4);
  });

  it('take a filter', async () => {
    const http = fixture().cached({ expireAfter: 60 });
    await http.get('/old');
    fixture().clock.advanceSeconds(60);
    await http.get('/new');
    expect(await collect(http.cache.urls({ expired: false }))).toEqual([`${fixture().origin.url}/new`]);
    expect(await collect(http.cache.keys({ valid: false }))).toEqual([
      await http.cache.createKey({ url: '/old' }),
    ]);
    expect(await collect(http.cache.values({ olderThan: 30 }))).toHaveLength(1);
  });

  it('leave out what cannot be read', async () => {
    const http = fixture().cached();
    const { cache } = await http.get('/a');
    const [record] = await fixture().backend.get(cache.key ?? '');
    if (record?.body === undefined) throw new Error('Nothing was stored.');
    await fixture().backend.put({ ...record, body: record.body, head: new Uint8Array(40) });
    expect(await collect(http.cache.keys())).toEqual([]);
    expect(await collect(http.cache.urls())).toEqual([]);
    expect(await collect(http.cache.values())).toEqual([]);
    expect(await http.cache.count()).toBe(1);
  });

  it('can be left early, and the store is free afterwards', async () => {
    const http = fixture().cached();
    await saveItems(http, 300);
    let seen = 0;
    for await (const _key of http.cache.keys()) {
      seen += 1;
      if (seen === 250) break;
    }
    await http.cache.clear();
    expect(await http.cache.count()).toBe(0);
    await saveItems(http, 1);
    expect(await http.cache.count()).toBe(1);
  });

  it('go on while what they give is deleted', async () => {
    const http = fixture().cached();
    await saveItems(http, MANY);
    const seen: string[] = [];
    for await (const { key, url } of http.cache.values()) {
      seen.push(url);
      expect(await http.cache.delete({ keys: [key] })).toBe(1);
    }
    expect(new Set(seen).size).toBe(MANY);
    expect(seen).toHaveLength(MANY);
    expect(await http.cache.count()).toBe(0);
  });

  it('give what stays once while other records are replaced and added', async () => {
    const http = fixture().cached();
    await saveItems(http, 500);
    const seen: string[] = [];
    for await (const url of http.cache.urls()) {
      if (seen.length === 100) await saveItems(http, 600);
      seen.push(url);
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (let index = 0; index < 500; index++) expect(seen).toContain(`${fixture().origin.url}/item/${index}`);
  });
});
