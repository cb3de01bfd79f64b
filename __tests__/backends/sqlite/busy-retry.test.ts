import { BusyRetry } from '../../../lib/backends/sqlite/busy-retry.js';

const busy = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
const boom = new Error('boom');

/** An attempt that is refused so many times; then it does its work. */
function refused<T>(times: number, work: () => T): jest.Mock<T, []> {
  let left = times;
  return jest.fn<T, []>(() => {
    if (left-- > 0) throw busy;
    return work();
  });
}

beforeEach(() => {
  jest.useFakeTimers();
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

  it('goes on with later writes when the one before fails, and is at once again afterwards', async () => {
    const retry = new BusyRetry(30);
    const failing = expect(retry.write(refused(Infinity, () => 1))).rejects.toBe(busy);
    const later = retry.write(() => 'later');
    const throwing = expect(
      retry.write(() => {
        throw boom;
      }),
    ).rejects.toBe(boom);
    expect(retry.pendingWrites).toBeDefined();
    await jest.advanceTimersByTimeAsync(100);
    await Promise.all([failing, throwing]);
    expect(await later).toBe('later');
    await retry.pendingWrites;
    expect(retry.pendingWrites).toBeUndefined();
    expect(retry.write(() => 'now')).toBe('now');
  });

  it('lets reads go on while a write waits', () => {
    const retry = new BusyRetry(1000);
    void retry.write(refused(1, () => 1));
    expect(retry.read(() => 'read')).toBe('read');
  });
});
