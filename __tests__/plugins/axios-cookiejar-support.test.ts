import { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { wrapper } from 'axios-cookiejar-support';
import { HttpCookieAgent } from 'http-cookie-agent/http';
import { CookieJar } from 'tough-cookie';
import { type CacheOptions } from '../../lib/index.js';
import { type ReceivedRequest } from '../helpers/origin-server.js';
import { useBench } from '../helpers/bench.js';
import { ORDERS, withoutCache, withPlugin } from './set-up.js';

const jarOf = (url?: string, ...cookies: string[]): CookieJar => {
  const jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
  for (const cookie of cookies) jar.setCookieSync(cookie, url ?? '');
  return jar;
};

describe.each(ORDERS)('axios-cookiejar-support, added %s', (order) => {
  const bench = useBench();

  const supporting = (options: CacheOptions = {}, config: AxiosRequestConfig = {}) =>
    withPlugin(bench(), order, (instance: AxiosInstance) => wrapper(instance), options, config);

  const whoami = ({ headers }: ReceivedRequest) => ({ body: `for ${headers.cookie ?? 'nobody'}` });

  it('sends the cookies of the jar, as without a cache', async () => {
    bench().answer(whoami);
    const jar = jarOf(bench().origin.url, 'sid=alice', 'theme=dark; Path=/', 'other=1; Path=/elsewhere');
    const asked = { jar, headers: { 'X-Mine': '1' } };
    await withoutCache(bench(), wrapper).get('/me', asked);
    const expected = bench().origin.requests.splice(0);
    const http = supporting();
    const miss = await http.get('/me', asked);
    expect(bench().origin.requests).toEqual(expected);
    expect(miss.data).toBe('for sid=alice; theme=dark');
    const hit = await http.get('/me', asked);
    expect([hit.data, hit.cache.fromCache]).toEqual([miss.data, true]);
  });

  it('users with different jars never share, the same cookies in two jars do', async () => {
    bench().answer(whoami);
    const http = supporting();
    const { url } = bench().origin;
    for (const fromCache of [false, true]) {
      for (const user of ['alice', 'bob']) {
        const response = await http.get('/me', { jar: jarOf(url, `sid=${user}`) });
        expect([response.data, response.cache.fromCache]).toEqual([`for sid=${user}`, fromCache]);
      }
      const anonymous = await http.get('/me', { jar: jarOf() });
      expect([anonymous.data, anonymous.cache.fromCache]).toEqual(['for nobody', fromCache]);
    }
    expect((await http.get('/me')).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(3);
  });

  it('a jar in the defaults of the instance counts as one of the request', async () => {
    bench().answer(whoami);
    const { url } = bench().origin;
    const ofAlice = supporting({}, { jar: jarOf(url, 'sid=alice') });
    const ofBob = supporting({}, { jar: jarOf(url, 'sid=bob') });
    for (const fromCache of [false, true]) {
      const [alice, bob] = [await ofAlice.get('/me'), await ofBob.get('/me')];
      expect([alice.data, bob.data]).toEqual(['for sid=alice', 'for sid=bob']);
      expect([alice.cache.fromCache, bob.cache.fromCache]).toEqual([fromCache, fromCache]);
    }
  });

  it('no cookie is stored in clear', async () => {
    bench().answer(() => ({ headers: { 'set-cookie': 'sid=planted-secret' }, body: 'x' }));
    const http = supporting({}, { jar: jarOf(bench().origin.url, 'sid=sent-secret') });
    await http.get('/me');
    const stored: unknown[] = [];
    for await (const response of http.cache.filter()) stored.push(response);
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toMatch(/sent-secret|planted-secret/);
  });

  it('Set-Cookie reaches the jar and the caller on a miss; a hit says nothing of it and leaves the jar alone', async () => {
    bench().answer(() => ({ headers: { 'set-cookie': ['sid=new; Path=/deep', 'b=2'] }, body: 'x' }));
    const http = supporting();
    const jar = jarOf();
    const miss = await http.get('/deep/a', { jar });
    expect(miss.headers['set-cookie']).toEqual(['sid=new; Path=/deep', 'b=2']);
    expect(jar.getCookieStringSync(`${bench().origin.url}/deep/a`)).toBe('sid=new; b=2');
    const later = jarOf();
    const hit = await http.get('/deep/a', { jar: later });
    expect([hit.cache.fromCache, hit.headers['set-cookie']]).toEqual([true, undefined]);
    expect(later.serializeSync()?.cookies).toEqual([]);
  });

  it('with replayCookies a hit shows Set-Cookie, and puts it into the jar, by its own rules', async () => {
    const { url } = bench().origin;
    const cookies = [
      'sid=new; Path=/deep',
      'b=2; Path=/; Max-Age=100',
      'evil=1; Domain=example.org',
      'no cookie at all;;',
    ];
    bench().answer(() => ({ headers: { 'set-cookie': cookies }, body: 'x' }));
    const http = supporting({ replayCookies: true });
    await http.get('/deep/a', { jar: jarOf() });
    const jar = jarOf();
    const hit = await http.get('/deep/a', { jar });
    expect([hit.cache.fromCache, hit.headers['set-cookie']]).toEqual([true, cookies]);
    expect(bench().origin.count()).toBe(1);
    expect(jar.getCookieStringSync(`${url}/deep/a`)).toMatch(/^sid=new; b=2/);
    expect(jar.getCookieStringSync(`${url}/elsewhere`)).toMatch(/^b=2/);
    expect(jar.getCookieStringSync('http://example.org/')).toBe('');
  });

  it('with replayCookies those of redirects reach the jar, each at its own URL', async () => {
    const { url } = bench().origin;
    bench().answer((request) =>
      request.url === '/login'
        ? { status: 302, headers: { location: '/home', 'set-cookie': 'first=1; Path=/login' } }
        : { headers: { 'set-cookie': 'second=2; Path=/home' }, body: 'home' },
    );
    const http = supporting({ replayCookies: true });
    await http.get('/login', { jar: jarOf() });
    const jar = jarOf();
    const hit = await http.get('/login', { jar });
    expect([hit.cache.fromCache, bench().origin.count()]).toEqual([true, 2]);
    expect(jar.getCookieStringSync(`${url}/login`)).toBe('first=1');
    expect(jar.getCookieStringSync(`${url}/home`)).toBe('second=2');
  });

  it('a revalidation does not put older cookies over those that it brings', async () => {
    const { url } = bench().origin;
    bench().answer((request) =>
      request.headers['if-none-match'] === undefined
        ? { headers: { etag: '"1"', 'set-cookie': ['sid=old', 'gone=1'] }, body: 'x' }
        : { status: 304, headers: { etag: '"1"', 'set-cookie': 'sid=new' } },
    );
    const http = supporting({ replayCookies: true });
    await http.get('/a', { jar: jarOf() });
    const jar = jarOf();
    const confirmed = await http.get('/a', { jar, cache: { refresh: true } });
    expect(confirmed.cache.revalidated).toBe(true);
    expect(jar.getCookieStringSync(url)).toBe('sid=new');
  });

  it.each([
    [
      'throws',
      {
        setCookie: () => {
          throw new Error('full');
        },
      },
    ],
    ['rejects', { setCookie: () => Promise.reject(new Error('full')) }],
    ['cannot be written', { setCookie: undefined }],
  ])('a jar that %s does not make a hit fail', async (_how, broken) => {
    bench().answer(() => ({ headers: { 'set-cookie': 'sid=new' }, body: 'x' }));
    const http = supporting({ replayCookies: true });
    await http.get('/a', { jar: jarOf() });
    const jar = Object.assign(jarOf(), broken) as CookieJar;
    const hit = await http.get('/a', { jar });
    expect([hit.cache.fromCache, hit.data]).toEqual([true, 'x']);
  });

  it('a log-in changes who asks: what was stored before is not for the one who is logged in', async () => {
    bench().answer((request) =>
      request.url === '/login'
        ? { status: 204, headers: { 'set-cookie': 'sid=alice; Path=/' } }
        : whoami(request),
    );
    const http = supporting({}, { jar: jarOf() });
    expect((await http.get('/me')).data).toBe('for nobody');
    await http.post('/login');
    const [first, again] = [await http.get('/me'), await http.get('/me')];
    expect([first.data, first.cache.fromCache]).toEqual(['for sid=alice', false]);
    expect([again.data, again.cache.fromCache]).toEqual(['for sid=alice', true]);
  });

  it('a revalidation sends the cookies, and its Set-Cookie reaches the jar', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === undefined
        ? { headers: { etag: '"1"' }, body: 'x' }
        : { status: 304, headers: { etag: '"1"', 'set-cookie': 'seen=yes' } },
    );
    const jar = jarOf(bench().origin.url, 'sid=alice');
    const http = supporting({ expireAfter: 1 }, { jar });
    await http.get('/a');
    bench().pass(2);
    const response = await http.get('/a');
    expect([response.status, response.data, response.cache.revalidated]).toEqual([200, 'x', true]);
    expect(bench().origin.last.headers.cookie).toBe('sid=alice');
    expect(jar.getCookieStringSync(bench().origin.url)).toBe('sid=alice; seen=yes');
  });

  describe('with redirects', () => {
    it('cookies of every hop reach the jar and the next hop, as without a cache', async () => {
      bench().answer((request) =>
        request.url === '/login'
          ? { status: 302, headers: { location: '/home', 'set-cookie': 'sid=fresh; Path=/' } }
          : whoami(request),
      );
      const plain = await withoutCache(bench(), wrapper).get('/login', { jar: jarOf() });
      const http = supporting();
      const jar = jarOf();
      const miss = await http.get('/login', { jar });
      expect([miss.data, plain.data]).toEqual(['for sid=fresh', 'for sid=fresh']);
      expect(jar.getCookieStringSync(`${bench().origin.url}/home`)).toBe('sid=fresh');
    });
  });
});

describe('an agent of http-cookie-agent, which has a jar of its own', () => {
  const bench = useBench();

  it('keeps users apart as a jar in the config does', async () => {
    bench().answer(({ headers }) => ({ body: `for ${headers.cookie ?? 'nobody'}` }));
    const http = bench().wrap();
    const agentOf = (jar: CookieJar) => ({ httpAgent: new HttpCookieAgent({ cookies: { jar } }) });
    for (const fromCache of [false, true]) {
      for (const user of ['alice', 'bob']) {
        const response = await http.get('/me', agentOf(jarOf(bench().origin.url, `sid=${user}`)));
        expect([response.data, response.cache.fromCache]).toEqual([`for sid=${user}`, fromCache]);
      }
      expect((await http.get('/me', agentOf(jarOf()))).data).toBe('for nobody');
    }
    expect((await http.get('/me')).cache.fromCache).toBe(true);
  });
});
