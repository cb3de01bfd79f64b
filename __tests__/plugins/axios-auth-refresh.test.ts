import axios, { type AxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';
import createAuthRefresh, { type AxiosAuthRefreshOptions } from 'axios-auth-refresh';
import { type CacheOptions } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { until } from '../helpers/until.js';
import { failureOf, type Order, ORDERS, withoutCache, withPlugin } from './set-up.js';

/** A user whose token is out of date: the origin accepts another, which it gives to whoever asks. */
class Session {
  token = 'Bearer 0';
  refreshes = 0;
  refusals = 0;
  /** Lets refreshes go on; they wait for it once `hold` was called. */
  release: () => void = () => undefined;
  #gate: Promise<void> = Promise.resolve();

  hold(): void {
    this.#gate = new Promise((resolve) => (this.release = resolve));
  }

  readonly addTo =
    (refresh: (session: Session) => Promise<void>, options?: AxiosAuthRefreshOptions) =>
    (instance: AxiosInstance): void => {
      instance.interceptors.request.use((config: InternalAxiosRequestConfig) => {
        config.headers.set('Authorization', this.token);
        return config;
      });
      instance.interceptors.response.use(undefined, (error: unknown) => {
        this.refusals += 1;
        throw error;
      });
      createAuthRefresh(
        instance,
        async () => {
          this.refreshes += 1;
          await this.#gate;
          await refresh(this);
        },
        options,
      );
    };
}

describe.each(ORDERS)('axios-auth-refresh, added %s', (order: Order) => {
  const bench = useBench();

  beforeEach(() => {
    bench().answer(({ url, headers }) => {
      if (url === '/token') return { body: 'Bearer 1' };
      return headers.authorization === 'Bearer 1'
        ? { headers: { etag: '"1"' }, body: `${url} ${headers.authorization}` }
        : { status: 401, body: 'expired' };
    });
  });

  const fetchToken = async (session: Session): Promise<void> => {
    session.token = (await axios.get<string>(`${bench().origin.url}/token`)).data;
  };

  const refreshing = (options: CacheOptions = {}, more: AxiosAuthRefreshOptions = {}) => {
    const session = new Session();
    return { session, http: withPlugin(bench(), order, session.addTo(fetchToken, more), options) };
  };

  const asked = (): unknown[] =>
    bench().origin.requests.map(({ url, headers }) => [url, headers.authorization]);

  it('401, refresh, sent again: the caller gets what the new token gets, and then hits', async () => {
    const { session, http } = refreshing();
    const miss = await http.get('/a');
    expect([miss.data, miss.cache.fromCache, miss.cache.stored]).toEqual(['/a Bearer 1', false, true]);
    expect(asked()).toEqual([
      ['/a', 'Bearer 0'],
      ['/token', undefined],
      ['/a', 'Bearer 1'],
    ]);
    const hit = await http.get('/a');
    expect([hit.data, hit.cache.fromCache, hit.headers['etag']]).toEqual(['/a Bearer 1', true, '"1"']);
    expect(session.refreshes).toBe(1);
    expect(bench().origin.count()).toBe(3);
  });

  it('asks what is asked without a cache', async () => {
    const session = new Session();
    const plain = withoutCache(bench(), session.addTo(fetchToken));
    const ask = async (http: AxiosInstance): Promise<void> => {
      await http.get('/a', { params: { q: 'x y' }, headers: { 'X-Mine': '1' } });
      session.token = 'Bearer 0';
      await http.post('/b', { n: 1 });
    };
    await ask(plain);
    const expected = bench().origin.requests.splice(0);
    expect(expected).toHaveLength(6);
    session.token = 'Bearer 0';
    await ask(withPlugin(bench(), order, session.addTo(fetchToken)));
    expect(bench().origin.requests).toEqual(expected);
  });

  it('the 401 is not stored, and what was stored is under the new token only', async () => {
    const { session, http } = refreshing();
    await http.get('/a');
    expect(await http.cache.count()).toBe(1);
    session.token = 'Bearer of somebody else';
    const error = await failureOf<AxiosError>(http.get('/a', { skipAuthRefresh: true } as object));
    expect([error.status, error.response?.cache.fromCache]).toEqual([401, false]);
    session.token = 'Bearer 1';
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it('a 401 that the user has stored is an answer to the old token, and does not keep the new one out', async () => {
    const { session, http } = refreshing({ allowableCodes: [200, 401] });
    expect((await http.get('/a')).data).toBe('/a Bearer 1');
    session.token = 'Bearer 0';
    const response = await http.get('/a');
    expect([response.data, response.cache.fromCache]).toEqual(['/a Bearer 1', true]);
    expect(session.refreshes).toBe(2);
    expect(bench().origin.count('/a')).toBe(2);
  });

  it.each([true, false])(
    'concurrent 401s refresh once, and each caller fares as without a cache (deduplicateRefresh: %s)',
    async (deduplicateRefresh) => {
      const urls = ['/a', '/a', '/b', '/c', '/a'];
      const fare = async (session: Session, http: AxiosInstance): Promise<unknown[]> => {
        session.hold();
        const answers = Promise.allSettled(urls.map((url) => http.get<string>(url)));
        await until(() => session.refusals === urls.length);
        session.release();
        expect(session.refreshes).toBe(1);
        return (await answers).map((answer) =>
          answer.status === 'fulfilled' ? answer.value.data : (answer.reason as AxiosError).message,
        );
      };
      const plain = new Session();
      const expected = await fare(
        plain,
        withoutCache(bench(), plain.addTo(fetchToken, { deduplicateRefresh })),
      );
      expect(expected).toContain('/a Bearer 1');
      const { session, http } = refreshing({}, { deduplicateRefresh });
      expect(await fare(session, http)).toEqual(expected);
      expect(bench().origin.count('/token')).toBe(2);
      for (const url of urls) expect((await http.get<string>(url)).data).toBe(`${url} Bearer 1`);
      expect(await http.cache.count()).toBe(3);
    },
  );

  it('what is asked for during a refresh waits for the new token, under which it may be stored', async () => {
    const { session, http } = refreshing();
    await http.get('/a');
    session.token = 'Bearer 0';
    session.hold();
    const refused = http.get('/b');
    await until(() => session.refreshes === 2);
    const waiting = http.get('/a');
    session.release();
    expect((await refused).data).toBe('/b Bearer 1');
    const response = await waiting;
    expect([response.data, response.cache.fromCache]).toEqual(['/a Bearer 1', true]);
    expect(bench().origin.count('/a')).toBe(2);
  });

  it('a refresh that fails gives the callers the error that they get without a cache', async () => {
    const told = ({ message, code, status, response, config }: AxiosError) => ({
      message,
      code,
      status,
      data: response?.data,
      adapter: config?.adapter,
    });
    const failing = async (): Promise<never> => {
      throw await failureOf(axios.get(`${bench().origin.url}/gone`));
    };
    const plain = await failureOf<AxiosError>(withoutCache(bench(), new Session().addTo(failing)).get('/a'));
    const http = withPlugin(bench(), order, new Session().addTo(failing));
    const error = await failureOf<AxiosError>(http.get('/a'));
    expect(told(error)).toEqual(told(plain));
    expect(await http.cache.count()).toBe(0);
  });

  it('gives up where the new token is refused, too, after as many attempts as without a cache', async () => {
    bench().answer(({ url }) => (url === '/token' ? { body: 'Bearer never' } : { status: 401 }));
    await failureOf(withoutCache(bench(), new Session().addTo(fetchToken)).get('/a'));
    const expected = bench().origin.requests.splice(0);
    const error = await failureOf<AxiosError>(
      withPlugin(bench(), order, new Session().addTo(fetchToken)).get('/a'),
    );
    expect(error.status).toBe(401);
    expect(bench().origin.requests).toEqual(expected);
  });

  it('a stale answer is confirmed under the new token', async () => {
    const { session, http } = refreshing({ expireAfter: 1 });
    await http.get('/a');
    bench().pass(2);
    bench().answer(({ url, headers }) => {
      if (url === '/token') return { body: 'Bearer 1' };
      if (headers.authorization !== 'Bearer 1') return { status: 401 };
      return headers['if-none-match'] === '"1"' ? { status: 304 } : { body: 'anew' };
    });
    session.token = 'Bearer 0';
    const response = await http.get('/a');
    expect([response.status, response.data, response.cache.revalidated]).toEqual([200, '/a Bearer 1', true]);
  });

  it('may resend through another instance, which has no cache (retryInstance)', async () => {
    const plain = bench().plain();
    const { session, http } = refreshing({}, { retryInstance: plain });
    plain.interceptors.request.use((config) => {
      config.headers.set('Authorization', session.token);
      return config;
    });
    const response = await http.get<string>('/a');
    expect(response.data).toBe('/a Bearer 1');
    expect(await http.cache.count()).toBe(0);
    // Who comes last has the last word: a plugin added later has put a response of its own in the place of ours.
    expect(response.cache?.stored).toBe(order === 'before withCache' ? false : undefined);
  });
});
