import { initBackend } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { expectBytes, expectPart, expectWhole, fetchBytes, serving, someBytes } from './ranged-origin.js';

const WHOLE = someBytes(1000);
const CODES = { allowableCodes: [200, 206] };
const V = serving({ body: WHOLE, etag: '"v"' });

describe.each(BACKENDS_UNDER_TEST)('maintenance of parts (%s)', (name) => {
  const bench = useBench(name);

  it('shows which bytes there are, and only those', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    await fetchBytes(http, 'bytes=200-299');
    expect(await http.cache.count()).toBe(1);
    for await (const found of http.cache.values()) {
      expect(found).toMatchObject({ method: 'GET', status: 206, size: 200 });
      expect(found.ranges).toEqual([
        { first: 0, last: 99 },
        { first: 200, last: 299 },
      ]);
      const expected = Buffer.concat([WHOLE.subarray(0, 100), WHOLE.subarray(200, 300)]);
      expectBytes(Buffer.from((await found.body())!), expected);
    }
    await fetchBytes(http);
    for await (const found of http.cache.values()) {
      expect(found).toMatchObject({ status: 200, size: 1000, ranges: undefined });
    }
    expect(await http.cache.count()).toBe(1);
  });

  it('finds by a request what would answer it', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    const request = (range: string) => ({ url: '/file', headers: { Range: range } });
    expect(await http.cache.contains({ url: '/file' })).toBe(false);
    expect(await http.cache.contains(request('bytes=0-99'))).toBe(true);
    expect(await http.cache.contains(request('bytes=0-100'))).toBe(false);
    expect(await http.cache.get({ url: '/file' })).toBeUndefined();
    expect((await http.cache.get(request('bytes=5-9')))?.status).toBe(206);
    expect(await http.cache.hasUrl('/file')).toBe(true);
  });

  it('deletes them by their URL', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    expect(await http.cache.deleteUrl('/file')).toBe(1);
    expect(await http.cache.count()).toBe(0);
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expect(bench().origin.count()).toBe(2);
  });

  it('copies them to another cache, and moves them to other keys', async () => {
    bench().answer(V);
    const source = bench().wrap({ ...CODES, ignoredParameters: [] });
    await fetchBytes(source, 'bytes=0-499', { params: { session: '1' } });
    const backend = initBackend(':memory:', name);
    const http = bench().wrap({ ...CODES, backend, ignoredParameters: ['session'] });
    expect(await http.cache.update(source.cache)).toBe(1);
    expect(await http.cache.recreateKeys()).toBe(1);
    expect(await http.cache.count()).toBe(1);
    const config = { params: { session: '2' } };
    expectPart(await fetchBytes(http, 'bytes=100-199', config), WHOLE, 100, 199);
    expect(bench().origin.count()).toBe(1);
    expectWhole(await fetchBytes(http, undefined, config), WHOLE);
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
    await backend.close();
  });

  it('resets their expiry', async () => {
    bench().answer(V);
    const http = bench().wrap({ ...CODES, expireAfter: 10 });
    await fetchBytes(http, 'bytes=0-99');
    bench().pass(11);
    expect(await http.cache.resetExpiration(60)).toBe(1);
    const hit = await fetchBytes(http, 'bytes=0-99');
    expectPart(hit, WHOLE, 0, 99);
    expect(hit.cache).toMatchObject({ hit: true, ttl: 60 });
  });

  it('does not take a part that was saved by hand for the whole', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    const config = { headers: { Range: 'bytes=0-99' }, responseType: 'arraybuffer' } as const;
    await http.cache.saveResponse(await bench().plain().get<Buffer>('/file', config));
    expectPart(await fetchBytes(http, 'bytes=500-509'), WHOLE, 500, 509);
    expectWhole(await fetchBytes(http), WHOLE);
  });
});
