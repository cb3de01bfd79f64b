import { type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { collect, describeOnBackends } from './fixture.js';

const ALICE = { headers: { Authorization: 'Bearer alice' } };
const BOB = { headers: { Authorization: 'Bearer bob' } };

async function isStored(http: CachedAxiosInstance, config: AxiosRequestConfig): Promise<boolean> {
  return (
    (await http.request({ ...config, cache: { onlyIfCached: true }, validateStatus: () => true })).status ===
    200
  );
}

describeOnBackends('recreateKeys', (fixture) => {
  let http: CachedAxiosInstance;
  beforeEach(() => {
    fixture().origin.handle(({ headers, url, body }) => ({
      headers: { Vary: 'Accept-Language' },
      body: `${url} ${headers['accept-language'] ?? 'any'} ${headers.authorization ?? 'anybody'} ${String(body)}`,
    }));
    http = fixture().cached();
  });

  it('changes nothing while the settings are the same', async () => {
    await http.get('/a?token=1', ALICE);
    await http.get('/a', { headers: { 'Accept-Language': 'fr' } });
    await http.get('/a', { ...BOB, cache: { key: 'mine' } });
    const keys = await collect(http.cache.keys());
    expect(await http.cache.recreateKeys()).toBe(0);
    expect(await collect(http.cache.keys())).toEqual(keys);
  });

  it('keeps hosts apart, and shows of a response what a hit showed', async () => {
    fixture().origin.handle(({ headers }) => ({
      headers: { 'X-CSRF-Token': 'of the response', 'X-Auth-Token': 'hidden' },
      body: String(headers.host),
    }));
    const hosts = ['tenant-a.test', 'tenant-b.test'];
    for (const Host of hosts) await http.get('/a', { headers: { Host } });
    http.cache.settings = { matchHeaders: ['Accept'] };
    await http.cache.recreateKeys();
    for (const Host of hosts) {
      const { cache, data, headers } = await http.get<string>('/a', { headers: { Host } });
      expect({ fromCache: cache.fromCache, data }).toEqual({ fromCache: true, data: Host });
      expect(headers).toMatchObject({ 'x-csrf-token': 'of the response', 'x-auth-token': 'REDACTED' });
    }
    expect(await isStored(http, { url: '/a' })).toBe(false);
    expect(await http.cache.deleteUrl('/a')).toBe(hosts.length);
  });

  it('D23: keeps variants and users when header fields begin to count', async () => {
    const requests: AxiosRequestConfig[] = [
      { url: '/a', headers: { 'Accept-Language': 'fr', 'X-Tenant': 'one' } },
      { url: '/a', headers: { 'Accept-Language': 'de', 'X-Tenant': 'one' } },
      { url: '/a', headers: { ...ALICE.headers, 'X-Tenant': 'one' } },
      { url: '/a', headers: { ...BOB.headers, 'X-Tenant': 'two' } },
      { url: '/a', auth: { username: 'u', password: 'p' }, headers: { 'X-Tenant': 'one' } },
    ];
    const bodies = [];
    for (const request of requests) bodies.push((await http.request<string>(request)).data);
    http.cache.settings = { matchHeaders: ['X-Tenant'] };
    expect(await http.cache.recreateKeys()).toBe(requests.length);
    expect(await http.cache.count()).toBe(requests.length);

    const asked = fixture().origin.count();
    for (const [index, request] of requests.entries()) {
      const { cache, data } = await http.request<string>(request);
      expect({ fromCache: cache.fromCache, data }).toEqual({ fromCache: true, data: bodies[index] });
    }
    expect(fixture().origin.count()).toBe(asked);
    const other = { url: '/a', headers: { 'Accept-Language': 'fr', 'X-Tenant': 'two' } };
    expect(await isStored(http, other)).toBe(false);
  });

  it('brings together what differs in a parameter that is now ignored; the more recent stays', async () => {
    await http.get('/a?session=1&page=1');
    fixture().clock.advanceSeconds(1);
    const recent = await http.get<string>('/a?session=2&page=1');
    fixture().clock.advanceSeconds(1);
    await http.get('/a?session=1&page=2');
    http.cache.settings = { ignoredParameters: ['session'] };
    expect(await http.cache.recreateKeys()).toBe(3);
    expect(await http.cache.count()).toBe(2);

    const { cache, data } = await http.get<string>('/a?session=3&page=1');
    expect({ fromCache: cache.fromCache, data }).toEqual({ fromCache: true, data: recent.data });
    expect(await http.cache.hasUrl('/a?session=9&page=2')).toBe(true);
    expect(await http.cache.deleteUrl('/a?session=9&page=2')).toBe(1);
  });

  it('lets the more recent stay also where storage meets it first', async () => {
    const recent = await http.get<string>('/a?session=1');
    fixture().clock.advanceSeconds(-10);
    await http.get('/a?session=2');
    fixture().clock.advanceSeconds(10);
    http.cache.settings = { ignoredParameters: ['session'] };
    expect(await http.cache.recreateKeys()).toBe(2);
    expect(await http.cache.count()).toBe(1);
    expect((await http.get<string>('/a?session=3')).data).toBe(recent.data);
  });

  it('redacts what is now ignored', async () => {
    await http.get('/a?session=s3cret', { headers: { 'X-Session': 's3cret' } });
    http.cache.settings = { ignoredParameters: ['session', 'X-Session'] };
    expect(await http.cache.recreateKeys()).toBe(1);
    const records = await collect(fixture().backend.scan());
    for (const { head } of records) expect(Buffer.from(head).toString('latin1')).not.toContain('s3cret');
    expect((await http.get('/a?session=other', { headers: { 'X-Session': 'o' } })).cache.fromCache).toBe(
      true,
    );
  });

  it('keeps a variant by a field that is now ignored for those who sent it so', async () => {
    fixture().origin.handle(({ headers }) => ({
      headers: { Vary: 'X-Tenant' },
      body: String(headers['x-tenant']),
    }));
    for (const tenant of ['one', 'two']) await http.get('/a', { headers: { 'X-Tenant': tenant } });
    http.cache.settings = { ignoredParameters: ['X-Tenant'] };
    await http.cache.recreateKeys();
    for (const tenant of ['one', 'two']) {
      const { cache, data } = await http.get<string>('/a', { headers: { 'X-Tenant': tenant } });
      expect({ fromCache: cache.fromCache, data }).toEqual({ fromCache: true, data: tenant });
    }
    const [record] = await collect(fixture().backend.scan());
    expect(Buffer.from(record?.head ?? []).toString('latin1')).not.toContain('"two"');
  });

  it('keeps keys of the user’s own making, and users apart under them', async () => {
    const cache = { key: 'mine' };
    await http.get('/a', { ...ALICE, cache });
    await http.get('/a', { ...BOB, cache });
    await http.get('/b', { headers: { 'X-Tenant': 'one' } });
    http.cache.settings = { matchHeaders: ['X-Tenant'] };
    expect(await http.cache.recreateKeys()).toBe(1);
    for (const user of [ALICE, BOB]) {
      const { data, cache: found } = await http.get<string>('/a', { ...user, cache });
      expect(found).toMatchObject({ fromCache: true, key: 'mine' });
      expect(data).toContain(user.headers.Authorization);
    }
    expect(await isStored(http, { url: '/a' })).toBe(false);
  });

  it.each<[settings: string, change: CachedAxiosInstance['cache']['settings']]>([
    ['matchHeaders true', { matchHeaders: true }],
    ['matchHeaders with the credentials', { matchHeaders: ['Authorization'] }],
    ['another ignored parameter', { ignoredParameters: ['session'] }],
    ['an empty list of ignored parameters', { ignoredParameters: [] }],
    ['a content root key', { contentRootKey: 'data' }],
  ])('never lets one user’s response reach another or nobody: %s', async (_title, change) => {
    const before: AxiosRequestConfig[] = [
      { url: '/header', ...ALICE },
      { url: '/auth', auth: { username: 'alice', password: 'p' } },
      { url: '/query', params: { api_key: 'alice' } },
      { url: '/cookie', headers: { Cookie: 'sid=alice' } },
    ];
    for (const request of before) await http.request(request);
    http.cache.settings = change;
    await http.cache.recreateKeys();
    for (const request of before) expect(await isStored(http, request)).toBe(true);
    for (const url of ['/header', '/auth', '/query', '/cookie']) {
      expect(await isStored(http, { url })).toBe(false);
      expect(await isStored(http, { url, ...BOB })).toBe(false);
      expect(await isStored(http, { url, params: { api_key: 'bob' } })).toBe(false);
      expect(await isStored(http, { url, auth: { username: 'bob', password: 'p' } })).toBe(false);
    }
  });

  it('gives what was shared while credentials were ignored to nobody once they count again', async () => {
    http.cache.settings = { ignoredParameters: ['Authorization'] };
    await http.get('/a', ALICE);
    expect(await isStored(http, { url: '/a', ...BOB })).toBe(true);
    expect(await isStored(http, { url: '/a' })).toBe(false);

    http.cache.settings = { ignoredParameters: undefined };
    expect(await http.cache.recreateKeys()).toBe(1);
    for (const user of [ALICE, BOB, {}]) expect(await isStored(http, { url: '/a', ...user })).toBe(false);
    expect(await http.cache.count()).toBe(1);
  });

  it('does not touch what cannot be read', async () => {
    const { cache } = await http.get('/a?session=1');
    await fixture().damage(cache.key ?? '');
    http.cache.settings = { ignoredParameters: ['session'] };
    expect(await http.cache.recreateKeys()).toBe(0);
    expect(await http.cache.delete({ invalid: true })).toBe(1);
  });

  it('works for more than a page, each record once', async () => {
    for (let index = 0; index < 450; index++) {
      const config = { url: `/${index}`, headers: { 'X-Tenant': 'one' } };
      await http.cache.saveResponse({ data: `${index}`, status: 200, statusText: 'OK', headers: {}, config });
    }
    http.cache.settings = { matchHeaders: ['X-Tenant'] };
    expect(await http.cache.recreateKeys()).toBe(450);
    expect(await http.cache.recreateKeys()).toBe(0);
    expect(await http.cache.count()).toBe(450);
    expect((await http.get('/449', { headers: { 'X-Tenant': 'one' } })).cache.fromCache).toBe(true);
  });
});
