import { Agent } from 'node:http';
import { Socket } from 'node:net';
import axios, { type AxiosError, type AxiosRequestConfig } from 'axios';
import { deadUrl, useBench } from '../helpers/bench.js';

const caught = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error as AxiosError,
  );

/** Gives connections that break at once. */
class BrokenAgent extends Agent {
  override createConnection(): Socket {
    const socket = new Socket();
    process.nextTick(() => socket.destroy(new Error('no connection by this agent')));
    return socket;
  }
}

const refusing = (): void => {
  throw new Error('not there');
};

describe('who waits for a request that fails', () => {
  const bench = useBench();

  const OWN: readonly [what: string, config: () => AxiosRequestConfig | Promise<AxiosRequestConfig>][] = [
    ['a limit', () => ({ maxContentLength: 2 })],
    [
      'a proxy',
      async () => {
        const { hostname, port } = new URL(await deadUrl());
        return { proxy: { protocol: 'http', host: hostname, port: Number(port) } };
      },
    ],
    ['an agent', () => ({ httpAgent: new BrokenAgent() })],
    ['a beforeRedirect', () => ({ beforeRedirect: refusing })],
    ['a fetch', () => ({ adapter: 'fetch', env: { fetch: () => Promise.reject(new TypeError('broken')) } })],
  ];

  // axios 1.7 has no `env.fetch`.
  const known = OWN.filter(([what]) => what !== 'a fetch' || !axios.VERSION.startsWith('1.7.'));

  it.each(known)('by %s of its own alone asks for itself', async (_what, make) => {
    bench().answer(({ url }) =>
      url === '/a' ? { status: 302, headers: { Location: '/b' } } : { body: 'hello' },
    );
    const config = await make();
    const http = bench().wrap({ staleIfError: true }, { adapter: config.adapter ?? 'http' });
    const failing = caught(http.get('/a', config));
    const others = await Promise.all([1, 2, 3].map(() => http.get('/a')));
    expect((await failing).response).toBeUndefined();
    expect(others.map(({ data }) => data as unknown)).toEqual(['hello', 'hello', 'hello']);
  });

  it('does not use what is stale because of the means of another', async () => {
    const http = bench().wrap({ expireAfter: 10, staleIfError: true });
    await http.get('/a');
    bench().pass(11);
    bench().answer(() => ({ body: 'newer' }));
    const failing = http.get('/a', { maxContentLength: 2 }).catch((error: unknown) => error);
    expect((await http.get('/a')).data).toBe('newer');
    await failing;
  });

  it.each<[string, () => AxiosRequestConfig]>([
    ['limits', () => ({ maxContentLength: 2 })],
    ['functions', () => ({ beforeRedirect: refusing })],
    ['redirects of its own that were not to blame', () => ({ beforeRedirect: () => undefined })],
  ])('by the same means fails with it: %s', async (what, make) => {
    bench().answer(({ url }) => {
      if (what.startsWith('redirects')) return (_request, response) => void response.destroy();
      return url === '/a' && what === 'functions'
        ? { status: 302, headers: { Location: '/b' } }
        : { body: 'hello' };
    });
    const http = bench().wrap();
    const errors = await Promise.all([1, 2, 3].map(() => caught(http.get('/a', make()))));
    expect(new Set(errors).size).toBe(3);
    expect(bench().origin.count()).toBe(1);
  });

  it('through the same proxy fails with it, though axios copies the options of each', async () => {
    const { hostname, port } = new URL(bench().origin.url);
    bench().answer(() => (_request, response) => void response.destroy());
    const http = bench().wrap({}, { baseURL: 'http://origin.invalid' });
    const proxy = { protocol: 'http', host: hostname, port: Number(port) };
    await Promise.all([1, 2, 3].map(() => caught(http.get('/a', { proxy: { ...proxy } }))));
    expect(bench().origin.count()).toBe(1);
  });
});
