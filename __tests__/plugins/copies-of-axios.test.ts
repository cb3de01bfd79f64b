import axios, { type AxiosError, type AxiosInstance, type AxiosStatic } from 'axios';
import AxiosMockAdapter from 'axios-mock-adapter';
import axiosRetry from 'axios-retry';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { failureOf } from './set-up.js';

type Loaded = AxiosStatic & { default?: AxiosStatic };

/** A module of axios, loaded for itself: other classes, other interceptor managers, other adapters. */
function loaded(name: string): AxiosStatic {
  let copy: Loaded | undefined;
  jest.isolateModules(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    copy = require(name) as Loaded;
  });
  if (copy === undefined) throw new Error(`${name} was not loaded.`);
  return copy.default ?? copy;
}

/** The newest version, whichever one the tests are run with. */
const NEWEST = path.join(
  path.dirname(createRequire(__filename).resolve('axios-retry/package.json')),
  '..',
  'axios',
  'dist',
  'node',
  'axios.cjs',
);

const COPIES: readonly [title: string, copy: AxiosStatic][] = [
  ['the one that the library imports', axios],
  ['a second one, loaded apart', loaded('axios')],
  ['axios 1.7', loaded('axios-1.7')],
  ['the newest axios', loaded(NEWEST)],
];

describe('several copies of axios in one process', () => {
  const bench = useBench();
  const json = { 'content-type': 'application/json' };

  const create = (copy: AxiosStatic): AxiosInstance => copy.create({ baseURL: bench().origin.url });

  it('are different ones', () => {
    expect(new Set(COPIES.map(([, copy]) => copy.AxiosError)).size).toBe(COPIES.length);
    expect(COPIES.slice(2).map(([, { VERSION }]) => VERSION)).toEqual([
      expect.stringMatching(/^1\.7\./),
      expect.not.stringMatching(/^1\.7\./),
    ]);
  });

  describe.each(COPIES)('%s', (_title, copy) => {
    const wrapped = (): CachedAxiosInstance => bench().adopt(create(copy));

    it('sends and gets what it does without a cache', async () => {
      bench().answer(({ method, url, body }) => ({
        headers: json,
        body: JSON.stringify({ method, url, body: body.toString() }),
      }));
      const ask = async (http: AxiosInstance): Promise<unknown[]> => {
        const answers = [
          await http.get('/a', { params: { q: 'x y', list: [1, 2] }, headers: { 'X-Mine': '1' } }),
          await http.get('/a', { responseType: 'text', adapter: 'fetch' }),
          await http.post('/b', { n: 1 }),
          await http.post('/c', new URLSearchParams({ n: 'x y' })),
        ];
        return answers.map(({ status, statusText, data, headers, config }) => ({
          status,
          statusText,
          data: data as unknown,
          headers: { ...headers },
          isOfItsCopy: headers instanceof copy.AxiosHeaders && config.headers instanceof copy.AxiosHeaders,
          adapter: config.adapter,
        }));
      };
      const plain = await ask(create(copy));
      const sent = bench().origin.requests.splice(0);
      const http = wrapped();
      expect(await ask(http)).toEqual(plain);
      expect(bench().origin.requests).toEqual(sent);
      const again = await ask(http);
      for (const [index, answer] of again.entries()) {
        const { headers: _headers, ...rest } = answer as { headers: unknown };
        expect(plain[index]).toMatchObject(rest);
      }
      expect(bench().origin.requests).toHaveLength(6);
    });

    it.each([200, 204, 304, 404, 500])(
      'rejects a status that the caller does not accept as it does without a cache: %s',
      async (status) => {
        bench().answer(() => ({ status, headers: { etag: '"1"' } }));
        const config = { validateStatus: () => false };
        const told = (error: AxiosError): unknown => {
          const { message, code, name, isAxiosError, response } = error;
          const isOfItsCopy = error instanceof copy.AxiosError;
          const keys = Object.keys(error).sort();
          return { message, code, name, isAxiosError, isOfItsCopy, keys, status: response?.status };
        };
        const plain = told(await failureOf(create(copy).get('/a', config)));
        const http = bench().adopt(create(copy), { allowableCodes: [200, 204, 304, 404, 500] });
        expect(told(await failureOf(http.get('/a', config)))).toEqual(plain);
        const hit = await failureOf<AxiosError>(http.get('/a', config));
        expect(told(hit)).toEqual(plain);
      },
    );

    it('axios-retry retries', async () => {
      bench().answer((_request, count) => ({ status: count < 3 ? 503 : 200, body: `answer ${count}` }));
      const http = wrapped();
      axiosRetry(http, { retries: 3, retryDelay: () => 0 });
      expect((await http.get('/a')).data).toBe('answer 3');
      expect((await http.get('/a')).cache.fromCache).toBe(true);
      expect(bench().origin.count()).toBe(3);
    });

    it('axios-mock-adapter answers, passes through and is taken away', async () => {
      bench().answer(() => ({ body: 'from the origin' }));
      const http = wrapped();
      const mock = new AxiosMockAdapter(http);
      mock.onGet('/a').replyOnce(200, { n: 1 });
      mock.onGet('/b').passThrough();
      for (const fromCache of [false, true]) {
        const [a, b] = [await http.get('/a'), await http.get('/b')];
        expect([a.data, b.data]).toEqual([{ n: 1 }, 'from the origin']);
        expect([a.cache.fromCache, b.cache.fromCache]).toEqual([fromCache, fromCache]);
      }
      mock.restore();
      expect((await http.get('/c')).data).toBe('from the origin');
      expect(http.defaults.adapter).toEqual(copy.defaults.adapter);
    });

    it('an abort is a cancellation of its own kind', async () => {
      bench().answer(() => () => undefined);
      const controller = new AbortController();
      const asked = failureOf(wrapped().get('/a', { signal: controller.signal }));
      setImmediate(() => controller.abort());
      const error = await asked;
      expect(copy.isCancel(error)).toBe(true);
      expect(error).toBeInstanceOf(copy.CanceledError);
    });
  });

  it('share what is stored, each with a clean config', async () => {
    bench().answer((_request, count) => ({ headers: json, body: JSON.stringify({ count }) }));
    const instances = COPIES.map(([, copy]) => bench().adopt(create(copy)));
    const answers = [];
    for (const http of instances) answers.push(await http.get('/a'));
    expect(answers.map(({ data }) => data)).toEqual(Array(4).fill({ count: 1 }));
    expect(answers.map(({ cache }) => cache.fromCache)).toEqual([false, true, true, true]);
    for (const [index, { headers }] of answers.entries())
      expect(headers).toBeInstanceOf(COPIES[index]?.[1].AxiosHeaders);
  });

  it('at the same time do not disturb each other', async () => {
    bench().answer(({ url }) => ({ headers: json, body: JSON.stringify({ url }) }));
    const instances = COPIES.map(([, copy]) => bench().adopt(create(copy)));
    const asked = instances.flatMap((http, first) =>
      Array.from({ length: 10 }, async (_, index) => {
        const url = `/${(first + index) % 7}`;
        return [url, (await http.get<unknown>(url)).data];
      }),
    );
    for (const [url, data] of await Promise.all(asked)) expect(data).toEqual({ url });
  });
});
