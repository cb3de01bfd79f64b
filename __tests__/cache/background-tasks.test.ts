import { BackgroundTasks } from '../../lib/cache/background-tasks.js';
import { ManualClock } from '../helpers/manual-clock.js';

describe('BackgroundTasks', () => {
  let clock: ManualClock;
  let tasks: BackgroundTasks;
  let errors: unknown[];
  let runs: string[];
  const remember = (error: unknown): void => void errors.push(error);
  const succeed = (name: string) => async (): Promise<void> => void runs.push(name);
  const fail = (name: string) => async (): Promise<void> => {
    runs.push(name);
    throw new Error(name);
  };

  beforeEach(() => {
    clock = new ManualClock();
    tasks = new BackgroundTasks(clock);
    errors = [];
    runs = [];
  });

  it('does not run a task before start() returns', async () => {
    expect(tasks.start('a', succeed('a'), remember)).toBe(true);
    expect(runs).toEqual([]);
    await tasks.settled();
    expect(runs).toEqual(['a']);
  });

  it('runs one task of a name at a time, and others beside it', async () => {
    expect(tasks.start('a', succeed('a1'), remember)).toBe(true);
    expect(tasks.start('a', succeed('a2'), remember)).toBe(false);
    expect(tasks.start('b', succeed('b'), remember)).toBe(true);
    await tasks.settled();
    expect(runs).toEqual(['a1', 'b']);
    expect(tasks.start('a', succeed('a3'), remember)).toBe(true);
    await tasks.settled();
    expect(runs).toEqual(['a1', 'b', 'a3']);
  });

  it('tells of failures, also of those that are thrown at once', async () => {
    tasks.start('a', fail('a'), remember);
    tasks.start(
      'b',
      () => {
        throw new Error('b');
      },
      remember,
    );
    await tasks.settled();
    expect(errors.map((error) => (error as Error).message).sort()).toEqual(['a', 'b']);
  });

  it('pauses after failures for 1, 2, 4, … up to 60 seconds', async () => {
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(tasks.start('a', fail('a'), remember)).toBe(true);
      await tasks.settled();
      clock.advance(seconds * 1000 - 1);
      expect(tasks.start('a', fail('a'), remember)).toBe(false);
      expect(tasks.start('b', succeed('b'), remember)).toBe(true);
      clock.advance(1);
    }
    await tasks.settled();
  });

  it('forgets failures after a success', async () => {
    for (const pause of [1000, 2000]) {
      tasks.start('a', fail('a'), remember);
      await tasks.settled();
      clock.advance(pause);
    }
    tasks.start('a', succeed('a'), remember);
    await tasks.settled();
    tasks.start('a', fail('a'), remember);
    await tasks.settled();
    clock.advance(1000);
    expect(tasks.start('a', succeed('a'), remember)).toBe(true);
    await tasks.settled();
  });

  it('remembers the last 1,000 failures', async () => {
    for (let index = 0; index < 1001; index += 1) tasks.start(`task ${index}`, fail('x'), remember);
    await tasks.settled();
    expect(tasks.start('task 1', succeed('1'), remember)).toBe(false);
    expect(tasks.start('task 0', succeed('0'), remember)).toBe(true);
    await tasks.settled();
  });

  it('is settled when what was started meanwhile has ended, too', async () => {
    tasks.start('a', async () => void tasks.start('b', succeed('b'), remember), remember);
    await tasks.settled();
    expect(runs).toEqual(['b']);
    await tasks.settled();
  });
});
