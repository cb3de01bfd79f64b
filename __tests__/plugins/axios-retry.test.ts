import { type AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import axiosRetry, { type IAxiosRetryConfig } from 'axios-retry';
import { type Handler } from '../helpers/origin-server.js';
import { deadUrl, useBench } from '../helpers/bench.js';
import { failureOf, ORDERS, withoutCache, withPlugin } from './set-up.js';

const at = { retryDelay: () => 0 };
const json = { 'content-type': 'application/json' };

/** Answers with the statuses of a list, one after the other, and with its last one from then on. */
const statuses =
  (...list: number[]): Handler =>
  (_request, count) => {
    const status = list[Math.min(count, list.length) - 1] ?? 200;
    return { status, headers: json, body: JSON.stringify({ status, count }) };
  };

/** Breaks the connection of the first requests of each path. */
const brokenAtFirst =
  (times: number): Handler =>
  (_request, count) =>
    count > times ? { body: `answer ${count}` } : (_received, response) => void response.destroy();

describe.each(ORDERS)('axios-retry, added %s', (order) => {
  const bench = useBench();

  const retrying = (options: IAxiosRetryConfig = {}) => {
    const onRetry = jest.fn();
    const add = (instance: AxiosInstance) => axiosRetry(instance, { ...at, retries: 3, onRetry, ...options });
    return { add, onRetry };
  };

  it('503, 503, 200: the caller gets the 200, which is stored once, and a hit needs no retry', async () => {
    bench().answer(statuses(503, 503, 200));
    const { add, onRetry } = retrying();
    const http = withPlugin(bench(), order, add);
    const miss = await http.get('/a');
    expect([miss.status, miss.data, miss.cache.fromCache]).toEqual([200, { status: 200, count: 3 }, false]);
    expect(onRetry).toHaveBeenCalledTimes(2);
    expect(await http.cache.count()).toBe(1);
    const hit = await http.get('/a');
    expect([hit.status, hit.data, hit.cache.fromCache]).toEqual([200, { status: 200, count: 3 }, true]);
    expect(onRetry).toHaveBeenCalledTimes(2);
    expect(bench().origin.count()).toBe(3);
  });

  it('sends the same requests as without a cache, to the last byte', async () => {
    bench().answer(statuses(503, 503, 200));
    const { add } = retrying();
    const data = { n: [1, 'zwei'] };
    const config: AxiosRequestConfig = {
      params: { q: 'x y', list: [1, 2] },
      headers: { 'X-Mine': '1', Accept: 'application/json' },
    };
    await withoutCache(bench(), add).put('/a', data, config);
    await withoutCache(bench(), add).get('/b', config);
    const expected = bench().origin.requests.splice(0);
    expect(expected).toHaveLength(6);
    const http = withPlugin(bench(), order, add);
    await http.put('/a', data, config);
    await http.get('/b', config);
    expect(bench().origin.requests).toEqual(expected);
  });

  it('what an earlier caller has stored is of no use to retries of something else', async () => {
    bench().answer(({ url }, count) =>
      url === '/a?n=2' && count < 4 ? { status: 503 } : { body: `${url} ${count}` },
    );
    const http = withPlugin(bench(), order, retrying().add);
    await http.get('/a', { params: { n: 1 } });
    expect((await http.get('/a', { params: { n: 2 } })).data).toBe('/a?n=2 4');
    expect((await http.get('/a', { params: { n: 1 } })).data).toBe('/a?n=1 1');
    expect((await http.get('/a', { params: { n: 2 } })).cache.fromCache).toBe(true);
  });

  it('an error that is stored is answered from the cache, so that retries end with it and ask nobody', async () => {
    bench().answer(statuses(503));
    const { add, onRetry } = retrying();
    const http = withPlugin(bench(), order, add, { allowableCodes: [200, 503] });
    const first = await failureOf<AxiosError>(http.get('/a'));
    expect([first.response?.status, first.response?.cache.fromCache]).toEqual([503, true]);
    expect(onRetry).toHaveBeenCalledTimes(3);
    expect(bench().origin.count()).toBe(1);
  });

  it('retries go past a stored error where the caller says so', async () => {
    bench().answer(statuses(503, 503, 200));
    const { add } = retrying({
      onRetry: (_count, _error, config) => void (config.cache = { forceRefresh: true }),
    });
    const http = withPlugin(bench(), order, add, { allowableCodes: [200, 503] });
    expect((await http.get('/a')).data).toEqual({ status: 200, count: 3 });
    expect((await http.get('/a')).data).toEqual({ status: 200, count: 3 });
    expect(bench().origin.count()).toBe(3);
  });

  it('gives up with the last error, as without a cache, and nothing is stored', async () => {
    const told = ({ message, code, name, status, response, config }: AxiosError) => ({
      message,
      code,
      name,
      status,
      data: response?.data,
      adapter: config?.adapter,
      keys: Object.keys(config ?? {}).sort(),
    });
    const limits = retrying({ retries: 2 });
    bench().answer(statuses(503, 502, 500, 200));
    const plain = await failureOf<AxiosError>(withoutCache(bench(), limits.add).get('/plain'));
    const http = withPlugin(bench(), order, limits.add);
    const error = await failureOf<AxiosError>(http.get('/wrapped'));
    expect(told(error)).toEqual(told(plain));
    expect(error.status).toBe(500);
    expect(limits.onRetry).toHaveBeenCalledTimes(4);
    expect(await http.cache.count()).toBe(0);
  });

  it('a connection that breaks is tried again', async () => {
    bench().answer(brokenAtFirst(2));
    const { add, onRetry } = retrying();
    const http = withPlugin(bench(), order, add);
    expect((await http.get('/a')).data).toBe('answer 3');
    const codes = onRetry.mock.calls.map(([, error]: [number, AxiosError]) => error.code);
    expect(codes).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(3);
  });

  it('a port at which nobody listens is given up after as many attempts as without a cache', async () => {
    const config = { baseURL: await deadUrl() };
    const { add, onRetry } = retrying();
    const plain = await failureOf<AxiosError>(withoutCache(bench(), add, config).get('/a'));
    const attempts = onRetry.mock.calls.length;
    const error = await failureOf<AxiosError>(withPlugin(bench(), order, add, {}, config).get('/a'));
    expect([error.code, error.message]).toEqual([plain.code, plain.message]);
    expect([attempts, onRetry.mock.calls.length]).toEqual([3, 6]);
  });

  it('with staleIfError, what is stored is served at once instead of retries', async () => {
    bench().answer(statuses(200, 503));
    const { add, onRetry } = retrying();
    const http = withPlugin(bench(), order, add, { expireAfter: 1, staleIfError: true });
    await http.get('/a');
    bench().pass(2);
    const stale = await http.get('/a');
    expect([stale.data, stale.cache.stale]).toEqual([{ status: 200, count: 1 }, true]);
    expect(onRetry).not.toHaveBeenCalled();
  });

  it('retryCondition decides, also by what the body says, and may be asynchronous', async () => {
    bench().answer((_request, count) => ({
      status: 404,
      headers: json,
      body: JSON.stringify({ again: count < 3 }),
    }));
    const { add, onRetry } = retrying({
      retryCondition: async ({ response }) => (response?.data as { again: boolean }).again,
    });
    const error = await failureOf<AxiosError>(withPlugin(bench(), order, add).get('/a'));
    expect([error.status, error.response?.data]).toEqual([404, { again: false }]);
    expect(onRetry).toHaveBeenCalledTimes(2);
  });

  it('validateResponse sees every response, and passes a stored one on', async () => {
    bench().answer(statuses(202, 202, 200));
    const { add, onRetry } = retrying({
      validateResponse: ({ status }) => status === 200,
      retryCondition: () => true,
    });
    const http = withPlugin(bench(), order, add);
    expect((await http.get('/a')).data).toEqual({ status: 200, count: 3 });
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    expect(onRetry).toHaveBeenCalledTimes(2);
    expect(bench().origin.count()).toBe(3);
  });

  it.each([true, false])('keeps the time-out of the caller (shouldResetTimeout: %s)', async (reset) => {
    bench().answer(statuses(503, 503, 200));
    const seen: (number | undefined)[] = [];
    const { add } = retrying({
      shouldResetTimeout: reset,
      onRetry: (_count, _error, { timeout }) => void seen.push(timeout),
    });
    const http = withPlugin(bench(), order, add);
    const response = await http.get('/a', { timeout: 60_000 });
    expect(response.status).toBe(200);
    expect(seen).toHaveLength(2);
    if (reset) expect(seen).toEqual([60_000, 60_000]);
    else for (const timeout of seen) expect(timeout).toBeLessThanOrEqual(60_000);
  });

  it('a request that times out is tried again where that is wished, and the answer is stored', async () => {
    // The first request is never answered; those after it may take as long as they like.
    bench().answer((_request, count) => (count > 1 ? { body: `answer ${count}` } : () => undefined));
    const onRetry = jest.fn((_count, _error, config: AxiosRequestConfig) => void (config.timeout = 0));
    const { add } = retrying({
      onRetry,
      shouldResetTimeout: true,
      retryCondition: ({ code }) => code === 'ECONNABORTED',
    });
    const http = withPlugin(bench(), order, add);
    expect((await http.get('/a', { timeout: 100 })).data).toBe('answer 2');
    expect(onRetry).toHaveBeenCalledTimes(1);
    expect((await http.get('/a')).data).toBe('answer 2');
  });

  it('a request that is not idempotent is not repeated', async () => {
    bench().answer(statuses(503, 200));
    const { add, onRetry } = retrying();
    const http = withPlugin(bench(), order, add, { allowableMethods: ['GET', 'POST'] });
    const error = await failureOf<AxiosError>(http.post('/a', { n: 1 }));
    expect(error.status).toBe(503);
    expect(onRetry).not.toHaveBeenCalled();
    expect((await http.post('/a', { n: 1 })).data).toEqual({ status: 200, count: 2 });
    expect((await http.post('/a', { n: 1 })).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(2);
  });

  it('a POST that is repeated finds under its body what it has stored: bodies are not encoded twice', async () => {
    bench().answer(statuses(503, 200));
    const { add } = retrying({ retryCondition: () => true });
    const http = withPlugin(bench(), order, add, { allowableMethods: ['POST'] });
    await http.post('/a', { n: 1 });
    expect(bench().origin.requests.map(({ body }) => body.toString())).toEqual(['{"n":1}', '{"n":1}']);
    expect((await http.post('/a', { n: 1 })).cache.fromCache).toBe(true);
  });

  it('an abort between two attempts is an abort, and nothing is stored', async () => {
    bench().answer(statuses(503, 200));
    const controller = new AbortController();
    const { add } = retrying({ onRetry: () => controller.abort() });
    const http = withPlugin(bench(), order, add);
    const error = await failureOf<AxiosError>(http.get('/a', { signal: controller.signal }));
    expect(error.code).toBe('ERR_CANCELED');
    expect(await http.cache.count()).toBe(0);
    expect(bench().origin.count()).toBe(1);
  });
});
