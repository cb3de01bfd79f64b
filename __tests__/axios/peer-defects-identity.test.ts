import { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { type CacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

// Defects that were measured in other caches for axios, each by the number under which it is known in this project.

describe.each(BACKENDS_UNDER_TEST)('3: one user gets the body of another (%s)', (name) => {
  const bench = useBench(name);

  type AsUser = (user: string) => AxiosRequestConfig;
  const WAYS: readonly [how: string, asUser: AsUser][] = [
    ['Authorization', (user) => ({ headers: { Authorization: `Bearer ${user}` } })],
    ['authorization in lower case', (user) => ({ headers: { authorization: `Bearer ${user}` } })],
    ['auth', (user) => ({ auth: { username: user, password: 'same' } })],
    ['the password in auth', (user) => ({ auth: { username: 'same', password: user } })],
    ['userinfo of the URL', (user) => ({ baseURL: bench().origin.url.replace('//', `//${user}:pw@`) })],
    ['Cookie', (user) => ({ headers: { Cookie: `sid=${user}` } })],
    ['X-API-Key', (user) => ({ headers: { 'X-API-Key': user } })],
    ['access_token in the query', (user) => ({ params: { access_token: user } })],
  ];
  const SITUATIONS: readonly [what: string, headers: Record<string, string>, options: CacheOptions][] = [
    ['no Cache-Control', {}, {}],
    ['max-age', { 'cache-control': 'max-age=60' }, { cacheControl: true }],
    ['public', { 'cache-control': 'public, max-age=60' }, { cacheControl: true }],
    ['Vary: Authorization', { vary: 'Authorization' }, {}],
    ['one key for all', {}, { keyFn: () => 'the one key' }],
  ];

  it.each(
    SITUATIONS.flatMap(([what, ...rest]) => WAYS.map(([how, asUser]) => ({ what, how, asUser, rest }))),
  )('by $how, with $what', async ({ asUser, rest: [headers, options] }) => {
    bench().answer(({ url, headers: sent }) => ({
      headers,
      body: `for ${[sent.authorization, sent.cookie, sent['x-api-key'], url].join(' ')}`,
    }));
    const http = bench().wrap(options);
    const as = async (user?: string): Promise<[unknown, boolean]> => {
      const { data, cache } = await http.get('/me', user === undefined ? {} : asUser(user));
      return [data, cache.fromCache];
    };
    const [ada] = await as('ada');
    const [bob, isFromCache] = await as('bob');
    expect(isFromCache).toBe(false);
    expect(bob).not.toEqual(ada);
    const [nobody, isNobodysFromCache] = await as();
    expect(isNobodysFromCache).toBe(false);
    expect([ada, bob]).not.toContain(nobody);
    expect([await as('ada'), await as('bob'), await as()]).toEqual([
      [ada, true],
      [bob, true],
      [nobody, true],
    ]);
  });

  it('nor when the default of the instance changes with the user', async () => {
    bench().answer(({ headers }) => ({ body: `for ${headers.authorization}` }));
    const http = bench().wrap();
    const bodies = [];
    for (const user of ['ada', 'bob', 'ada']) {
      http.defaults.headers.common['Authorization'] = user;
      bodies.push((await http.get('/me')).data);
    }
    expect(bodies).toEqual(['for ada', 'for bob', 'for ada']);
    expect(bench().origin.count()).toBe(2);
  });

  it('nor by stale answers: staleIfError and staleWhileRevalidate keep users apart', async () => {
    bench().answer(({ headers }) => ({ body: `for ${headers.authorization}` }));
    const options = { expireAfter: 1, staleIfError: true };
    const http = bench().wrap(options);
    await http.get('/me', { headers: { Authorization: 'ada' } });
    bench().pass(10);
    bench().answer(() => ({ status: 503 }));
    const asBob = { headers: { Authorization: 'bob' } };
    await expect(http.get('/me', asBob)).rejects.toMatchObject({ status: 503 });
    await expect(http.get('/me', { ...asBob, cache: { staleWhileRevalidate: true } })).rejects.toMatchObject({
      status: 503,
    });
  });
});

/** Short hashes that caches for axios and HTTP have used for keys. */
const SHORT_HASHES: readonly [string, (text: string) => number, one: string, other: string][] = [
  [
    'DJB2',
    (text) => fold(text, 5381, (hash, code) => Math.imul(hash, 33) ^ code),
    '/items?id=xv1tf1p',
    '/items?id=xv72xm2',
  ],
  [
    'FNV-1a',
    (text) => fold(text, 0x811c9dc5, (hash, code) => Math.imul(hash ^ code, 0x01000193)),
    '/items?id=1roe6j',
    '/items?id=kir4dc',
  ],
  ['31', (text) => fold(text, 0, (hash, code) => Math.imul(hash, 31) + code), '/items?id=Aa', '/items?id=BB'],
];

function fold(text: string, start: number, step: (hash: number, code: number) => number): number {
  return [...text].reduce((hash, letter) => step(hash, letter.charCodeAt(0)) | 0, start) >>> 0;
}

describe.each(BACKENDS_UNDER_TEST)('4: different requests have one key (%s)', (name) => {
  const bench = useBench(name);
  beforeEach(() => bench().answer(({ url, body }) => ({ body: `${url} ${body.toString()}` })));

  it.each(SHORT_HASHES)('URLs that collide in a short hash (%s)', async (_name, hash, one, other) => {
    expect(hash(one)).toBe(hash(other));
    const http = bench().wrap();
    const data = [];
    for (const url of [one, other, one, other]) data.push((await http.get(url)).data);
    expect(data).toEqual([`${one} `, `${other} `, `${one} `, `${other} `]);
    expect(bench().origin.count()).toBe(2);
  });

  it.each([
    ['/a', '/a/'],
    ['/', '/a/'],
    ['/a//b', '/a/b'],
    ['/a?utm_source=x', '/a'],
    ['/a', '/A'],
  ])('%s and %s', async (one, other) => {
    const http = bench().wrap();
    await http.get(one);
    expect((await http.get(other)).cache.fromCache).toBe(false);
    expect([(await http.get(one)).data, (await http.get(other)).data]).toEqual([`${one} `, `${other} `]);
  });

  const bodies = (make: (text: string) => unknown): unknown[] => [make('first'), make('other')];
  it.each<[string, unknown[]]>([
    ['Blob', bodies((text) => new Blob([text]))],
    ['Buffer', bodies((text) => Buffer.from(text))],
    ['ArrayBuffer', bodies((text) => new TextEncoder().encode(text).buffer)],
    ['URLSearchParams', bodies((text) => new URLSearchParams({ text }))],
    [
      'FormData with a file',
      bodies((text) => {
        const form = new FormData();
        form.append('file', new Blob([text]), 'same.txt');
        return form;
      }),
    ],
  ])('bodies: %s', async (_kind, [first, other]) => {
    const http = bench().wrap({ allowableMethods: ['POST'] });
    const answers: AxiosResponse[] = [];
    for (const body of [first, other, first, other]) answers.push(await http.post('/upload', body));
    expect(answers.map(({ cache }) => cache.fromCache)).toEqual([false, false, true, true]);
    expect(String(answers[2]?.data)).toContain('first');
    expect(String(answers[3]?.data)).toContain('other');
  });
});

describe.each(BACKENDS_UNDER_TEST)('9: fields that the adapter adds spoil hits (%s)', (name) => {
  const bench = useBench(name);

  it.each(['Accept-Encoding', 'User-Agent', 'Accept-Encoding, User-Agent, Accept'])(
    'Vary: %s hits on the second request, by one read of storage',
    async (vary) => {
      const calls: string[] = [];
      const backend = faultyBackend(bench().backend, (method) => void calls.push(method));
      bench().answer(() => ({ headers: { vary }, body: 'x' }));
      const http = bench().wrap({ backend });
      await http.get('/a');
      expect(bench().origin.last.headers['accept-encoding']).toContain('gzip');
      calls.length = 0;
      for (let turn = 0; turn < 3; turn += 1) expect((await http.get('/a')).cache.hit).toBe(true);
      expect(calls).toEqual(['get', 'get', 'get']);
      expect(bench().origin.count()).toBe(1);
      expect(await http.cache.count()).toBe(1);
    },
  );

  it('what the caller sets itself still tells variants apart', async () => {
    bench().answer(({ headers }) => ({
      headers: { vary: 'Accept-Encoding' },
      body: `for ${headers['accept-encoding']}`,
    }));
    const http = bench().wrap();
    const plain = { headers: { 'Accept-Encoding': 'identity' } };
    const first = [(await http.get('/a')).data, (await http.get('/a', plain)).data];
    expect(first[1]).toBe('for identity');
    expect([(await http.get('/a')).data, (await http.get('/a', plain)).data]).toEqual(first);
    expect(bench().origin.count()).toBe(2);
  });
});
