import { spawnSync } from 'node:child_process';
import { withDeadline } from '../../lib/storage/deadline.js';
import { compileLib } from '../helpers/compiled-lib.js';

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

  it('keeps the process alive while somebody waits, and no longer', () => {
    const lib = compileLib(['storage/deadline.ts']);
    const script = `
      const { withDeadline } = require(process.argv[1]);
      const late = () => new Error('late');
      withDeadline(Promise.resolve('in time'), 2 ** 30, late).then(console.log);
      withDeadline(new Promise(() => undefined), 1, late).catch((error) => console.log(error.message));
    `;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['-e', script, lib.modulePath('storage/deadline')],
      { encoding: 'utf8' },
    );
    lib.remove();
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'in time\nlate\n' });
  });
});
