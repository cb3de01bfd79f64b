import { CookieJar } from 'tough-cookie';
import { type AxiosRequestConfig } from 'axios';
import { type ReceivedRequest } from '../helpers/origin-server.js';
import { COPIES, describeChains, page } from './redirect-chain.js';

/** Shows who asked. */
const whoAsked = ({ headers }: ReceivedRequest) =>
  page(`asked by ${headers.authorization ?? 'nobody'} ${headers.cookie ?? ''}`.trim());

const CREDENTIALS = ['authorization', 'cookie', 'x-api-key'];

const basic = (user: string): string => `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`;

type As = (user: string) => { config: AxiosRequestConfig; userinfo?: string };

const WAYS: readonly (readonly [string, As])[] = [
  ['an Authorization field', (user) => ({ config: { headers: { Authorization: basic(user) } } })],
  ['auth', (user) => ({ config: { auth: { username: user, password: 'secret' } } })],
  ['userinfo in the URL', (user) => ({ config: {}, userinfo: `${user}:secret@` })],
  ['cookies', (user) => ({ config: { headers: { Cookie: `user=${user}` } } })],
  ['an API key', (user) => ({ config: { headers: { 'X-API-Key': user } } })],
];

const CASES = COPIES.flatMap((copy) => WAYS.map(([way, as]) => [way, copy, as] as const));

describeChains('users on the way of redirects', (chain) => {
  it.each(CASES)('are kept apart at every URL of one origin: %s, with %s', async (_way, copy, as) => {
    const { origin } = chain();
    chain().route({ '/a': '/b', '/b': whoAsked });
    const http = chain().wrap(copy);
    const get = (user: string, path: string) => {
      const { config, userinfo = '' } = as(user);
      return http.get<string>(origin.url.replace('//', `//${userinfo}`) + path, config);
    };
    const first = await get('ann', '/a');
    const wasTold = Object.keys(origin.last.headers).some((name) => CREDENTIALS.includes(name));
    expect((await get('bob', '/a')).cache.hit).toBe(false);
    expect((await get('bob', '/b')).data).not.toContain(basic('ann'));
    const own = await get('ann', '/b');
    expect(own.cache.hit).toBe(wasTold);
    if (wasTold) expect(own.data).toBe(first.data);
    const nobody = await http.get<string>('/b');
    expect(nobody.data).toMatch(/^asked by nobody/);
    expect(nobody.data).not.toContain('ann');
  });

  it.each(CASES)('are not known at another origin that was not told: %s, with %s', async (way, copy, as) => {
    const { origin, other } = chain();
    chain().route({ '/a': `${other.url}/b` });
    chain().route({ '/b': whoAsked }, other);
    const http = chain().wrap(copy);
    const { config, userinfo = '' } = as('ann');
    const first = await http.get<string>(`${origin.url.replace('//', `//${userinfo}`)}/a`, config);
    const told = Object.keys(other.last.headers).some((name) => CREDENTIALS.includes(name));
    const nobody = await http.get<string>(`${other.url}/b`);
    expect(nobody.cache.hit).toBe(!told);
    if (!told) expect(nobody.data).toBe(first.data);
    expect(told).toBe(way === 'an API key');
    // Whoever asks there with credentials is somebody whom the chain knew nothing of.
    const withCredentials = await http.get(`${other.url}/b`, { headers: { Authorization: basic('ann') } });
    expect(withCredentials.cache.hit).toBe(false);
  });

  it.each(COPIES)(
    'get no answer of each other through an origin that was told by a redirect, with %s',
    async (copy) => {
      const { other } = chain();
      chain().route({
        '/a': ({ headers }: ReceivedRequest) =>
          `${other.url}/b?token=${headers.authorization === basic('ann') ? 'A' : 'B'}`,
      });
      chain().route({ '/b': ({ url }: ReceivedRequest) => page(url) }, other);
      const http = chain().wrap(copy);
      const asked = (user: string) => http.get<string>('/a', { headers: { Authorization: basic(user) } });
      expect([(await asked('ann')).data, (await asked('bob')).data]).toEqual(['/b?token=A', '/b?token=B']);
      expect([(await asked('ann')).data, (await asked('bob')).data]).toEqual(['/b?token=A', '/b?token=B']);
      const known = await http.get<string>(`${other.url}/b?token=A`);
      expect([known.cache.hit, known.data]).toEqual([true, '/b?token=A']);
      expect((await http.get(`${other.url}/b?token=C`)).cache.hit).toBe(false);
      expect((await http.get(`${other.url}/b`)).cache.hit).toBe(false);
    },
  );

  it('whom the cookies of a jar tell at a later URL only get nothing of each other', async () => {
    const { origin } = chain();
    chain().route({ '/a': '/me', '/me': whoAsked });
    const http = chain().wrap();
    const asked = (user: string) => {
      const jar = new CookieJar();
      jar.setCookieSync(`user=${user}; Path=/me`, origin.url);
      // As the packages do that know such jars: below the adapter, for each URL its own.
      const beforeRedirect = (options: Record<string, unknown>): void => {
        const headers = options['headers'] as Record<string, string>;
        headers['Cookie'] = jar.getCookieStringSync(String(options['href']));
      };
      return http.get<string>('/a', { jar, beforeRedirect } as AxiosRequestConfig);
    };
    expect((await asked('ann')).data).toBe('asked by nobody user=ann');
    expect((await asked('bob')).data).toBe('asked by nobody user=bob');
    expect((await http.get('/me')).data).toBe('asked by nobody');
  });

  it('whom a jar tells everywhere find their own by every URL', async () => {
    const { origin } = chain();
    chain().route({ '/a': '/b', '/b': whoAsked });
    const http = chain().wrap();
    const asked = (path: string, user: string) => {
      const jar = new CookieJar();
      jar.setCookieSync(`user=${user}`, origin.url);
      return http.get<string>(path, { jar } as AxiosRequestConfig);
    };
    await asked('/a', 'ann');
    expect((await asked('/b', 'ann')).cache.hit).toBe(true);
    expect((await asked('/b', 'bob')).cache.hit).toBe(false);
    expect((await http.get('/b')).cache.hit).toBe(false);
  });

  it.each(COPIES)('whom beforeRedirect gives credentials are nobody else, with %s', async (copy) => {
    chain().route({ '/a': '/b', '/b': whoAsked });
    const http = chain().wrap(copy);
    const asked = (change: (options: Record<string, unknown>) => void) =>
      http.get<string>('/a', { beforeRedirect: change });
    // The example of axios's own documentation.
    const withAuth = await asked((options) => (options['auth'] = 'ann:secret'));
    expect([withAuth.data, withAuth.cache.stored]).toEqual([`asked by ${basic('ann')}`, false]);
    const withField = await asked((options) => {
      (options['headers'] as Record<string, string>)['Authorization'] = 'Bearer bob';
    });
    expect([withField.data, withField.cache.stored]).toEqual(['asked by Bearer bob', false]);
    expect((await http.get('/b')).data).toBe('asked by nobody');
  });

  it('who list a name as ignored share what is found by it, but not with those who have none', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap('axios', { ignoredParameters: ['Authorization'] });
    await http.get('/a', { headers: { Authorization: 'one' } });
    expect((await http.get('/b')).cache.hit).toBe(false);
    await http.cache.clear();
    await http.get('/a', { headers: { Authorization: 'one' } });
    const { origin } = chain();
    const wasSent = origin.requests.at(-1)?.headers.authorization !== undefined;
    expect((await http.get('/b', { headers: { Authorization: 'two' } })).cache.hit).toBe(wasSent);
  });
});
