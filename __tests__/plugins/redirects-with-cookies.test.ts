import { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { wrapper } from 'axios-cookiejar-support';
import { CookieJar } from 'tough-cookie';
import { type CacheOptions } from '../../lib/index.js';
import { type ReceivedRequest } from '../helpers/origin-server.js';
import { useBench } from '../helpers/bench.js';
import { ORDERS, withPlugin } from './set-up.js';

const jarOf = (url?: string, ...cookies: string[]): CookieJar => {
  const jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
  for (const cookie of cookies) jar.setCookieSync(cookie, url ?? '');
  return jar;
};

/** The origin by another host name: cookies know hosts, and no ports. */
const elsewhere = (url: string): string => url.replace('127.0.0.1', 'localhost');

describe.each(ORDERS)('cookies of a jar that are sent along a chain of redirects, added %s', (order) => {
  const bench = useBench();

  const supporting = (options: CacheOptions = {}, config: AxiosRequestConfig = {}) =>
    withPlugin(bench(), order, (instance: AxiosInstance) => wrapper(instance), options, config);

  const whoami = ({ headers }: ReceivedRequest) => ({
    body: `for ${headers.cookie ?? 'nobody'}`,
  });

  it('what one user is given at the end of a chain is not for another: cookies of a path', async () => {
    bench().answer((request) =>
      request.url === '/go' ? { status: 302, headers: { location: '/private/me' } } : whoami(request),
    );
    const http = supporting();
    for (const user of ['alice', 'bob']) {
      const jar = jarOf(`${bench().origin.url}/private/`, `sid=${user}; Path=/private`);
      expect((await http.get('/go', { jar })).data).toBe(`for sid=${user}`);
    }
  });

  it('what one user is given at the end of a chain is not for another: cookies of another host', async () => {
    const { url } = bench().origin;
    bench().answer((request) =>
      request.url === '/go'
        ? { status: 302, headers: { location: `${elsewhere(url)}/me` } }
        : whoami(request),
    );
    const http = supporting();
    for (const user of ['alice', 'bob']) {
      const jar = jarOf(elsewhere(url), `sid=${user}`);
      expect((await http.get('/go', { jar })).data).toBe(`for sid=${user}`);
    }
  });

  it('what one user is given after a hop has set a cookie is not for another', async () => {
    let user = 'alice';
    bench().answer((request) =>
      request.url === '/go'
        ? {
            status: 302,
            headers: { location: '/me', 'set-cookie': `sid=${user}; Path=/` },
          }
        : whoami(request),
    );
    const http = supporting();
    expect((await http.get('/go', { jar: jarOf() })).data).toBe('for sid=alice');
    user = 'bob';
    expect((await http.get('/go', { jar: jarOf() })).data).toBe('for sid=bob');
  });

  it('who has other cookies at the end of a chain is not given what was stored for nobody', async () => {
    const { url } = bench().origin;
    bench().answer((request) =>
      request.url === '/go'
        ? { status: 302, headers: { location: `${elsewhere(url)}/me` } }
        : whoami(request),
    );
    const http = supporting();
    expect((await http.get('/go')).data).toBe('for nobody');
    const alice = await http.get('/go', { jar: jarOf(elsewhere(url), 'sid=alice') });
    expect([alice.data, alice.cache.fromCache]).toEqual(['for sid=alice', false]);
    const anonymous = await http.get('/go', { jar: jarOf() });
    expect(anonymous.data).toBe('for nobody');
  });

  it('cookies of a hop in the middle keep users apart, too', async () => {
    const { url } = bench().origin;
    bench().answer((request) => {
      if (request.url === '/go') return { status: 302, headers: { location: `${elsewhere(url)}/sso` } };
      if (request.url !== '/sso') return { body: `ticket ${request.url}` };
      const { body } = whoami(request);
      return { status: 302, headers: { location: `${url}/end?${encodeURIComponent(body)}` } };
    });
    const http = supporting();
    for (const user of ['alice', 'bob']) {
      const jar = jarOf(elsewhere(url), `sid=${user}`);
      expect((await http.get('/go', { jar })).data).toContain(user);
    }
  });

  it('a chain that sees the same cookies everywhere is stored, for those who have them', async () => {
    const { url } = bench().origin;
    bench().answer((request) =>
      request.url === '/go' ? { status: 302, headers: { location: '/me' } } : whoami(request),
    );
    const http = supporting();
    for (const fromCache of [false, true]) {
      for (const user of ['alice', 'bob']) {
        const response = await http.get('/go', { jar: jarOf(url, `sid=${user}`) });
        expect([response.data, response.cache.fromCache]).toEqual([`for sid=${user}`, fromCache]);
      }
    }
  });

  it.each([{}, { readOnly: true }])(
    'of users who ask at the same time each gets its own: %j',
    async (options) => {
      const { url } = bench().origin;
      bench().answer((request) =>
        request.url === '/go'
          ? { status: 302, headers: { location: `${elsewhere(url)}/me` } }
          : whoami(request),
      );
      const http = supporting(options);
      const users = ['alice', 'bob', 'carol', 'alice'];
      const answers = await Promise.all(
        users.map((user) => http.get<string>('/go', { jar: jarOf(elsewhere(url), `sid=${user}`) })),
      );
      expect(answers.map(({ data }) => data)).toEqual(users.map((user) => `for sid=${user}`));
    },
  );
});
