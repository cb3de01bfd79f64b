import { Readable } from 'node:stream';
import axios, { type AxiosRequestConfig } from 'axios';
import { initBackend, type SavableResponse, withCache } from '../../lib/index.js';
import { collect, describeOnBackends } from './fixture.js';

function responseTo(config: AxiosRequestConfig, facts: Partial<SavableResponse> = {}): SavableResponse {
  return { data: 'by hand', status: 200, statusText: 'OK', headers: {}, ...facts, config };
}

describeOnBackends('saveResponse', (fixture) => {
  it.each<[what: string, data: unknown, type: AxiosRequestConfig['responseType'], expected: unknown]>([
    ['a Buffer, asked for as bytes', Buffer.from([0, 255, 128]), 'arraybuffer', Buffer.from([0, 255, 128])],
    ['a Uint8Array', new Uint8Array([104, 105]), 'text', 'hi'],
    ['an ArrayBuffer', new Uint8Array([104, 105]).buffer, 'text', 'hi'],
    ['text', 'grüß', 'text', 'grüß'],
    ['an object', { users: [{ name: 'Ada' }] }, 'json', { users: [{ name: 'Ada' }] }],
    ['an object, asked for as text', { a: 1 }, 'text', '{"a":1}'],
    ['an object, asked for as bytes', { a: 1 }, 'arraybuffer', Buffer.from('{"a":1}')],
    ['an array', [1, 'two'], undefined, [1, 'two']],
    ['null', null, undefined, null],
    ['nothing', undefined, undefined, undefined],
    ['empty text', '', undefined, ''],
  ])('stores %s, which then hits', async (_what, data, responseType, expected) => {
    const http = fixture().cached();
    const key = await http.cache.saveResponse(responseTo({ url: '/a' }, { data }));
    const found = await http.get('/a', responseType === undefined ? {} : { responseType });
    expect(found.cache).toMatchObject({ fromCache: true, key });
    expect(found.data).toEqual(expected);
    expect(fixture().origin.count()).toBe(0);
  });

  it('keeps status and header fields, whatever the policy would say', async () => {
    const http = fixture().cached({ cacheControl: true });
    const headers = { 'Cache-Control': 'no-store', 'X-Kind': 'test', 'Set-Cookie': ['sid=1'] };
    await http.cache.saveResponse(
      responseTo({ url: '/a' }, { status: 404, statusText: 'Gone Away', headers }),
    );
    const found = await http.cache.get({ url: '/a' });
    expect(found).toMatchObject({ status: 404, statusText: 'Gone Away' });
    expect(found?.headers).toEqual({ 'cache-control': 'no-store', 'x-kind': 'test' });
  });

  it('takes the lifetime that is given, or else the session’s', async () => {
    const http = fixture().cached({ expireAfter: '1m' });
    const { clock } = fixture();
    await http.cache.saveResponse(responseTo({ url: '/session' }));
    await http.cache.saveResponse(responseTo({ url: '/given' }), { expireAfter: 10 });
    await http.cache.saveResponse(responseTo({ url: '/never' }), { expireAfter: -1 });
    const expiry = async (url: string): Promise<number | undefined> =>
      (await http.cache.get({ url }))?.expiresAt?.getTime();
    expect(await expiry('/session')).toBe(clock.now() + 60_000);
    expect(await expiry('/given')).toBe(clock.now() + 10_000);
    expect(await expiry('/never')).toBeUndefined();
  });

  it('lets it be cleaned up when it is of no use any more', async () => {
    const http = fixture().cached({ staleIfError: 100 });
    await http.cache.saveResponse(responseTo({ url: '/a' }), { expireAfter: 10 });
    await http.cache.saveResponse(responseTo({ url: '/b' }, { headers: { ETag: '"1"' } }), {
      expireAfter: 10,
    });
    fixture().clock.advanceSeconds(109);
    expect(await http.cache.removeExpired()).toBe(0);
    fixture().clock.advanceSeconds(1);
    expect(await http.cache.removeExpired()).toBe(1);
    expect(await collect(http.cache.urls())).toEqual([`${fixture().origin.url}/b`]);
  });

  it('stores under a key of the user’s own, for one user', async () => {
    const http = fixture().cached();
    const headers = { Authorization: 'Bearer alice' };
    const config = { url: '/a', headers };
    expect(await http.cache.saveResponse(responseTo(config), { key: 'mine' })).toBe('mine');
    const asked = { cache: { key: 'mine', onlyIfCached: true }, validateStatus: () => true };
    expect((await http.get('/elsewhere', { ...asked, headers })).status).toBe(200);
    expect((await http.get('/elsewhere', asked)).status).toBe(504);
  });

  it('stores what a plain axios answered, so that this instance hits', async () => {
    fixture().origin.handle(() => ({
      headers: { Vary: 'Accept-Encoding, User-Agent, Accept-Language', 'Content-Type': 'application/json' },
      body: '{"a": 1.50}',
    }));
    const plain = axios.create({ baseURL: fixture().origin.url, headers: { 'Accept-Language': 'fr' } });
    const http = fixture().cached({}, { headers: { 'Accept-Language': 'fr' } });
    const answered = await plain.get('/a', { params: { page: 1 } });
    await http.cache.saveResponse(answered);

    const found = await http.get('/a', { params: { page: 1 } });
    expect({ fromCache: found.cache.fromCache, data: found.data }).toEqual({
      fromCache: true,
      data: { a: 1.5 },
    });
    const other = await http.get('/a', { params: { page: 1 }, headers: { 'Accept-Language': 'de' } });
    expect(other.cache.fromCache).toBe(false);
  });

  it('is found when all header fields count, too', async () => {
    const plain = axios.create({ baseURL: fixture().origin.url });
    const http = fixture().cached({ matchHeaders: true, allowableMethods: ['GET', 'POST'] });
    await http.cache.saveResponse(await plain.get('/a'));
    await http.cache.saveResponse(await plain.post('/a', { question: 1 }));
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    expect((await http.post('/a', { question: 1 })).cache.fromCache).toBe(true);
    expect((await http.post('/a', { question: 2 })).cache.fromCache).toBe(false);
  });

  it('brings a response back that has been deleted', async () => {
    const http = fixture().cached();
    const response = await http.get('/a');
    await http.cache.clear();
    expect(await http.cache.saveResponse(response)).toBe(response.cache.key);
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it('takes the place of what answered the request so far', async () => {
    fixture().origin.handle(() => ({ headers: { Vary: 'Accept-Language' }, body: 'older' }));
    const http = fixture().cached();
    await http.get('/a');
    await http.get('/a', { headers: { 'Accept-Language': 'fr' } });
    await http.cache.saveResponse(responseTo({ url: '/a' }));
    expect((await http.get('/a')).data).toBe('by hand');
    expect(await http.cache.count()).toBe(2);
  });

  it.each<[what: string, data: unknown]>([
    ['a stream', Readable.from(['x'])],
    ['a function', () => 'x'],
    ['what JSON cannot hold', { big: 1n }],
  ])('refuses %s', async (_what, data) => {
    const http = fixture().cached();
    await expect(http.cache.saveResponse(responseTo({ url: '/a' }, { data }))).rejects.toMatchObject({
      code: 'ERR_CACHE_UNSUPPORTED_BODY',
    });
    expect(await http.cache.count()).toBe(0);
  });
});

it('saveResponse says so when the backend’s limits do not allow the response', async () => {
  const http = withSmallMemory();
  await expect(
    http.cache.saveResponse(responseTo({ url: 'http://example.test/a' }, { data: 'x'.repeat(5000) })),
  ).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'put', backend: 'memory' });
  expect(await http.cache.count()).toBe(0);
});

function withSmallMemory() {
  return withCache(axios.create(), { backend: initBackend('small', 'memory', { maxBytes: 2000 }) });
}
