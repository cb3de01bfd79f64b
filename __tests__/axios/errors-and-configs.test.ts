import { AxiosError, AxiosHeaders } from 'axios';
import { useBench } from '../helpers/bench.js';

/** Rejections as values, so that they can be compared. */
async function errorOf(promise: Promise<unknown>): Promise<AxiosError> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(reason instanceof AxiosError)) throw new Error(`Not an AxiosError: ${String(reason)}`);
  return reason;
}

describe('errors on hits', () => {
  const bench = useBench();
  const lenient = { validateStatus: () => true };

  beforeEach(() => {
    bench().answer(() => ({
      status: 404,
      body: '{"error":"gone"}',
      headers: { 'content-type': 'application/json' },
    }));
  });

  it("are judged by each caller's own validateStatus", async () => {
    const http = bench().wrap({ allowableCodes: [200, 404] });
    expect((await http.get('/a', lenient)).status).toBe(404);
    const strict = await errorOf(http.get('/a'));
    expect(strict.response?.cache.fromCache).toBe(true);
    expect(strict.response?.data).toEqual({ error: 'gone' });
    expect((await http.get('/a', { validateStatus: null })).cache.fromCache).toBe(true);
    expect((await http.get('/a', lenient)).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('are stored when the first caller was the strict one', async () => {
    const http = bench().wrap({ allowableCodes: [200, 404] });
    const first = await errorOf(http.get('/a'));
    expect(first.response?.cache).toMatchObject({ fromCache: false, stored: true });
    expect((await http.get('/a', lenient)).cache.fromCache).toBe(true);
  });

  it('have response.cache also when they are not stored', async () => {
    const error = await errorOf(bench().wrap().get('/a'));
    expect(error.response?.cache).toMatchObject({ fromCache: false, stored: false, fwdStatus: 404 });
    const bypassed = await errorOf(bench().wrap().post('/a'));
    expect(bypassed.response?.cache).toMatchObject({ fromCache: false, fwd: 'method', fwdStatus: 404 });
  });

  it.each([404, 503])('have the shape that plain axios gives them (%i)', async (status) => {
    bench().answer(() => ({ status, body: 'sorry' }));
    const plain = await errorOf(bench().plain().get('/a'));
    const http = bench().wrap({ allowableCodes: [status] });
    const miss = await errorOf(http.get('/a'));
    const hit = await errorOf(http.get('/a'));
    expect(hit.response?.cache.fromCache).toBe(true);
    for (const error of [miss, hit]) {
      expect(Object.keys(error)).toEqual(Object.keys(plain));
      expect(error).toMatchObject({
        name: 'AxiosError',
        code: plain.code,
        status,
        message: plain.message,
        isAxiosError: true,
      });
      expect(error.constructor).toBe(AxiosError);
      expect(error.request).toBe(error.response?.request);
      expect(error.config).toBe(error.response?.config);
      expect(error.response?.headers).toBeInstanceOf(AxiosHeaders);
      expect(JSON.parse(JSON.stringify(error.toJSON()))).toMatchObject({ status, code: plain.code });
    }
  });
});

describe('response.config and error.config', () => {
  const bench = useBench();

  const visible = (config: object): string[] =>
    Reflect.ownKeys(config)
      .filter((key) => Object.prototype.propertyIsEnumerable.call(config, key))
      .map(String);

  it('are what plain axios shows, but for the options of the cache', async () => {
    const options = { params: { b: 2, a: 1 }, headers: { 'X-Mine': 'yes' }, timeout: 5000 };
    const plain = (await bench().plain().get('/a', options)).config;
    const http = bench().wrap();
    for (const kind of ['miss', 'hit']) {
      const { config, cache } = await http.get('/a', options);
      expect(cache.fromCache).toBe(kind === 'hit');
      expect(visible(config)).toEqual(visible(plain));
      expect({ ...config.headers }).toEqual({ ...plain.headers });
      expect(config.headers).toBeInstanceOf(AxiosHeaders);
      expect(config.adapter).toEqual(plain.adapter);
      expect(config.validateStatus).toBe(plain.validateStatus);
      expect(config.responseType).toBe(plain.responseType);
    }
  });

  it('give back the adapter that the caller chose', async () => {
    const http = bench().wrap();
    expect((await http.get('/a', { adapter: 'http' })).config.adapter).toBe('http');
    expect((await http.get('/a', { adapter: 'http' })).config.adapter).toBe('http');
    expect((await http.get('/b', { adapter: 'http', cache: false })).config.adapter).toBe('http');
  });

  it('can be sent again as if they were new', async () => {
    const http = bench().wrap();
    const miss = await http.get('/a');
    const hit = await http.request(miss.config);
    expect(hit.cache.fromCache).toBe(true);
    const again = await http.request(hit.config);
    expect(again.cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
    expect((await bench().plain().request(hit.config)).data).toBe('hello');
    expect(bench().origin.count()).toBe(2);
  });

  it('hit again although the adapter added header fields that the response varies by', async () => {
    bench().answer(() => ({ headers: { vary: 'Accept-Encoding, User-Agent' }, body: 'x' }));
    const http = bench().wrap({ matchHeaders: true });
    const miss = await http.get('/a');
    expect((await http.request(miss.config)).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('can be sent again after an error', async () => {
    bench().answer((_request, count) => (count === 1 ? { status: 503 } : { body: 'recovered' }));
    const http = bench().wrap();
    const error = await errorOf(http.get('/a', { headers: { 'X-Try': '1' } }));
    const response = await http.request(error.config as NonNullable<typeof error.config>);
    expect(response.data).toBe('recovered');
    expect(bench().origin.last.headers['x-try']).toBe('1');
    expect((await http.get('/a', { headers: { 'X-Try': '1' } })).cache.fromCache).toBe(true);
  });

  it('show no header field of the cache after a revalidation', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"v1"'
        ? { status: 304, headers: { etag: '"v1"' } }
        : { headers: { etag: '"v1"' }, body: 'x' },
    );
    const http = bench().wrap({ alwaysRevalidate: true });
    const miss = await http.get('/a');
    const confirmed = await http.get('/a');
    expect(confirmed.cache).toMatchObject({ fromCache: true, revalidated: true, fwdStatus: 304, hit: false });
    expect(confirmed.status).toBe(200);
    expect({ ...confirmed.config.headers }).toEqual({ ...miss.config.headers });
  });
});
