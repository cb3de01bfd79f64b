import { type CodeLifetimes, type ExpirationFunction, InvalidOptionError, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('lifetimes by rule (%s)', (name) => {
  const bench = useBench(name);

  it('a function works out the lifetime of each response', async () => {
    bench().answer(({ url }) => ({ headers: { 'x-ttl': url === '/a' ? '10' : '20' } }));
    const http = bench().wrap({ expireAfter: (_request, { headers }) => Number(headers['x-ttl']) });
    expect((await http.get('/a')).cache.ttl).toBe(10);
    expect((await http.get('/b')).cache.ttl).toBe(20);
    expect((await http.get('/b')).cache.hit).toBe(true);
  });

  it('is shown no credentials in the URL', async () => {
    const expireAfter = jest.fn<number, Parameters<ExpirationFunction>>(() => 10);
    const http = bench().wrap({ expireAfter });
    await http.get('/a?b=2&a=1&api_key=secret', { headers: { 'x-own': 'yes' } });
    const [[request, response]] = expireAfter.mock.calls as [Parameters<ExpirationFunction>];
    expect(request).toMatchObject({ method: 'GET', headers: { 'x-own': 'yes' } });
    expect(request.url).toBe(`${bench().origin.url}/a?a=1&api_key=REDACTED&b=2`);
    expect(response.status).toBe(200);
  });

  it('of the request, then of a pattern, then by status, then of the session', async () => {
    const asked: string[] = [];
    const noting = (who: string) => () => {
      asked.push(who);
      return undefined;
    };
    const http = bench().wrap({
      expireAfter: noting('session'),
      urlsExpireAfter: { '*/a': noting('pattern') },
      codesExpireAfter: { 404: '1m' },
    });
    const { cache } = await http.get('/a', { cache: { expireAfter: noting('request') } });
    expect(asked).toEqual(['request', 'pattern', 'session']);
    expect([cache.stored, cache.ttl]).toEqual([true, undefined]);
  });

  it('is asked again when a 304 confirms what is stored', async () => {
    bench().answer(({ headers }, count) =>
      headers['if-none-match'] === undefined
        ? { headers: { etag: '"1"', 'x-ttl': '10' }, body: 'hello' }
        : { status: 304, headers: { etag: '"1"', 'x-ttl': String(count * 10) } },
    );
    const http = bench().wrap({ expireAfter: (_request, { headers }) => Number(headers['x-ttl']) });
    await http.get('/a');
    bench().pass(11);
    expect((await http.get('/a')).cache).toMatchObject({ revalidated: true, ttl: 20 });
  });

  it.each<[string, ExpirationFunction]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['gives nonsense', () => 'some day'],
    ['gives a promise', (() => Promise.resolve(1)) as unknown as ExpirationFunction],
  ])('is told of, and nothing is stored, when it %s', async (_title, expireAfter) => {
    const http = bench().wrap({ expireAfter });
    const { status, cache } = await http.get('/a');
    expect([status, cache.stored]).toEqual([200, false]);
    expect(bench().events).toEqual([
      expect.objectContaining({ type: 'callbackError', callback: 'expireAfter' }),
    ]);
    expect((await http.get('/a')).cache.fromCache).toBe(false);
  });

  it('is used for what is saved by hand, too', async () => {
    const http = bench().wrap({
      expireAfter: (_request, { status }) => (status === 200 ? 30 : 'do-not-cache'),
    });
    const save = (status: number): Promise<string> =>
      http.cache.saveResponse({
        data: 'x',
        status,
        statusText: '',
        headers: {},
        config: { url: '/saved', method: 'get' },
      });
    await save(200);
    expect((await http.get('/saved')).cache.ttl).toBe(30);
    await expect(save(404)).rejects.toThrow(InvalidOptionError);
  });

  it('codesExpireAfter stores what allowableCodes does not list, for its own time', async () => {
    bench().answer(({ url }) => ({ status: Number(url.slice(1)) }));
    const http = bench().wrap(
      { codesExpireAfter: { 404: '1m', '5xx': 10 } },
      {
        validateStatus: null,
      },
    );
    for (const [url, ttl, isStored] of [
      ['/404', 60, true],
      ['/503', 10, true],
      ['/403', undefined, false],
      ['/200', undefined, true],
    ] as const) {
      expect((await http.get(url)).cache).toMatchObject({ stored: isStored, ttl });
    }
    expect((await http.get('/404')).cache.hit).toBe(true);
    bench().pass(11);
    expect((await http.get('/404')).cache.hit).toBe(true);
    expect((await http.get('/503')).cache.hit).toBe(false);
  });

  it('codesExpireAfter gives way to the headers where they count', async () => {
    bench().answer(() => ({ status: 404, headers: { 'cache-control': 'max-age=5' } }));
    const http = bench().wrap({ ...rfc9111, codesExpireAfter: { 404: 60 } }, { validateStatus: null });
    expect((await http.get('/a')).cache.ttl).toBe(5);
  });

  it('codesExpireAfter does not take the place of what may stand in for a failure', async () => {
    bench().answer((_request, count) => (count === 1 ? { body: 'good' } : { status: 503 }));
    const http = bench().wrap({ expireAfter: 60, staleIfError: true, codesExpireAfter: { '5xx': 10 } });
    await http.get('/a');
    bench().pass(61);
    expect((await http.get('/a')).data).toBe('good');
  });

  it('refuses what is no status', () => {
    expect(() => bench().wrap({ codesExpireAfter: { '40x': 1 } as unknown as CodeLifetimes })).toThrow(
      'Option "codesExpireAfter" is "40x"',
    );
  });
});
