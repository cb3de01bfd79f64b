import { once } from 'node:events';
import axios, { AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { BACKENDS, initBackend } from '../../lib/index.js';
import { LOCAL_BACKENDS, deadUrl, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';
import { ON_SERVERS } from './collapsing-on-servers.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Holds answers back until the test lets them go. */
function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

async function caught(promise: Promise<unknown>): Promise<AxiosError> {
  return promise.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error as AxiosError,
  );
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const collapsed = (responses: readonly AxiosResponse[]): number =>
  responses.filter(({ cache }) => cache.collapsed).length;

it('requests for the same are tested on every backend that there is', () => {
  expect([...LOCAL_BACKENDS, ...ON_SERVERS].sort()).toEqual([...BACKENDS].sort());
});

describe.each(LOCAL_BACKENDS)('requests for the same at the same time (%s)', (name) => {
  const bench = useBench(name);

  it('a thousand misses make one request; each gets its own answer', async () => {
    const held = gate();
    bench().answer(async () => {
      await held.opened;
      return { headers: { 'content-type': 'application/json' }, body: '{"list":[1]}' };
    });
    const http = bench().wrap();
    const asked = times(1000, () => http.get<{ list: number[] }>('/a'));
    await until(() => bench().origin.count() === 1);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    held.open();
    const answers = await Promise.all(asked);
    expect(bench().origin.count()).toBe(1);
    expect(collapsed(answers)).toBe(999);
    const [first, ...others] = answers;
    expect(first?.cache).toMatchObject({ fromCache: false, stored: true, fwd: 'uri-miss', collapsed: false });
    for (const { cache } of others) {
      expect(cache).toMatchObject({
        fromCache: true,
        hit: false,
        stored: false,
        fwd: 'uri-miss',
        fwdStatus: 200,
      });
    }
    first?.data.list.push(2);
    expect(others.every(({ data }) => data.list.length === 1)).toBe(true);
    expect(new Set(answers.map(({ data }) => data)).size).toBe(1000);
    expect(new Set(answers.map(({ config }) => config)).size).toBe(1000);
  });

  it('share it whatever shape they want', async () => {
    bench().answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"a":1}' }));
    const http = bench().wrap();
    const [json, text, bytes, stream] = await Promise.all([
      http.get('/a'),
      http.get('/a', { responseType: 'text', transformResponse: (data: string) => data.toUpperCase() }),
      http.get<Buffer>('/a', { responseType: 'arraybuffer' }),
      http.get('/a', { responseType: 'stream' }),
    ]);
    expect(json.data).toEqual({ a: 1 });
    expect(text.data).toBe('{"A":1}');
    expect(bytes.data.toString()).toBe('{"a":1}');
    expect(String((await once(stream.data, 'data'))[0])).toBe('{"a":1}');
    expect(bench().origin.count()).toBe(1);
  });

  it('make one validation, whose 304 is for all', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: 'body' },
    );
    const http = bench().wrap({ expireAfter: 10 });
    await http.get('/a');
    bench().pass(11);
    const answers = await Promise.all(times(50, () => http.get('/a')));
    expect(answers.every(({ data }) => data === 'body')).toBe(true);
    expect(bench().origin.count()).toBe(2);
    expect(collapsed(answers)).toBe(49);
  });

  it.each([
    ['a lifetime of 0', { expireAfter: 0 }, {}],
    ['alwaysRevalidate', { alwaysRevalidate: true }, {}],
    ['refresh of all', {}, { cache: { refresh: true } }],
    ['forceRefresh of all', {}, { cache: { forceRefresh: true } }],
  ])('ask once with %s: it has just been asked', async (_what, options, config: AxiosRequestConfig) => {
    bench().answer(() => ({ headers: { etag: '"1"' }, body: 'body' }));
    const http = bench().wrap(options);
    await http.get('/a');
    const answers = await Promise.all(times(20, () => http.get('/a', config)));
    expect(answers.every(({ data }) => data === 'body')).toBe(true);
    expect(bench().origin.count()).toBe(2);
  });

  it('who wants the origin’s word does not wait for an answer that was asked for before', async () => {
    const held = gate();
    bench().answer(async (_request, count) => {
      if (count === 1) await held.opened;
      return { body: `answer ${count}` };
    });
    const http = bench().wrap();
    const slow = http.get('/a');
    await until(() => bench().origin.count() === 1);
    expect((await http.get('/a', { cache: { forceRefresh: true } })).data).toBe('answer 2');
    expect((await http.get('/a', { headers: { 'Cache-Control': 'no-cache' } })).data).toBe('answer 3');
    held.open();
    expect((await slow).data).toBe('answer 1');
  });

  it('refresh once in the background, and who needs the fresh one meanwhile waits for that', async () => {
    const held = gate();
    bench().answer(async (_request, count) => {
      if (count === 2) await held.opened;
      return { body: `answer ${count}` };
    });
    const http = bench().wrap({ expireAfter: 10, staleWhileRevalidate: true });
    await http.get('/a');
    bench().pass(11);
    const stale = await Promise.all(times(20, () => http.get('/a')));
    expect(stale.every(({ cache }) => cache.stale)).toBe(true);
    await until(() => bench().origin.count() === 2);
    const fresh = http.get('/a', { cache: { staleWhileRevalidate: false } });
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    held.open();
    expect(await fresh).toMatchObject({ data: 'answer 2', cache: { collapsed: true } });
    expect(bench().origin.count()).toBe(2);
  });

  describe('whose answer is not for all', () => {
    it.each([
      ['no-store', { 'cache-control': 'no-store' }],
      ['no-cache', { 'cache-control': 'no-cache' }],
      ['max-age=0', { 'cache-control': 'max-age=0' }],
      ['Vary: *', { 'cache-control': 'max-age=60', vary: '*' }],
    ])('%s: each asks for itself, all at once, and has an answer of its own', async (_what, headers) => {
      const held = gate();
      bench().answer(async (_request, count) => {
        if (count > 1) await held.opened;
        return { headers, body: `answer ${count}` };
      });
      const http = bench().wrap({ cacheControl: true });
      const asked = times(10, () => http.get<string>('/a'));
      // If they went one after another, the tenth would never come.
      await until(() => bench().origin.count() === 10);
      held.open();
      const answers = await Promise.all(asked);
      expect(new Set(answers.map(({ data }) => data)).size).toBe(10);
      expect(collapsed(answers)).toBe(0);
    });

    it('and that is known from then on: nobody waits for the next', async () => {
      bench().answer(() => ({ headers: { 'cache-control': 'no-store' }, body: 'x' }));
      const http = bench().wrap({ cacheControl: true });
      await http.get('/a');
      const held = gate();
      bench().answer(async () => {
        await held.opened;
        return { headers: { 'cache-control': 'max-age=60' }, body: 'y' };
      });
      const asked = times(5, () => http.get('/a'));
      await until(() => bench().origin.count() === 6);
      held.open();
      await Promise.all(asked);
      expect((await http.get('/a')).cache.hit).toBe(true);
    });

    it('other users have requests of their own', async () => {
      bench().answer(({ headers }) => ({ body: `for ${headers.authorization ?? 'nobody'}` }));
      const http = bench().wrap();
      const tokens = ['alice', 'bob', 'carol'];
      const answers = await Promise.all(
        times(30, (index) => http.get<string>('/me', { headers: { Authorization: tokens[index % 3]! } })),
      );
      answers.forEach(({ data }, index) => expect(data).toBe(`for ${tokens[index % 3]}`));
      expect(bench().origin.count()).toBe(3);
    });

    it('users are kept apart under one key of the caller’s own, too', async () => {
      bench().answer(({ headers }) => ({ body: `for ${headers.authorization ?? 'nobody'}` }));
      const http = bench().wrap();
      const answers = await Promise.all(
        ['alice', 'bob'].map((token) =>
          http.get<string>('/me', { headers: { Authorization: token }, cache: { key: 'me' } }),
        ),
      );
      expect(answers.map(({ data }) => data)).toEqual(['for alice', 'for bob']);
    });

    it('one variant is for those who want it, and the others ask together for theirs', async () => {
      bench().answer(({ headers }) => ({
        headers: { vary: 'X-Tenant' },
        body: `for ${String(headers['x-tenant'])}`,
      }));
      const http = bench().wrap();
      const tenants = ['a', 'b', 'c'];
      const answers = await Promise.all(
        times(60, (index) => http.get<string>('/a', { headers: { 'X-Tenant': tenants[index % 3]! } })),
      );
      answers.forEach(({ data }, index) => expect(data).toBe(`for ${tenants[index % 3]}`));
      expect(bench().origin.count()).toBe(3);
    });

    it('other ranges, conditions and methods are other requests', async () => {
      bench().answer(({ method, headers }) => ({ body: `${method} ${headers['if-none-match'] ?? ''}` }));
      const http = bench().wrap({}, { validateStatus: null });
      await Promise.all([
        http.get('/a'),
        http.head('/a'),
        http.get('/a', { headers: { 'If-None-Match': '"1"' } }),
        http.get('/a', { headers: { Range: 'bytes=0-1' } }),
        http.get('/a', { headers: { Range: 'bytes=2-3' } }),
        http.get('/a', { headers: { 'Accept-Language': 'fr' } }),
      ]);
      expect(bench().origin.count()).toBe(6);
    });

    it('another adapter is another way', async () => {
      const answering = (body: string) => (config: AxiosResponse['config']) =>
        Promise.resolve({ data: body, status: 200, statusText: 'OK', headers: {}, config } as AxiosResponse);
      const http = bench().wrap();
      const answers = await Promise.all([
        http.get('/a', { adapter: answering('one') }),
        http.get('/a', { adapter: answering('two') }),
        http.get('/a'),
      ]);
      expect(answers.map(({ data }) => data as string)).toEqual(['one', 'two', 'hello']);
    });
  });

  describe('when the origin fails', () => {
    it('all fail by one request, each by an error of its own', async () => {
      const url = await deadUrl();
      const http = bench().wrap({}, { baseURL: url });
      const plain = await caught(axios.get(`${url}/a`));
      const errors = await Promise.all(
        times(20, (index) => caught(http.get('/a', { headers: { 'X-Caller': String(index) } }))),
      );
      expect(new Set(errors).size).toBe(20);
      // What was sent has the fields of the one who asked: others see where they asked, and no more.
      expect(new Set(errors.map(({ request }) => request as unknown)).size).toBe(20);
      expect(JSON.stringify(errors[1]?.request)).not.toContain('X-Caller');
      expect(errors[1]?.request).toMatchObject({ method: 'GET', path: '/a', responseURL: `${url}/a` });
      errors.forEach((error, index) => {
        expect(error).toBeInstanceOf(AxiosError);
        expect(error.config?.headers['X-Caller']).toBe(String(index));
        expect(Object.keys(error).sort()).toEqual(Object.keys(plain).sort());
        expect([error.name, error.code, error.cause?.message]).toEqual([
          plain.name,
          plain.code,
          plain.cause?.message,
        ]);
        expect(error.stack).toContain(error.message);
      });
    });

    it('who may use what is stale does', async () => {
      const http = bench().wrap({ expireAfter: 10 });
      await http.get('/a');
      bench().pass(11);
      bench().answer(() => (_request, response) => void response.destroy());
      const results = await Promise.allSettled([
        http.get('/a'),
        http.get('/a', { cache: { staleIfError: true } }),
        http.get('/a', { cache: { staleIfError: 5 } }),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
      expect((results[1] as PromiseFulfilledResult<AxiosResponse>).value.cache).toMatchObject({
        stale: true,
        collapsed: true,
      });
    });

    it('by a status: who may use what is stale does, the others ask for themselves', async () => {
      const http = bench().wrap({ expireAfter: 10 });
      await http.get('/a');
      bench().pass(11);
      bench().answer(() => ({ status: 503 }));
      const results = await Promise.allSettled([
        http.get('/a'),
        http.get('/a', { cache: { staleIfError: true } }),
        http.get('/a'),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
      expect(bench().origin.count()).toBe(3);
    });

    it('what a function throws is its caller’s own: each asks for itself, at once', async () => {
      let calls = 0;
      const failing = () => {
        calls += 1;
        return Promise.reject(new TypeError('no adapter of axios'));
      };
      const http = bench().wrap({}, { adapter: failing });
      const errors = await Promise.all(times(5, () => caught(http.get('/a'))));
      expect(new Set(errors).size).toBe(5);
      expect(calls).toBe(5);
      expect(errors.every((error) => (error as unknown) instanceof TypeError)).toBe(true);
    });

    it('storage that fails does not: all share what came', async () => {
      const backend = faultyBackend(initBackend('x', 'memory'), (method) => {
        if (method !== 'close') throw new Error('disk I/O error');
      });
      const http = bench().wrap({ backend });
      const answers = await Promise.all(times(20, () => http.get('/a')));
      expect(answers.every(({ data }) => data === 'hello')).toBe(true);
      expect(bench().origin.count()).toBe(1);
      await backend.close();
    });

    it('storage that may only be read is no reason to ask more than once', async () => {
      const http = bench().wrap({ readOnly: true });
      const answers = await Promise.all(times(20, () => http.get('/a')));
      expect(collapsed(answers)).toBe(19);
      expect(bench().origin.count()).toBe(1);
      expect(await http.cache.count()).toBe(0);
    });
  });

  describe('who gives up', () => {
    it.each(['signal', 'cancelToken'] as const)(
      'by its %s, leaves the request to the others; the last one out ends it',
      async (how) => {
        const closed: boolean[] = [];
        bench().answer(() => (_request, response) => void response.on('close', () => closed.push(true)));
        const http = bench().wrap();
        const callers = times(3, () => {
          const controller = new AbortController();
          const source = axios.CancelToken.source();
          const config = how === 'signal' ? { signal: controller.signal } : { cancelToken: source.token };
          return {
            failed: caught(http.get('/a', config)),
            giveUp: () => (how === 'signal' ? controller.abort() : source.cancel('enough')),
          };
        });
        await until(() => bench().origin.count() === 1);
        for (const { failed, giveUp } of callers) {
          expect(closed).toHaveLength(0);
          giveUp();
          const error = await failed;
          expect(axios.isCancel(error)).toBe(true);
          expect(error.message).toBe(how === 'signal' ? 'canceled' : 'enough');
        }
        await until(() => closed.length === 1);
        bench().answer(() => ({ body: 'after' }));
        expect((await http.get('/a')).data).toBe('after');
      },
    );

    it('by its time-out, fails alone and at once; who comes after it takes over', async () => {
      bench().answer((_request, count) => (_, response) => {
        if (count > 1) response.end('second');
      });
      const http = bench().wrap();
      const impatient = caught(http.get('/a', { timeout: 40 }));
      const patient = http.get<string>('/a');
      const follower = caught(http.get('/a', { timeout: 20, timeoutErrorMessage: 'too slow' }));
      const plain = caught(bench().plain().get('/never', { timeout: 20, timeoutErrorMessage: 'too slow' }));
      expect(await follower).toMatchObject({ message: 'too slow', code: 'ECONNABORTED' });
      expect((await plain).code).toBe('ECONNABORTED');
      expect(await impatient).toMatchObject({ message: 'timeout of 40ms exceeded' });
      expect((await patient).data).toBe('second');
    });

    it('an adapter that never settles holds up only those who use it, and not when its caller leaves', async () => {
      const never = () => new Promise<never>(() => undefined);
      const http = bench().wrap();
      const controller = new AbortController();
      const stuck = caught(http.get('/a', { adapter: never, signal: controller.signal }));
      expect((await http.get('/a')).data).toBe('hello');
      controller.abort();
      expect(axios.isCancel(await stuck)).toBe(true);
    });

    it('a listener stays with nobody', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      let listeners = 0;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => ((listeners += 1), add(...args));
      signal.removeEventListener = (...args: Parameters<typeof remove>) => (
        (listeners -= 1),
        remove(...args)
      );
      const http = bench().wrap();
      await Promise.all(times(50, () => http.get('/a', { signal })));
      await Promise.all(times(50, (index) => http.get(`/${index % 2}`, { signal, timeout: 1000 })));
      expect(listeners).toBe(0);
    });
  });

  describe('and a deletion meanwhile', () => {
    it('who asks after it does not get what was asked for before', async () => {
      const held = gate();
      bench().answer(async (_request, count) => {
        if (count === 1) await held.opened;
        return { body: `answer ${count}` };
      });
      const http = bench().wrap();
      const before = [http.get<string>('/a'), http.get<string>('/a')] as const;
      await until(() => bench().origin.count() === 1);
      await http.cache.deleteUrl('/a');
      expect((await http.get('/a')).data).toBe('answer 2');
      held.open();
      expect((await before[0]).data).toBe('answer 1');
      expect((await before[1]).data).toBe('answer 2');
      expect(bench().origin.count()).toBe(2);
      expect((await http.get('/a')).data).toBe('answer 2');
    });
  });

  it('throwing transforms and filters of one are no affair of the others', async () => {
    const http = bench().wrap();
    const results = await Promise.allSettled([
      http.get('/a', {
        transformResponse: () => {
          throw new Error('mine');
        },
      }),
      http.get('/a'),
      http.get('/a', { validateStatus: () => false }),
      http.get('/a', {
        cache: {
          filterFn: () => {
            throw new Error('filter');
          },
        },
      }),
      http.get('/a'),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect((await http.get('/a')).data).toBe('hello');
  });
});
