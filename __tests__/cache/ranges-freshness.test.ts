import { type AxiosRequestConfig } from 'axios';
import { rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';
import { expectPart, expectWhole, fetchBytes, serving, someBytes } from './ranged-origin.js';

const WHOLE = someBytes(1000);
const OTHER = someBytes(1000, 'other');
const CODES = { allowableCodes: [200, 206] };
const V = serving({ body: WHOLE, etag: '"v"' });

/** The representation with a `Cache-Control`. */
const fresh = (seconds: number, body = WHOLE, etag: string | undefined = '"v"'): Handler =>
  serving({ body, etag, headers: { 'Cache-Control': `max-age=${seconds}` } });

describe.each(BACKENDS_UNDER_TEST)('the freshness of parts (%s)', (name) => {
  const bench = useBench(name);

  it('is that which their header gives', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=0-99');
    bench().pass(59);
    const hit = await fetchBytes(http, 'bytes=10-19');
    expectPart(hit, WHOLE, 10, 19);
    expect(hit.headers['age']).toBe('59');
    expect(hit.cache).toMatchObject({ hit: true, age: 59, ttl: 1 });
    bench().pass(1);
    const validated = await fetchBytes(http, 'bytes=10-19');
    expectPart(validated, WHOLE, 10, 19);
    expect(validated.cache).toMatchObject({
      fromCache: true,
      revalidated: true,
      fwd: 'stale',
      fwdStatus: 304,
    });
    expect(bench().origin.last.headers).toMatchObject({ 'if-none-match': '"v"', range: 'bytes=10-19' });
    bench().pass(59);
    expect((await fetchBytes(http, 'bytes=0-99')).cache.hit).toBe(true);
    expect(bench().origin.count()).toBe(2);
  });

  it('when stale, gives way to another representation', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=0-99');
    await fetchBytes(http, 'bytes=100-199');
    bench().pass(61);
    bench().answer(fresh(60, OTHER, '"w"'));
    const changed = await fetchBytes(http, 'bytes=50-149');
    expectPart(changed, OTHER, 50, 149);
    expect(changed.cache).toMatchObject({ fromCache: false, fwd: 'stale', fwdStatus: 206, stored: true });
    expectPart(await fetchBytes(http, 'bytes=0-149'), OTHER, 0, 149);
    expectWhole(await fetchBytes(http), OTHER);
  });

  it('when stale, and weakly tagged, is renewed by a 304 but never grows', async () => {
    bench().answer(fresh(60, WHOLE, 'W/"v"'));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=0-99');
    bench().pass(61);
    const validated = await fetchBytes(http, 'bytes=0-99');
    expectPart(validated, WHOLE, 0, 99);
    expect(validated.cache.revalidated).toBe(true);
    await fetchBytes(http, 'bytes=100-199');
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expect(bench().origin.count()).toBe(4);
  });

  it('is renewed by every part that is added', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=0-99');
    bench().pass(50);
    await fetchBytes(http, 'bytes=100-199');
    bench().pass(50);
    const hit = await fetchBytes(http, 'bytes=0-199');
    expectPart(hit, WHOLE, 0, 199);
    expect(hit.cache).toMatchObject({ hit: true, ttl: 10 });
  });

  it('of a complete one is renewed by a part of the same', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http);
    bench().pass(61);
    // An origin that does not look at If-None-Match where there is a Range.
    bench().answer((request, count) =>
      fresh(60)({ ...request, headers: { ...request.headers, 'if-none-match': undefined } }, count),
    );
    const answer = await fetchBytes(http, 'bytes=5-9');
    expectPart(answer, WHOLE, 5, 9);
    expect(answer.cache).toMatchObject({ fromCache: false, fwdStatus: 206, stored: true });
    bench().pass(30);
    const whole = await fetchBytes(http);
    expectWhole(whole, WHOLE);
    expect(whole.cache).toMatchObject({ hit: true, ttl: 30 });
    expect(bench().origin.count()).toBe(2);
  });

  it('served stale while the origin is down', async () => {
    bench().answer(V);
    const http = bench().wrap({ ...CODES, expireAfter: 10, staleIfError: true });
    await fetchBytes(http, 'bytes=0-99');
    bench().pass(11);
    bench().answer(() => ({ status: 503 }));
    const stale = await fetchBytes(http, 'bytes=20-29');
    expectPart(stale, WHOLE, 20, 29);
    expect(stale.cache).toMatchObject({ stale: true, fwdStatus: 503 });
    expect((await fetchBytes(http, 'bytes=90-109')).status).toBe(503);
    expect((await fetchBytes(http)).status).toBe(503);
  });

  it.each<[string, Handler, AxiosRequestConfig]>([
    ['by the response', serving({ body: WHOLE, etag: '"v"', headers: { 'Cache-Control': 'no-store' } }), {}],
    ['by the request', fresh(60), { headers: { 'Cache-Control': 'no-store' } }],
  ])('no-store %s: not stored', async (_title, handler, config) => {
    bench().answer(handler);
    const http = bench().wrap(rfc9111);
    for (let turn = 1; turn <= 2; turn += 1) {
      expectPart(await fetchBytes(http, 'bytes=0-99', config), WHOLE, 0, 99);
      expect(bench().origin.count()).toBe(turn);
    }
    expect(await http.cache.count()).toBe(0);
  });

  it('served stale while it is renewed in the background', async () => {
    bench().answer(V);
    const options = { ...CODES, expireAfter: 10, autoclose: false };
    const http = bench().wrap({ ...options, staleWhileRevalidate: true });
    await fetchBytes(http, 'bytes=0-99');
    bench().pass(11);
    bench().answer(serving({ body: OTHER, etag: '"w"' }));
    const stale = await fetchBytes(http, 'bytes=20-29');
    expectPart(stale, WHOLE, 20, 29);
    expect(stale.cache.stale).toBe(true);
    await http.cache.close();
    expect(bench().origin.last.headers).toMatchObject({ range: 'bytes=20-29', 'if-none-match': '"v"' });
    const next = await fetchBytes(bench().wrap(options), 'bytes=20-29');
    expectPart(next, OTHER, 20, 29);
    expect(next.cache).toMatchObject({ hit: true, stale: false });
    expect(bench().origin.count()).toBe(2);
  });

  it('of the whole does not outlive a part of another representation', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http);
    bench().pass(61);
    bench().answer(fresh(60, OTHER, '"w"'));
    expectPart(await fetchBytes(http, 'bytes=0-99'), OTHER, 0, 99);
    expectPart(await fetchBytes(http, 'bytes=0-99'), OTHER, 0, 99);
    expect(bench().origin.count()).toBe(2);
    expectWhole(await fetchBytes(http), OTHER);
    expect(bench().origin.last.headers.range).toBe('bytes=100-');
  });

  it('no-store in the rest: the whole is given, and nothing is kept', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=0-499');
    bench().answer(serving({ body: WHOLE, etag: '"v"', headers: { 'Cache-Control': 'no-store' } }));
    const whole = await fetchBytes(http);
    expectWhole(whole, WHOLE);
    expect(whole.cache).toMatchObject({ stored: false, fwd: 'partial', fwdStatus: 206 });
    expect(await http.cache.count()).toBe(0);
  });
});

describe('a HEAD, where header fields decide', () => {
  const bench = useBench();
  const head = (http: ReturnType<ReturnType<typeof bench>['wrap']>) =>
    http.head('/file', { validateStatus: null });

  it('is not answered from a part, but renews it', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=0-99');
    bench().pass(50);
    const answer = await head(http);
    expect([answer.status, answer.headers['content-length'], answer.cache.hit]).toEqual([200, '1000', false]);
    bench().pass(50);
    const hit = await fetchBytes(http, 'bytes=0-99');
    expectPart(hit, WHOLE, 0, 99);
    expect(hit.cache.hit).toBe(true);
    expectWhole(await fetchBytes(http), WHOLE);
  });

  it('that shows another representation ends a part', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=0-99');
    bench().answer(fresh(60, OTHER, '"w"'));
    await head(http);
    expectPart(await fetchBytes(http, 'bytes=0-99'), OTHER, 0, 99);
    expectWhole(await fetchBytes(http), OTHER);
  });

  it('that came first is joined by parts', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await head(http);
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expectPart(await fetchBytes(http, 'bytes=50-59'), WHOLE, 50, 59);
    expect(bench().origin.count()).toBe(2);
    expectWhole(await fetchBytes(http), WHOLE);
    const answer = await head(http);
    expect([answer.status, answer.headers['content-length'], answer.cache.hit]).toEqual([200, '1000', true]);
    expect(bench().origin.count()).toBe(3);
  });

  it('is answered by parts that have become complete', async () => {
    bench().answer(fresh(60));
    const http = bench().wrap(rfc9111);
    await fetchBytes(http, 'bytes=500-');
    await fetchBytes(http, 'bytes=0-499');
    const answer = await head(http);
    expect([answer.status, answer.headers['content-length'], answer.cache.hit]).toEqual([200, '1000', true]);
    expect(answer.headers['content-range']).toBeUndefined();
  });
});
