import { withDeadline } from '../../lib/storage/deadline.js';

const late = () => new Error('late');

describe('withDeadline', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives the outcome and clears the timer', async () => {
    await expect(withDeadline(Promise.resolve(1), 1000, late)).resolves.toBe(1);
    const error = new Error('failed');
    await expect(withDeadline(Promise.reject(error), 1000, late)).rejects.toBe(error);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rejects at the deadline, and not before', async () => {
    const outcome = jest.fn();
    const limited = withDeadline(new Promise(() => undefined), 1000, late).catch(outcome);
    await jest.advanceTimersByTimeAsync(999);
    expect(outcome).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await limited;
    expect(outcome).toHaveBeenCalledWith(late());
  });

  it.each(['resolves', 'rejects'])('ignores what %s after the deadline', async (how) => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    let settle: () => void = () => undefined;
    const slow = new Promise((resolve, reject) => {
      settle = how === 'resolves' ? () => resolve(1) : () => reject(new Error('too late to matter'));
    });
    const limited = withDeadline(slow, 10, late);
    const expectation = expect(limited).rejects.toThrow('late');
    await jest.advanceTimersByTimeAsync(10);
    await expectation;
    settle();
    jest.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each([Infinity, 2 ** 31])(
    'sets no timer for %p ms, which Node would fire at once',
    async (deadlineMs) => {
      const limited = withDeadline(Promise.resolve(1), deadlineMs, late);
      expect(jest.getTimerCount()).toBe(0);
      await expect(limited).resolves.toBe(1);
    },
  );

  it('does not keep the process alive', () => {
    jest.useRealTimers();
    const unref = jest.spyOn(
      Object.getPrototypeOf(setTimeout(() => undefined, 0)) as NodeJS.Timeout,
      'unref',
    );
    void withDeadline(Promise.resolve(1), 60_000, late);
    expect(unref).toHaveBeenCalledTimes(1);
    unref.mockRestore();
  });
});
