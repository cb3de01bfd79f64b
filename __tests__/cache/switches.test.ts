import { AsyncResource } from 'node:async_hooks';
import { type RequestCacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('readOnly (%s)', (name) => {
  const bench = useBench(name);
  const readOnly = { readOnly: true };

  beforeEach(() => {
    bench().answer((_request, count) => ({ headers: { etag: '"v"' }, body: `answer ${count}` }));
  });

  it('reads, and never writes', async () => {
    await bench().wrap({ expireAfter: 60 }).get('/a');
    const http = bench().wrap(readOnly);
    expect((await http.get('/a')).cache.hit).toBe(true);
    expect((await http.get('/b')).cache).toMatchObject({ stored: false, fromCache: false });
    expect(await http.cache.count()).toBe(1);
  });

  it.each<[string, RequestCacheOptions]>([
    ['what is stale', {}],
    ['refresh', { refresh: true }],
    ['forceRefresh', { forceRefresh: true }],
  ])('fetches anew without storing: %s', async (_title, options) => {
    await bench().wrap({ expireAfter: 60 }).get('/a');
    bench().pass(61);
    const http = bench().wrap(readOnly);
    expect(await http.get('/a', { cache: options })).toMatchObject({
      data: 'answer 2',
      cache: { stored: false },
    });
    expect((await http.cache.get({ url: '/a' }))?.isExpired).toBe(true);
  });

  it('uses a 304 without writing it down', async () => {
    await bench().wrap({ expireAfter: 60 }).get('/a');
    bench().pass(61);
    bench().answer(() => ({ status: 304 }));
    const http = bench().wrap(readOnly);
    for (const requests of [2, 3]) {
      expect(await http.get('/a')).toMatchObject({
        data: 'answer 1',
        cache: { revalidated: true, stored: false, isExpired: false },
      });
      expect(bench().origin.count()).toBe(requests);
    }
  });

  it('keeps what a 304 says must not be stored any more', async () => {
    await bench().wrap({ expireAfter: 60 }).get('/a');
    bench().answer(() => ({ status: 304, headers: { 'cache-control': 'no-store' } }));
    const http = bench().wrap({ ...readOnly, cacheControl: true });
    expect((await http.get('/a', { cache: { refresh: true } })).cache.revalidated).toBe(true);
    expect(await http.cache.count()).toBe(1);
  });

  it('deletes nothing: neither by 404, nor by unsafe methods, nor by filterFn', async () => {
    await bench().wrap({ expireAfter: 60 }).get('/a');
    const http = bench().wrap({ readOnly: true, filterFn: () => false }, { validateStatus: null });
    await http.get('/a');
    await http.post('/a');
    bench().answer(() => ({ status: 404 }));
    await http.get('/a', { cache: { refresh: true } });
    expect(await http.cache.count()).toBe(1);
  });
});

describe.each(BACKENDS_UNDER_TEST)('switching the cache off (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
  });

  it.each<[string, false | RequestCacheOptions]>([
    ['cache: false', false],
    ['disabled', { disabled: true }],
  ])('for one request: %s', async (_title, cache) => {
    const http = bench().wrap();
    await http.get('/a');
    expect(await http.get('/a', { cache })).toMatchObject({
      data: 'answer 2',
      cache: { fromCache: false, fwd: 'bypass' },
    });
    await http.get('/b', { cache });
    await http.post('/a', {}, { cache });
    expect(await http.cache.count()).toBe(1);
    expect((await http.get('/a')).data).toBe('answer 1');
  });

  it('for the session, and back', async () => {
    const http = bench().wrap();
    await http.get('/a');
    http.cache.settings = { disabled: true };
    expect((await http.get('/a')).data).toBe('answer 2');
    expect((await http.get('/a', { cache: { disabled: false } })).data).toBe('answer 1');
    http.cache.settings = { disabled: false };
    expect((await http.get('/a')).data).toBe('answer 1');
  });

  it('does not touch storage', async () => {
    const http = bench().wrap({ disabled: true });
    const spies = (['get', 'put', 'delete', 'deleteResource', 'body', 'replaceHead'] as const).map((method) =>
      jest.spyOn(bench().backend, method),
    );
    await http.get('/a');
    await http.post('/a');
    await bench()
      .wrap()
      .cache.disabled(() => http.get('/a'));
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});

describe('disabled(fn)', () => {
  const bench = useBench();

  beforeEach(() => {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
  });

  it('gives what the function gives, or throws what it throws', async () => {
    const { cache } = bench().wrap();
    expect(cache.disabled(() => 7)).toBe(7);
    await expect(cache.disabled(async () => 'later')).resolves.toBe('later');
    expect(() =>
      cache.disabled(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
  });

  it('counts in the asynchronous context of the function, and only there', async () => {
    const http = bench().wrap();
    await http.get('/a');
    let goOn = (): void => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const inside = http.cache.disabled(async () => {
      const first = await http.get<string>('/a');
      await gate;
      return [first.data, (await http.get<string>('/a')).data];
    });
    const outside: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) outside.push((await http.get<string>('/a')).data);
    goOn();
    expect(await inside).toEqual(['answer 2', 'answer 3']);
    expect(outside).toEqual(['answer 1', 'answer 1', 'answer 1']);
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('may be nested', async () => {
    const http = bench().wrap();
    await http.get('/a');
    const data = await http.cache.disabled(async () => {
      await http.cache.disabled(() => http.get('/a'));
      return (await http.get<string>('/a')).data;
    });
    expect(data).toBe('answer 3');
  });

  it('concerns the one cache only', async () => {
    const [one, other] = [bench().wrap(), bench().wrap()];
    await one.get('/a');
    expect((await one.cache.disabled(() => other.get('/a'))).cache.hit).toBe(true);
  });
});

describe('disabled(fn) of many caches', () => {
  const bench = useBench();

  it('concerns all of them where they are nested', async () => {
    const [one, other, third] = [bench().wrap(), bench().wrap(), bench().wrap()];
    await one.get('/a');
    const answers = one.cache.disabled(() =>
      other.cache.disabled(() => [one, other, third].map((http) => http.get('/a'))),
    );
    expect((await Promise.all(answers)).map(({ cache }) => cache.hit)).toEqual([false, false, true]);
  });

  it('costs the process no more than that of one', () => {
    bench()
      .wrap()
      .cache.disabled(() => undefined);
    // Where Node follows contexts by marks on each resource, there is one for each that is followed.
    const marks = () => Object.getOwnPropertySymbols(new AsyncResource('PROBE')).length;
    const ofOne = marks();
    for (let more = 0; more < 10; more += 1)
      bench()
        .wrap()
        .cache.disabled(() => undefined);
    expect(marks()).toBe(ofOne);
  });
});

describe('allowableCodes and allowableMethods', () => {
  const bench = useBench();

  it.each([
    [200, [200], true],
    [404, [200], false],
    [404, [200, 404], true],
    [206, [200, 206], false],
    [301, [301], true],
    [500, [500], true],
  ])('status %i with %j: stored: %s', async (status, allowableCodes, isStored) => {
    bench().answer(() => ({ status, body: 'x' }));
    const http = bench().wrap({ allowableCodes }, { validateStatus: null, maxRedirects: 0 });
    expect((await http.get('/a')).cache.stored).toBe(isStored);
    expect(await http.get('/a')).toMatchObject({ status, cache: { fromCache: isStored } });
  });

  it.each(['get', 'HEAD', 'options', 'POST', 'put', 'PATCH', 'delete', 'QUERY', 'PROPFIND'])(
    '%s, in any case, is stored if it is allowed, else it passes by',
    async (method) => {
      bench().answer(({ method: real }) => ({ headers: { 'x-method': real } }));
      const swapped = method === method.toUpperCase() ? method.toLowerCase() : method.toUpperCase();
      const http = bench().wrap({ allowableMethods: [swapped] });
      await http.request({ url: '/a', method });
      const hit = await http.request({ url: '/a', method });
      expect(hit.cache.fromCache).toBe(true);
      expect(hit.headers['x-method']).toBe(method.toUpperCase());
      const none = bench().wrap({ allowableMethods: ['TRACE'] });
      expect((await none.request({ url: '/a', method })).cache).toMatchObject({
        fromCache: false,
        fwd: 'method',
      });
    },
  );

  it('GET and HEAD do not answer for each other', async () => {
    bench().answer(({ method }) => ({ headers: { 'x-method': method }, body: 'body' }));
    const http = bench().wrap();
    await http.head('/a');
    expect((await http.get('/a')).data).toBe('body');
    expect((await http.head('/a')).headers['x-method']).toBe('HEAD');
    expect(bench().origin.count()).toBe(2);
  });
});
