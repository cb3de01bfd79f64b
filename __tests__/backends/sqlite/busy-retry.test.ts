import { BusyRetry } from '../../../lib/backends/sqlite/busy-retry.js';

const busy = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
const boom = new Error('boom');

/** An attempt that is refused so many times; then it does its work. */
function refused<T>(times: number, work: () => T): jest.Mock<T, [boolean]> {
  let left = times;
  return jest.fn<T, [boolean]>(() => {
    if (left-- > 0) throw busy;
    return work();
  });
}

beforeEach(() => {
  // Turns of the event loop go on by themselves.
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

describe.each(['read', 'write'] as const)('BusyRetry.%s', (method) => {
  it('gives the result at once when nothing is locked', () => {
    const retry = new BusyRetry(1000);
    expect(retry[method](() => 1)).toBe(1);
    expect(retry.pendingWrites).toBeUndefined();
  });

  it('throws other errors at once', () => {
    const attempt = () => {
      throw boom;
    };
    expect(() => new BusyRetry(1000)[method](attempt)).toThrow(boom);
  });

  it('tries again, with the event loop free between', async () => {
    const attempt = refused(3, () => 'done');
    const result = new BusyRetry(1000)[method](attempt);
    expect(attempt).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(5);
    expect(attempt).toHaveBeenCalledTimes(2);
    await jest.advanceTimersByTimeAsync(10);
    expect(attempt).toHaveBeenCalledTimes(3);
    await jest.advanceTimersByTimeAsync(20);
    expect(await result).toBe('done');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('gives up after its time, with the error of the database', async () => {
    const attempt = refused(Infinity, () => 'never');
    const expectation = expect(new BusyRetry(1000)[method](attempt)).rejects.toBe(busy);
    await jest.advanceTimersByTimeAsync(1000);
    await expectation;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('fails at once with other errors that come later', async () => {
    const attempt = refused(1, () => {
      throw boom;
    });
    const expectation = expect(new BusyRetry(1000)[method](attempt)).rejects.toBe(boom);
    await jest.advanceTimersByTimeAsync(5);
    await expectation;
  });

  it('does not try again when its time is 0', () => {
    expect(() => new BusyRetry(0)[method](refused(1, () => 1))).toThrow(busy);
  });
});

describe('BusyRetry', () => {
  it('keeps the order of writes while one of them waits', async () => {
    const retry = new BusyRetry(1000);
    const done: string[] = [];
    const first = refused(2, () => done.push('first'));
    const results = [
      retry.write(first),
      retry.write(() => done.push('second')),
      retry.write(() => done.push('third')),
    ];
    expect(done).toEqual([]);
    await jest.advanceTimersByTimeAsync(15);
    expect(await Promise.all(results.map((result) => Promise.resolve(result)))).toEqual([1, 2, 3]);
    expect(done).toEqual(['first', 'second', 'third']);
  });

  it('fails what waits behind a call that gave up when its own time is over, too, without a try', async () => {
    const retry = new BusyRetry(100);
    const outcomes: string[] = [];
    const note = (name: string, call: unknown): void => {
      const settled = (how: string) => () => void outcomes.push(`${name} ${how}`);
      void Promise.resolve(call).then(settled('done'), settled('failed'));
    };
    const [second, late] = [jest.fn(() => 2), jest.fn(() => 3)];
    let isLocked = true;
    const first = jest.fn(() => {
      if (isLocked) throw busy;
    });
    note('first', retry.write(first));
    note('second', retry.write(second));
    await jest.advanceTimersByTimeAsync(60);
    note('late', retry.write(late));
    await jest.advanceTimersByTimeAsync(39);
    expect(outcomes).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual(['first failed', 'second failed']);
    isLocked = false;
    await jest.advanceTimersByTimeAsync(25);
    expect(outcomes).toEqual(['first failed', 'second failed', 'late done']);
    expect(second).not.toHaveBeenCalled();
    expect(late).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits about one time in all, however many writes wait: those that close() waits for, too', async () => {
    const retry = new BusyRetry(100);
    const attempts = Array.from({ length: 20 }, () => refused(Infinity, () => 1));
    const calls = attempts.map((attempt) => Promise.resolve(retry.write(attempt)));
    const outcomes = Promise.allSettled(calls);
    const closed = jest.fn();
    void retry.pendingWrites?.then(closed);
    await jest.advanceTimersByTimeAsync(100);
    expect(closed).toHaveBeenCalledTimes(1);
    expect((await outcomes).every((one) => one.status === 'rejected' && one.reason === busy)).toBe(true);
    expect(retry.pendingWrites).toBeUndefined();
  });

  it('goes on with later writes when the one before fails', async () => {
    const retry = new BusyRetry(1000);
    const throwing = () => {
      throw boom;
    };
    const outcomes = Promise.allSettled([
      retry.write(refused(1, throwing)),
      retry.write(throwing),
      retry.write(() => 'later'),
    ]);
    await jest.advanceTimersByTimeAsync(10);
    expect(await outcomes).toMatchObject([{ reason: boom }, { reason: boom }, { value: 'later' }]);
  });

  it('answers at once again when the last that waited is done, or has given up', async () => {
    for (const [attempt, outcome] of [
      [refused(1, () => 1), 'done'],
      [refused(Infinity, () => 1), 'failed'],
    ] as const) {
      const retry = new BusyRetry(20);
      const next = () => retry.write(() => 'at once');
      const followed = Promise.resolve(retry.write(attempt)).then(
        () => ['done', next()],
        () => ['failed', next()],
      );
      await jest.advanceTimersByTimeAsync(20);
      expect(await followed).toEqual([outcome, 'at once']);
    }
  });

  it.each(['read', 'write'] as const)('has one %s tried for all that wait', async (method) => {
    const retry = new BusyRetry(1000);
    const attempts = Array.from({ length: 50 }, () => refused(3, () => 'done'));
    const calls = attempts.map((attempt) => Promise.resolve(retry[method](attempt)));
    const tried = () => attempts.map((attempt) => attempt.mock.calls.length).filter((count) => count > 0);
    expect(tried()).toEqual([1]);
    await jest.advanceTimersByTimeAsync(15);
    expect(tried()).toEqual([3]);
    for (const attempt of attempts.slice(1)) attempt.mockImplementation(() => 'done');
    await jest.advanceTimersByTimeAsync(20);
    expect(await Promise.all(calls)).toEqual(Array(50).fill('done'));
    expect(tried()).toEqual([4, ...Array<number>(49).fill(1)]);
  });

  it('tells a first try, which may wait for the lock, from one that must not', async () => {
    const retry = new BusyRetry(1000);
    const [first, second] = [refused(1, () => 1), refused(0, () => 2)];
    void retry.write(first);
    const later = retry.write(second);
    await jest.advanceTimersByTimeAsync(5);
    expect(await later).toBe(2);
    expect(first.mock.calls).toEqual([[false], [true]]);
    expect(second.mock.calls).toEqual([[true]]);
  });

  it('lets other work go between the calls of a long line', async () => {
    jest.useRealTimers();
    const retry = new BusyRetry(1000);
    const seen: string[] = [];
    const writes = [
      retry.write(
        refused(1, () => {
          setImmediate(() => seen.push('other work'));
          seen.push('first');
        }),
      ),
      retry.write(() => seen.push('second')),
    ];
    await Promise.all(writes.map((write) => Promise.resolve(write)));
    expect(seen).toEqual(['first', 'other work', 'second']);
  });

  it('lets reads go on while a write waits', () => {
    const retry = new BusyRetry(1000);
    void retry.write(refused(1, () => 1));
    expect(retry.read(() => 'read')).toBe('read');
  });
});
