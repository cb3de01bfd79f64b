import { MemoryBackend } from '../../lib/backends/memory.js';
import { BackendError, CacheClosedError, isHttpCacheError } from '../../lib/errors.js';
import { type Backend } from '../../lib/storage/backend.js';
import {
  FAILED,
  guardBackend,
  type GuardEvent,
  type GuardOptions,
} from '../../lib/storage/guarded-backend.js';
import { aRecord, bytesOf, listAll, metaOf, NOON } from '../../lib/backend-suite/records.js';
import { ManualClock } from '../helpers/manual-clock.js';

type Methods = { [Name in keyof Backend]?: unknown };

/** A guard around a healthy backend, some of whose methods are replaced. */
function setUp(methods: Methods = {}, options: Partial<GuardOptions> = {}) {
  const inner = new MemoryBackend();
  const backend = new Proxy(inner, {
    get(target, name: keyof Backend) {
      if (name in methods) return methods[name];
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
    },
  });
  const events: GuardEvent[] = [];
  const clock = new ManualClock();
  const guard = guardBackend(backend, { clock, report: (event) => events.push(event), ...options });
  return { guard, inner, clock, events };
}

const boom = new Error('boom');
const fails = (): never => {
  throw boom;
};
const never = (): Promise<never> => new Promise(() => undefined);

const CALLS = {
  get: (guard: ReturnType<typeof guardBackend>) => guard.get('key'),
  body: (guard) => guard.body({ key: 'key', variant: '' }),
  put: (guard) => guard.put(aRecord()),
  replaceHead: (guard) => guard.replaceHead(metaOf(aRecord())),
  delete: (guard) => guard.delete('key', 'variant'),
  deleteResource: (guard) => guard.deleteResource('resource'),
  prune: (guard) => guard.prune(NOON, 10),
} satisfies Record<string, (guard: ReturnType<typeof guardBackend>) => unknown>;
const callCases = Object.entries(CALLS) as [keyof typeof CALLS, (guard: unknown) => unknown][];

describe('a guarded call', () => {
  it('of a synchronous backend is answered without a promise', () => {
    const { guard, events } = setUp();
    expect(guard.put(aRecord())).toBe(true);
    expect(guard.get('key')).toHaveLength(1);
    expect(guard.body({ key: 'key', variant: '' })).toEqual(aRecord().body);
    expect(guard.replaceHead(metaOf(aRecord()))).toBe(true);
    expect(guard.prune(NOON, 10)).toBe(0);
    expect(guard.deleteResource('resource')).toBe(1);
    expect(guard.delete('key')).toBe(0);
    expect(guard.body({ key: 'key', variant: '' })).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('of an asynchronous backend gives what it answers', async () => {
    const { guard, events } = setUp({ get: async () => [], put: async () => false });
    expect(await guard.get('key')).toEqual([]);
    expect(await guard.put(aRecord())).toBe(false);
    expect(events).toEqual([]);
  });

  it.each(callCases)('D18: %s gives FAILED and an event when the backend throws', (operation, call) => {
    const { guard, events } = setUp({ [operation]: fails });
    expect(call(guard)).toBe(FAILED);
    expect(events).toHaveLength(1);
    const [event] = events as [Extract<GuardEvent, { type: 'backendError' }>];
    expect(event).toMatchObject({ type: 'backendError', backend: 'memory', operation });
    expect(event.error).toBeInstanceOf(BackendError);
    expect(event.error).toMatchObject({ code: 'ERR_CACHE_BACKEND', operation, cause: boom });
    expect(event.key).toBe(operation === 'deleteResource' || operation === 'prune' ? undefined : 'key');
  });

  it.each(callCases)(
    'D18: %s gives FAILED and an event when the backend rejects',
    async (operation, call) => {
      const { guard, events } = setUp({ [operation]: () => Promise.reject(boom) });
      expect(await call(guard)).toBe(FAILED);
      expect(events).toMatchObject([{ type: 'backendError', operation, error: { cause: boom } }]);
    },
  );

  it('counts as false, so that a failed put is not taken for a stored one', () => {
    expect(Boolean(FAILED)).toBe(false);
  });

  it('reports an error of this library as it is', () => {
    const closed = new CacheClosedError('It');
    const { guard, events } = setUp({
      get: () => {
        throw closed;
      },
    });
    expect(guard.get('key')).toBe(FAILED);
    expect(events).toMatchObject([{ error: closed }]);
  });

  it.each<[keyof typeof CALLS, unknown]>([
    ['get', undefined],
    ['get', null],
    ['get', { length: 0 }],
    ['body', null],
    ['body', 'text'],
    ['put', undefined],
    ['replaceHead', 1],
    ['delete', true],
    ['deleteResource', undefined],
    ['prune', null],
  ])('%s gives FAILED when the backend breaks its contract and returns %p', async (operation, result) => {
    for (const answer of [() => result, () => Promise.resolve(result)]) {
      const { guard, events } = setUp({ [operation]: answer });
      expect(await (CALLS[operation] as (of: unknown) => unknown)(guard)).toBe(FAILED);
      expect(events).toMatchObject([
        { type: 'backendError', operation, error: { code: 'ERR_CACHE_BACKEND' } },
      ]);
    }
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'record'],
    ['without key', { ...aRecord(), key: undefined }],
    ['with a number for its variant', { ...aRecord(), variant: 0 }],
    ['with null for its resource', { ...aRecord(), resource: null }],
    ['with a text for its head', { ...aRecord(), head: 'the head' }],
    ['with an ArrayBuffer for its head', { ...aRecord(), head: new ArrayBuffer(8) }],
    ['without createdAt', { ...aRecord(), createdAt: undefined }],
    ['with NaN for createdAt', { ...aRecord(), createdAt: NaN }],
    ['with a Date for createdAt', { ...aRecord(), createdAt: new Date(NOON) }],
    ['with null for its body', { ...aRecord(), body: null }],
    ['with a text for its body', { ...aRecord(), body: 'the body' }],
  ])('get gives FAILED when one of the records is %s', async (_, record) => {
    for (const records of [[record], [aRecord(), record]]) {
      for (const get of [() => records, () => Promise.resolve(records)]) {
        const { guard, events } = setUp({ get });
        expect(await guard.get('key')).toBe(FAILED);
        expect(events).toMatchObject([{ type: 'backendError', operation: 'get', key: 'key' }]);
      }
    }
  });

  it('get gives FAILED for a list with holes', () => {
    const holes: unknown[] = [];
    holes.length = 1;
    expect(setUp({ get: () => holes }).guard.get('key')).toBe(FAILED);
  });

  it('get gives records as they are, with bytes of any kind, and with bodies only where they came along', () => {
    const records = [{ ...aRecord(), head: Buffer.from('head') }, metaOf(aRecord({ variant: 'other' }))];
    const { guard, events } = setUp({ get: () => records });
    expect(guard.get('key')).toBe(records);
    expect(events).toEqual([]);
  });

  it('replaceHead passes on which head it expects', () => {
    const { guard } = setUp();
    void guard.put(aRecord());
    expect(guard.replaceHead(metaOf(aRecord()), bytesOf('another head'))).toBe(false);
    expect(guard.replaceHead(metaOf(aRecord()), aRecord().head)).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ['throws', fails],
    ['rejects', () => Promise.reject(boom)],
  ])('does not care when the listener %s', async (_, report) => {
    const { guard } = setUp({ get: fails }, { report });
    expect(guard.get('key')).toBe(FAILED);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a deadline', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['get', 2000],
    ['body', 2000],
    ['put', 5000],
    ['replaceHead', 5000],
    ['delete', 5000],
    ['deleteResource', 5000],
    ['prune', 5000],
  ] as const)('of %s is %d ms by default', async (operation, deadlineMs) => {
    const { guard, events } = setUp({ [operation]: never });
    const settled = jest.fn();
    const call = Promise.resolve((CALLS[operation] as (of: unknown) => unknown)(guard)).then(settled);
    await jest.advanceTimersByTimeAsync(deadlineMs - 1);
    expect(settled).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await call;
    expect(settled).toHaveBeenCalledWith(FAILED);
    expect(events).toMatchObject([{ operation, error: { code: 'ERR_CACHE_BACKEND_TIMEOUT', operation } }]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('can be set', async () => {
    const { guard, events } = setUp({ get: never, put: never }, { readDeadlineMs: 10, writeDeadlineMs: 20 });
    const calls = Promise.all([guard.get('key'), guard.put(aRecord())]);
    await jest.advanceTimersByTimeAsync(20);
    expect(await calls).toEqual([FAILED, FAILED]);
    expect(events.map((event) => event.type === 'backendError' && event.error.message)).toEqual([
      'Backend "memory", get: no answer within 10 ms',
      'Backend "memory", put: no answer within 20 ms',
    ]);
  });

  it('leaves no timer behind when the answer comes in time', async () => {
    const { guard } = setUp({ get: async () => [] });
    await guard.get('key');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('reports nothing more when the late answer is an error', async () => {
    let reject: (error: Error) => void = () => undefined;
    const { guard, events } = setUp({ get: () => new Promise((_, no) => (reject = no)) });
    const call = guard.get('key');
    await jest.advanceTimersByTimeAsync(2000);
    expect(await call).toBe(FAILED);
    reject(boom);
    await jest.advanceTimersByTimeAsync(0);
    expect(events).toHaveLength(1);
  });
});

describe('the breaker', () => {
  const failingReads = () => {
    let asked = 0;
    let isDown = true;
    const get = (): unknown => {
      asked++;
      if (isDown) throw boom;
      return [];
    };
    return { ...setUp({ get }), asked: () => asked, recover: () => (isDown = false) };
  };

  it('stops asking after 5 failures in a row, without an event for each call', () => {
    const { guard, events, clock, asked } = failingReads();
    for (let call = 0; call < 20; call++) expect(guard.get('key')).toBe(FAILED);
    expect(asked()).toBe(5);
    expect(events.map(({ type }) => type)).toEqual([...Array<string>(5).fill('backendError'), 'breakerOpen']);
    const until = clock.now() + 30_000;
    expect(events.at(-1)).toMatchObject({ backend: 'memory', lane: 'read', until });
    expect(events.at(-1)).toMatchObject({
      error: { code: 'ERR_CACHE_BACKEND_PAUSED', cause: { cause: boom } },
    });
    expect(guard.pausedUntil('read')).toBe(until);
    expect(guard.pausedUntil('write')).toBeUndefined();
  });

  it('lets one call through after the pause, and goes on when it succeeds', () => {
    const { guard, events, clock, asked, recover } = failingReads();
    for (let call = 0; call < 5; call++) void guard.get('key');
    recover();
    clock.advance(29_999);
    expect(guard.get('key')).toBe(FAILED);
    clock.advance(1);
    expect(guard.get('key')).toEqual([]);
    expect(guard.get('key')).toEqual([]);
    expect(asked()).toBe(7);
    expect(events.at(-1)).toEqual({ type: 'breakerClose', backend: 'memory', lane: 'read' });
    expect(guard.pausedUntil('read')).toBeUndefined();
  });

  it('pauses again when that call fails', () => {
    const { guard, events, clock, asked } = failingReads();
    for (let call = 0; call < 5; call++) void guard.get('key');
    clock.advance(30_000);
    for (let call = 0; call < 5; call++) void guard.get('key');
    expect(asked()).toBe(6);
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['backendError', 'breakerOpen']);
    expect(guard.pausedUntil('read')).toBe(clock.now() + 30_000);
  });

  it('lets exactly one of many calls through while the probe is under way', async () => {
    const answers: ((value: unknown) => void)[] = [];
    let isDown = true;
    const get = (): unknown => (isDown ? fails() : new Promise((resolve) => answers.push(resolve)));
    const { guard, clock } = setUp({ get }, { breaker: { failures: 1, pauseMs: 10 } });
    void guard.get('key');
    isDown = false;
    clock.advance(10);
    const probe = guard.get('key');
    expect([guard.get('key'), guard.get('key')]).toEqual([FAILED, FAILED]);
    expect(answers).toHaveLength(1);
    answers[0]?.([]);
    expect(await probe).toEqual([]);
  });

  it('counts a missed deadline and a broken contract as failures', async () => {
    const { guard, events } = setUp(
      { get: never, body: () => null },
      { readDeadlineMs: 1, breaker: { failures: 2 } },
    );
    await guard.get('key');
    void guard.body({ key: 'key', variant: '' });
    expect(events.at(-1)).toMatchObject({ type: 'breakerOpen' });
  });

  it('for writes does not stop reads: a full disk leaves the hits', () => {
    const { guard } = setUp({ put: fails }, { breaker: { failures: 1 } });
    expect(guard.put(aRecord())).toBe(FAILED);
    expect(guard.delete('key')).toBe(FAILED);
    expect(guard.get('key')).toEqual([]);
    expect(guard.pausedUntil('write')).toBeDefined();
  });
});

describe('maintenance', () => {
  it('gives what the call gives', async () => {
    const { guard } = setUp();
    void guard.put(aRecord());
    expect(await guard.maintenance('count', (backend) => backend.count())).toBe(1);
    expect(await listAll(guard.scan())).toHaveLength(1);
  });

  it.each([
    ['throws', fails],
    ['rejects', () => Promise.reject(boom)],
  ])('throws a typed error with its cause when the backend %s', async (_, clear) => {
    const { guard, events } = setUp({ clear });
    const error: unknown = await guard
      .maintenance('clear', (backend) => backend.clear())
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      operation: 'clear',
      backend: 'memory',
      cause: boom,
    });
    expect(events).toEqual([]);
  });

  it('ignores the breaker', async () => {
    const { guard } = setUp({ get: fails }, { breaker: { failures: 1 } });
    void guard.get('key');
    expect(await guard.maintenance('count', (backend) => backend.count())).toBe(0);
  });

  it('scans with typed errors, and leaves the error of who consumes it alone', async () => {
    async function* scan() {
      yield metaOf(aRecord());
      await Promise.resolve();
      throw boom;
    }
    const { guard } = setUp({ scan });
    const error: unknown = await listAll(guard.scan()).catch((thrown: unknown) => thrown);
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({ operation: 'scan', cause: boom });
    const own = new Error('the consumer’s own');
    const consume = async (): Promise<void> => {
      for await (const meta of guard.scan()) throw Object.assign(own, { meta });
    };
    await expect(consume()).rejects.toBe(own);
  });
});
