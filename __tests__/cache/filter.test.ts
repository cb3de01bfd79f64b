import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('filterFn (%s)', (name) => {
  const bench = useBench(name);

  it('sees the response as it came, and as it is stored', async () => {
    bench().answer(() => ({ status: 201, statusText: 'Made', headers: { 'X-Mine': 'v' }, body: 'text' }));
    const filterFn = jest.fn(() => true);
    const http = bench().wrap({ filterFn, allowableCodes: [201] });
    await http.get('/a', { params: { b: 1 } });
    await http.get('/a', { params: { b: 1 } });
    expect(filterFn).toHaveBeenCalledTimes(2);
    for (const [index, fromCache] of [false, true].entries()) {
      const [response] = filterFn.mock.calls[index] as unknown as [Record<string, unknown>];
      expect(response).toMatchObject({
        method: 'GET',
        url: `${bench().origin.url}/a?b=1`,
        status: 201,
        statusText: 'Made',
        fromCache,
      });
      expect(response['headers']).toMatchObject({ 'x-mine': 'v' });
      expect(Buffer.from(response['body'] as Uint8Array).toString()).toBe('text');
    }
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['at once', () => false],
    ['later', async () => false],
  ])('refuses %s, once per response: nothing is stored', async (_when, refuse) => {
    const filterFn = jest.fn(refuse);
    const http = bench().wrap({ filterFn });
    expect(await http.get('/a')).toMatchObject({ data: 'hello', cache: { stored: false } });
    expect(filterFn).toHaveBeenCalledTimes(1);
    await http.get('/a');
    expect(filterFn).toHaveBeenCalledTimes(2);
    expect(await http.cache.count()).toBe(0);
  });

  it('counts for what was stored before it was set: deleted, and asked anew', async () => {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
    const http = bench().wrap();
    await http.get('/a');
    const seen: boolean[] = [];
    http.cache.settings = {
      filterFn: ({ body, fromCache }) => {
        seen.push(fromCache);
        return Buffer.from(body).toString() !== 'answer 1';
      },
    };
    expect(await http.get('/a')).toMatchObject({
      data: 'answer 2',
      cache: { fromCache: false, stored: true },
    });
    expect(seen).toEqual([true, false]);
    expect((await http.get('/a')).data).toBe('answer 2');
  });

  it('refusing a new version ends the old one', async () => {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
    const http = bench().wrap({
      expireAfter: 10,
      filterFn: ({ body }) => Buffer.from(body).toString() === 'answer 1',
    });
    await http.get('/a');
    bench().pass(11);
    expect((await http.get('/a')).data).toBe('answer 2');
    expect(await http.cache.count()).toBe(0);
  });

  it.each<[string, () => never | Promise<never>]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])(
    'that %s fails no request: nothing new is stored, what is stored stays, and an event tells',
    async (_how, filterFn) => {
      const http = bench().wrap({ filterFn });
      expect(await http.get('/a')).toMatchObject({ data: 'hello', cache: { stored: false } });
      expect(bench().events).toMatchObject([
        { type: 'callbackError', callback: 'filterFn', error: { message: 'mine' } },
      ]);
      await http.get('/a', { cache: { filterFn: () => true } });
      expect((await http.get('/a')).cache.hit).toBe(true);
      expect(bench().eventTypes()).toEqual(['callbackError', 'callbackError']);
    },
  );

  describe('for what may be answered in the place of the origin', () => {
    const refusing = { cache: { filterFn: () => false } };

    beforeEach(() => {
      bench().answer((_request, count) => ({ headers: { etag: '"v"' }, body: `answer ${count}` }));
    });

    it('what a 304 confirms is refused: asked again without conditions', async () => {
      const http = bench().wrap({ expireAfter: 10 });
      await http.get('/a');
      bench().pass(11);
      bench().answer(({ headers }) =>
        headers['if-none-match'] === undefined ? { body: 'whole' } : { status: 304 },
      );
      expect(await http.get('/a', refusing)).toMatchObject({
        status: 200,
        data: 'whole',
        cache: { stored: false },
      });
      expect(await http.cache.count()).toBe(0);
      expect(bench().origin.count()).toBe(3);
    });

    it('staleIfError has nothing to fall back on', async () => {
      const http = bench().wrap({ expireAfter: 10, staleIfError: true });
      await http.get('/a');
      bench().pass(11);
      bench().answer(() => ({ status: 500 }));
      await expect(http.get('/a', refusing)).rejects.toMatchObject({ status: 500 });
    });

    it('onlyIfCached has nothing to answer', async () => {
      const http = bench().wrap({}, { validateStatus: null });
      await http.get('/a');
      expect((await http.get('/a', { cache: { ...refusing.cache, onlyIfCached: true } })).status).toBe(504);
    });
  });
});
