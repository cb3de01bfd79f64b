import axios, { type InternalAxiosRequestConfig } from 'axios';
import { rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { until } from '../helpers/until.js';
import { expectBytes, fetchBytes, serving, someBytes } from './ranged-origin.js';

const OLD = someBytes(20, 'old');
const NEW = someBytes(20, 'new');
const V1 = serving({ body: OLD, etag: '"1"', headers: { 'Cache-Control': 'max-age=60' } });
const V2 = serving({ body: NEW, etag: '"2"', headers: { 'Cache-Control': 'max-age=60' } });

/** Something to wait for, and what ends the wait. */
function gate(): { readonly passed: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

describe.each(BACKENDS_UNDER_TEST)('answers that come late (%s)', (name) => {
  const bench = useBench(name);

  it('a part that is combined late does not undo a newer answer', async () => {
    const filter = gate();
    let isHeld = false;
    bench().answer(V1);
    const http = bench().wrap({
      ...rfc9111,
      filterFn: async ({ status, fromCache, body }) => {
        // The combined part, on its way to storage.
        if (isHeld && status === 206 && !fromCache && body.byteLength === 10) {
          isHeld = false;
          await filter.passed;
        }
        return true;
      },
    });
    await fetchBytes(http, 'bytes=0-4');
    isHeld = true;
    const late = fetchBytes(http, 'bytes=5-9');
    await until(() => !isHeld);
    bench().answer(V2);
    await http.get('/file', { cache: { forceRefresh: true } });
    filter.open();
    await late;
    const { data, cache } = await fetchBytes(http, 'bytes=0-9');
    expectBytes(data, NEW.subarray(0, 10));
    expect(cache.hit).toBe(true);
  });

  it('parts that are filtered one by one are all kept', async () => {
    bench().answer(V1);
    const http = bench().wrap({ ...rfc9111, filterFn: () => Promise.resolve(true) });
    const ranges = ['bytes=0-4', 'bytes=5-9', 'bytes=10-14', 'bytes=15-19'];
    await Promise.all(ranges.map((range) => fetchBytes(http, range)));
    const { data, cache } = await fetchBytes(http, 'bytes=0-19');
    expectBytes(data, OLD);
    expect(cache.hit).toBe(true);
  });

  it('a GET that was asked for before a HEAD told of another version is not stored after it', async () => {
    bench().answer(V1);
    const http = bench().wrap(rfc9111);
    await http.get('/file');
    const origin = gate();
    bench().answer(async (request, count) => {
      if (request.method === 'HEAD') return V2(request, count);
      await origin.passed;
      return V1(request, count);
    });
    const late = http.get('/file', { cache: { forceRefresh: true } });
    await until(() => bench().origin.count() === 2);
    await http.head('/file', { cache: { forceRefresh: true } });
    origin.open();
    await late;
    bench().answer(V2);
    expectBytes((await fetchBytes(http)).data, NEW);
  });

  it('a POST does not bring back what was deleted by its key meanwhile', async () => {
    const origin = gate();
    bench().answer(async ({ method }) => {
      if (method === 'POST') await origin.passed;
      return { headers: { 'Cache-Control': 'max-age=60', 'Content-Location': '/file' }, body: method };
    });
    const http = bench().wrap(rfc9111);
    const late = http.post('/file', 'x');
    await until(() => bench().origin.count() === 1);
    await http.cache.delete({ keys: [await http.cache.createKey({ url: '/file' })] });
    origin.open();
    await late;
    expect((await http.get('/file')).data).toBe('GET');
  });
});

describe('the config of the caller', () => {
  const bench = useBench();

  it('takes nothing over from another request that an adapter made', async () => {
    const inner = { headers: new axios.AxiosHeaders({ Authorization: 'Basic inner' }) };
    const adapter = (): Promise<never> =>
      Promise.reject(new axios.AxiosError('failed', 'ERR_NETWORK', inner as InternalAxiosRequestConfig));
    const http = bench().wrap(rfc9111, { adapter });
    const headers = { Authorization: 'Bearer caller', 'X-Caller': '1' };
    const error: unknown = await http.get('/a', { headers }).catch((reason: unknown) => reason);
    expect((error as { config: InternalAxiosRequestConfig }).config.headers).toMatchObject(headers);
  });

  it.each([{ matchHeaders: true }, {}])(
    'of a request that failed is found again when it is sent again',
    async (options) => {
      bench().answer((_request, count) =>
        count === 1
          ? (_received, response) => void response.destroy()
          : { headers: { 'Cache-Control': 'max-age=60', Vary: 'User-Agent, Accept-Encoding' }, body: 'x' },
      );
      const http = bench().wrap({ ...rfc9111, ...options });
      const error: unknown = await http.get('/a').catch((reason: unknown) => reason);
      await http.request((error as { config: InternalAxiosRequestConfig }).config);
      expect((await http.get('/a')).cache.hit).toBe(true);
    },
  );

  it('of a form keeps its key when it is sent again', async () => {
    bench().answer(() => ({ headers: { 'Cache-Control': 'max-age=60' }, body: 'x' }));
    const http = bench().wrap({ ...rfc9111, allowableMethods: ['POST'] });
    const form = (): FormData => {
      const data = new FormData();
      data.append('a', '1');
      return data;
    };
    const first = await http.post('/a', form());
    expect((await http.request(first.config)).cache.hit).toBe(true);
    expect((await http.post('/a', form())).cache.hit).toBe(true);
    expect(await http.cache.contains(first.config)).toBe(true);
  });
});
