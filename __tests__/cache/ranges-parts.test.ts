import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { expectPart, expectWhole, fetchBytes, part, serving, someBytes } from './ranged-origin.js';

const WHOLE = someBytes(1000);
const CODES = { allowableCodes: [200, 206] };

describe.each(BACKENDS_UNDER_TEST)('a stored part (%s)', (name) => {
  const bench = useBench(name);

  it('answers the same Range, and every range within', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap(CODES);
    const first = await fetchBytes(http, 'bytes=100-199');
    expectPart(first, WHOLE, 100, 199);
    expect(first.cache).toMatchObject({ fromCache: false, stored: true, fwd: 'uri-miss', fwdStatus: 206 });
    const again = await fetchBytes(http, 'bytes=100-199');
    expectPart(again, WHOLE, 100, 199);
    const { connection: _connection, 'keep-alive': _keepAlive, ...others } = first.headers;
    expect({ ...again.headers }).toEqual(others);
    expect(again.cache).toMatchObject({ hit: true, stored: false });
    for (const [from, to] of [
      [100, 100],
      [199, 199],
      [101, 198],
      [100, 150],
    ] as const) {
      expectPart(await fetchBytes(http, `bytes=${from}-${to}`), WHOLE, from, to);
    }
    expect(bench().origin.count()).toBe(1);
  });

  it.each<[string, string, number, number]>([
    ['bytes=-100', 'bytes=-100', 900, 999],
    ['bytes=-100', 'bytes=950-', 950, 999],
    ['bytes=-100', 'bytes=-1', 999, 999],
    ['bytes=900-', 'bytes=900-5000', 900, 999],
    ['bytes=900-5000', 'bytes=-100', 900, 999],
    ['bytes=0-', 'bytes=0-9', 0, 9],
    ['bytes=0-', 'bytes=0-', 0, 999],
  ])('by %s answers %s', async (stored, asked, from, to) => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, stored);
    const answer = await fetchBytes(http, asked);
    expectPart(answer, WHOLE, from, to);
    expect(answer.cache.hit).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it.each<[string, number, number]>([
    ['bytes=99-150', 99, 150],
    ['bytes=150-200', 150, 200],
    ['bytes=100-', 100, 999],
    ['bytes=-900', 100, 999],
    ['bytes=300-400', 300, 400],
  ])('does not answer %s', async (range, from, to) => {
    bench().answer(serving({ body: WHOLE }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=100-199');
    const answer = await fetchBytes(http, range);
    expectPart(answer, WHOLE, from, to);
    expect(answer.cache).toMatchObject({ fromCache: false, fwd: 'partial', fwdStatus: 206, stored: true });
    // The request goes to the origin as the caller made it.
    expect(bench().origin.last.headers).toMatchObject({ range });
    expect(bench().origin.last.headers['if-range']).toBeUndefined();
    expect(bench().origin.count()).toBe(2);
  });

  it('does not answer a plain GET, and not a HEAD', async () => {
    bench().answer(serving({ body: WHOLE }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-');
    const head = await http.head('/file');
    expect([head.status, head.headers['content-length'], head.cache.hit]).toEqual([200, '1000', false]);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.count()).toBe(3);
  });

  it('is refused to onlyIfCached where it is not enough', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    const offline = { cache: { onlyIfCached: true } };
    expectPart(await fetchBytes(http, 'bytes=50-99', offline), WHOLE, 50, 99);
    expect((await fetchBytes(http, 'bytes=50-100', offline)).status).toBe(504);
    expect((await fetchBytes(http, undefined, offline)).status).toBe(504);
    expect(bench().origin.count()).toBe(1);
  });

  it('outlives a restart', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const options = { ...CODES, autoclose: false };
    await fetchBytes(bench().wrap(options), 'bytes=10-19');
    await fetchBytes(bench().wrap(options), 'bytes=30-39');
    const http = bench().wrap(options);
    expectPart(await fetchBytes(http, 'bytes=12-14'), WHOLE, 12, 14);
    expectPart(await fetchBytes(http, 'bytes=35-39'), WHOLE, 35, 39);
    expect(bench().origin.count()).toBe(2);
  });

  it('gives way to the whole, which is what answers from then on', async () => {
    bench().answer(serving({ body: WHOLE }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    expectWhole(await fetchBytes(http), WHOLE);
    expectPart(await fetchBytes(http, 'bytes=950-'), WHOLE, 950, 999);
    expect(bench().origin.count()).toBe(2);
    expect(await http.cache.count()).toBe(1);
  });
});

describe.each(BACKENDS_UNDER_TEST)('parts of the same representation (%s)', (name) => {
  const bench = useBench(name);

  it.each<[string, [number, number][], [number, number][]]>([
    [
      'adjacent',
      [
        [0, 99],
        [100, 199],
      ],
      [
        [0, 199],
        [50, 150],
      ],
    ],
    [
      'adjacent, the later first',
      [
        [100, 199],
        [0, 99],
      ],
      [
        [0, 199],
        [99, 100],
      ],
    ],
    [
      'overlapping',
      [
        [0, 120],
        [80, 199],
      ],
      [
        [0, 199],
        [79, 121],
      ],
    ],
    [
      'overlapping, the later first',
      [
        [80, 199],
        [0, 120],
      ],
      [
        [0, 199],
        [79, 121],
      ],
    ],
    [
      'one around the other',
      [
        [50, 60],
        [0, 199],
      ],
      [
        [0, 199],
        [49, 61],
      ],
    ],
    [
      'with a gap',
      [
        [0, 99],
        [200, 299],
      ],
      [
        [0, 99],
        [99, 99],
        [200, 299],
        [250, 299],
      ],
    ],
    [
      'with a gap that a third closes',
      [
        [0, 99],
        [200, 299],
        [100, 199],
      ],
      [
        [0, 299],
        [99, 200],
      ],
    ],
    [
      'many',
      [
        [0, 9],
        [20, 29],
        [40, 49],
        [60, 69],
        [25, 44],
      ],
      [
        [20, 49],
        [0, 9],
        [60, 69],
      ],
    ],
  ])('are put together: %s', async (_title, fetched, expected) => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap(CODES);
    for (const [first, last] of fetched) {
      const answer = await fetchBytes(http, `bytes=${first}-${last}`);
      expectPart(answer, WHOLE, first, last);
      expect(answer.cache.stored).toBe(true);
    }
    for (const [first, last] of expected) {
      const answer = await fetchBytes(http, `bytes=${first}-${last}`);
      expectPart(answer, WHOLE, first, last);
      expect(answer.cache.hit).toBe(true);
    }
    expect(bench().origin.count()).toBe(fetched.length);
    expect(await http.cache.count()).toBe(1);
  });

  it('do not answer what lies across a gap', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    await fetchBytes(http, 'bytes=101-199');
    const answer = await fetchBytes(http, 'bytes=99-101');
    expectPart(answer, WHOLE, 99, 101);
    expect(answer.cache.fromCache).toBe(false);
    expectPart(await fetchBytes(http, 'bytes=0-199'), WHOLE, 0, 199);
    expect(bench().origin.count()).toBe(3);
  });

  it('become a 200 when nothing is missing, which a plain GET gets without the origin', async () => {
    const large = someBytes(1_500_001, 'large');
    bench().answer(serving({ body: large, etag: '"v"', headers: { 'X-Kept': 'yes' } }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=1000000-');
    await fetchBytes(http, 'bytes=0-499999');
    await fetchBytes(http, 'bytes=400000-1000000');
    const whole = await fetchBytes(http);
    expectWhole(whole, large);
    expect(whole.headers).toMatchObject({ 'x-kept': 'yes', etag: '"v"', 'accept-ranges': 'bytes' });
    expect(whole.cache).toMatchObject({ hit: true, fwd: undefined });
    expectPart(await fetchBytes(http, 'bytes=-600000'), large, 900_001, 1_500_000);
    expect(bench().origin.count()).toBe(3);
  });

  it('take the header fields of the latest', async () => {
    let count = 0;
    bench().answer((request, n) => {
      count += 1;
      const headers = { 'X-Count': String(count), ...(count === 1 ? { 'X-First': 'yes' } : {}) };
      return serving({ body: WHOLE, etag: '"v"', headers })(request, n);
    });
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    await fetchBytes(http, 'bytes=100-199');
    const { headers } = await fetchBytes(http, 'bytes=0-9');
    expect(headers).toMatchObject({ 'x-count': '2', 'x-first': 'yes' });
  });

  it('are taken one by one, where they are of an unknown length', async () => {
    bench().answer(({ headers }) => {
      const [, first = '0', last = '999'] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
      if (headers.range === undefined) return { headers: { ETag: '"v"' }, body: WHOLE };
      if (headers.range.endsWith('-')) return { status: 416, headers: { 'Content-Range': 'bytes */1000' } };
      const range = `bytes ${first}-${last}/*`;
      return part(WHOLE, Number(first), Number(last), { ETag: '"v"', 'Content-Range': range });
    });
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    await fetchBytes(http, 'bytes=500-999');
    const { status, headers, data, cache } = await fetchBytes(http, 'bytes=400-599');
    expect([status, headers['content-range'], cache.hit]).toEqual([206, 'bytes 400-599/*', true]);
    expect(data.equals(WHOLE.subarray(400, 600))).toBe(true);
    expect(bench().origin.count()).toBe(2);
    // Nobody knows that this is all: the rest is asked for, and as there is none, the whole.
    const whole = await fetchBytes(http);
    expect([whole.status, whole.cache.fwd]).toEqual([200, 'partial']);
    expect(whole.data.equals(WHOLE)).toBe(true);
    expect(
      bench()
        .origin.requests.map(({ headers: { range } }) => range)
        .slice(2),
    ).toEqual(['bytes=1000-', undefined]);
    expectPart(await fetchBytes(http, 'bytes=-100'), WHOLE, 900, 999);
    expect(bench().origin.count()).toBe(4);
  });
});
