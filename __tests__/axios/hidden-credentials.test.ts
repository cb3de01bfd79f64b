import { Agent } from 'node:https';
import axios, { type AxiosRequestConfig } from 'axios';
import { CookieJar } from 'tough-cookie';
import { withCache } from '../../lib/index.js';
import { clientIdentityOf } from '../../lib/axios/hidden-credentials.js';
import { OriginServer } from '../helpers/origin-server.js';

describe('credentials that are added below the adapter', () => {
  let origin: OriginServer;

  beforeEach(async () => {
    origin = await OriginServer.start((_request, count) => ({ body: `answer ${count}` }));
  });
  afterEach(() => origin.close());

  const wrapped = () => withCache(axios.create({ baseURL: origin.url }), { backend: 'memory' });
  const jarOf = (cookie: string | undefined): CookieJar => {
    const jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
    if (cookie !== undefined) jar.setCookieSync(cookie, origin.url);
    return jar;
  };
  const withJar = (jar: unknown) => ({ jar }) as AxiosRequestConfig;

  it('cookies of a jar keep users apart', async () => {
    const http = wrapped();
    const alice = await http.get('/me', withJar(jarOf('sid=alice')));
    const bob = await http.get('/me', withJar(jarOf('sid=bob')));
    expect([alice.data, bob.data]).toEqual(['answer 1', 'answer 2']);
    expect((await http.get('/me', withJar(jarOf('sid=alice')))).data).toBe('answer 1');
    expect((await http.get('/me')).data).toBe('answer 3');
  });

  it('a jar without cookies for the URL is anonymous', async () => {
    const http = wrapped();
    await http.get('/me', withJar(jarOf(undefined)));
    expect((await http.get('/me')).cache.hit).toBe(true);
  });

  it('cookies of a jar and those of the caller count together', async () => {
    const http = wrapped();
    const ask = (own: string) => http.get('/me', { ...withJar(jarOf('sid=a')), headers: { Cookie: own } });
    await ask('theme=dark');
    expect((await ask('theme=light')).cache.hit).toBe(false);
    expect((await ask('theme=dark')).cache.hit).toBe(true);
  });

  it('a jar that cannot be read at once makes the request bypass the cache', async () => {
    const http = wrapped();
    const jar = {
      getCookieStringSync: () => {
        throw new Error('asynchronous store');
      },
    };
    for (let turn = 0; turn < 2; turn++)
      expect((await http.get('/me', withJar(jar))).cache.fwd).toBe('bypass');
    expect(await http.cache.count()).toBe(0);
  });

  it('client certificates keep users apart', async () => {
    const http = wrapped();
    const ask = (cert: string | Buffer) => http.get('/me', { httpsAgent: new Agent({ cert, key: 'k' }) });
    await ask('alice');
    expect((await ask('bob')).cache.hit).toBe(false);
    expect((await ask(Buffer.from('alice'))).cache.hit).toBe(false);
    expect((await ask('alice')).cache.hit).toBe(true);
    expect((await http.get('/me')).cache.hit).toBe(false);
  });

  it.each([
    ['no agent', {}, undefined],
    ['an agent without a certificate', { httpsAgent: new Agent() }, undefined],
    ['text', { httpsAgent: new Agent({ cert: 'c', key: 'k' }) }, 'c\nk'],
    ['bytes', { httpsAgent: new Agent({ pfx: Buffer.from('p') }) }, 'cA=='],
    ['lists and objects', { httpsAgent: new Agent({ cert: ['a', 'b'], key: [{ pem: 'k' }] }) }, 'a\nb\nk'],
  ])('are told by %s', (_what, config, expected) => {
    expect(clientIdentityOf(config as never)).toBe(expected);
  });
});

describe('the Host field', () => {
  it('is part of what is asked for', async () => {
    const origin = await OriginServer.start(({ headers }) => ({ body: `host ${headers.host ?? ''}` }));
    const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory' });
    const ask = (host: string) => http.get('/', { headers: { Host: host } });
    expect((await ask('tenant-a')).data).toBe('host tenant-a');
    expect((await ask('tenant-b')).data).toBe('host tenant-b');
    expect((await ask('tenant-a')).cache.hit).toBe(true);
    await origin.close();
  });
});
