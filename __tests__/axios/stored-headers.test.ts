import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import axios, { AxiosHeaders, type AxiosResponse } from 'axios';
import { useBench } from '../helpers/bench.js';

type Headers = AxiosHeaders & Record<string, unknown>;

const NAMES = {
  'Content-Type': 'application/json',
  'X-Mixed-Case': 'v',
  normalize: 'a',
  set: 'b',
  constructor: 'c',
  get: 'd',
  etag: '"e"',
};

describe.each([
  ['without a list', {}],
  ['with a list', { 'set-cookie': ['a=1', 'b=2'] }],
])('the header fields of a hit, %s', (_name, lists) => {
  const bench = useBench('memory');

  beforeEach(() => bench().answer(() => ({ headers: { ...NAMES, ...lists }, body: '{}' })));

  const ofHit = async (): Promise<Headers> => {
    const http = bench().wrap({ replayCookies: true });
    await http.get('/a');
    const { headers, cache } = await http.get('/a');
    expect(cache.fromCache).toBe(true);
    return headers as Headers;
  };
  /** Of plain axios, without what a hit has not. */
  const ofPlain = async (): Promise<Headers> => {
    const { headers } = await bench().plain().get<unknown, { headers: Headers }>('/a');
    for (const name of ['connection', 'keep-alive', 'transfer-encoding']) headers.delete(name);
    return headers;
  };

  it('are as without a cache, to whoever looks', async () => {
    const [hit, plain] = [await ofHit(), await ofPlain()];
    // Jest has another Array than Node.
    if (Object.keys(lists).length === 0) assert.deepStrictEqual(hit, plain);
    expect(hit).toEqual(plain);
    expect(Object.getPrototypeOf(hit)).toBe(AxiosHeaders.prototype);
    expect(inspect(hit)).toBe(inspect(plain));
    expect(JSON.stringify(hit)).toBe(JSON.stringify(plain));
    expect(Object.keys({ ...hit })).toEqual(Object.keys({ ...plain }));
    expect(Object.keys(structuredClone({ ...hit }))).toEqual(Object.keys(plain));
    expect([...hit]).toEqual([...plain]);
    expect(AxiosHeaders.concat(hit).toJSON()).toEqual(AxiosHeaders.concat(plain).toJSON());
  });

  const CHANGES: readonly (readonly [string, (headers: Headers) => unknown])[] = [
    ['set', (headers) => headers.set('X-New', ' 1 ')],
    ['delete', (headers) => headers.delete('content-type')],
    ['clear', (headers) => headers.clear()],
    ['a field that is written', (headers) => (headers['etag'] = '"f" ')],
    ['a field that is deleted', (headers) => delete headers['etag']],
    ['the same field spelled otherwise', (headers) => (headers['ETag'] = '"g"')],
    ['a name that is not normal', (headers) => (headers['  x  '] = ' y ')],
    ['a field of the name normalize', (headers) => ((headers as Record<string, unknown>)['normalize'] = 'z')],
    [
      'another order',
      (headers) => {
        const { etag } = headers;
        delete headers['etag'];
        headers['etag'] = etag;
      },
    ],
  ];

  it.each(CHANGES)('normalise as without a cache after %s', async (_change, change) => {
    for (const format of [undefined, false, true]) {
      const [hit, plain] = [await ofHit(), await ofPlain()];
      for (const headers of [hit, plain]) {
        change(headers);
        expect(headers.normalize(format as boolean)).toBe(headers);
      }
      expect(Object.entries(hit)).toEqual(Object.entries(plain));
    }
  });

  it.each(CHANGES)('are each caller’s own: %s', async (_change, change) => {
    const http = bench().wrap({ replayCookies: true });
    await http.get('/a');
    const before = Object.entries({ ...(await http.get('/a')).headers });
    change((await http.get('/a')).headers as Headers);
    expect(Object.entries({ ...(await http.get('/a')).headers })).toEqual(before);
  });
});

describe('the Age of a hit', () => {
  const bench = useBench('memory');

  it('is of the moment, also where the fields are known', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=100', 'X-A': 'a' }, body: '{}' }));
    const http = bench().wrap({ cacheControl: true });
    await http.get('/a');
    const ages: unknown[] = [];
    for (let time = 0; time < 3; time++) {
      const { headers } = await http.get('/a');
      ages.push([headers['age'], headers['x-a']]);
      bench().pass(7);
    }
    expect(ages).toEqual([
      ['0', 'a'],
      ['7', 'a'],
      ['14', 'a'],
    ]);
  });
});

describe('a URL that axios refuses', () => {
  const bench = useBench('memory');

  it.each(['http:/', 'http:', ' http:/', 'HTTP:/'])(
    'is refused also where what it may mean is stored: %j',
    async (beginning) => {
      const http = bench().adopt(axios.create());
      const { url } = bench().origin;
      await http.get(`${url}/a`);
      const malformed = `${url}/a`.replace('http://', beginning);
      const failureOf = (request: Promise<AxiosResponse>): Promise<unknown> =>
        request.then(
          ({ status }) => status,
          ({ code }: { code?: string }) => code,
        );
      const expected = await failureOf(axios.get(malformed));
      expect(await failureOf(http.get(malformed))).toBe(expected);
      expect(await http.cache.count()).toBe(1);
    },
  );
});
