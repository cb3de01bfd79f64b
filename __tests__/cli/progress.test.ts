import { Writable } from 'node:stream';
import { Output } from '../../lib/cli/output.js';
import { bytesDone, progressOn, responsesDone } from '../../lib/cli/progress.js';

/** What is written, to a terminal or to a pipe. */
class Screen extends Writable {
  readonly isTTY: boolean;
  readonly columns = 120;
  written = '';

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString();
    done();
  }

  /** As somebody sees it who cannot see control sequences. Empties it. */
  seen(): string {
    const text = this.written.replace(/\u001b(?:\[[0-9;?]*[A-Za-z]|[78])/g, '\r');
    this.written = '';
    return text.split(/\r+/).filter(Boolean).at(-1) ?? '';
  }
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('where there is no terminal', () => {
  it('tells by lines, less and less often; nothing of what takes no time', () => {
    const screen = new Screen(false);
    const progress = progressOn(screen, 'Reading', responsesDone);
    progress.update(1, 4000);
    jest.advanceTimersByTime(499);
    expect(screen.written).toBe('');
    progress.update(1000, 4000);
    jest.advanceTimersByTime(1);
    expect(screen.written).toBe('Reading: 1,000 of 4,000 responses (25%)\n');
    screen.written = '';
    const moments: number[] = [];
    for (let second = 1; second <= 300; second++) {
      progress.update(1000 + second, 4000);
      jest.advanceTimersByTime(1000);
      if (screen.written !== '') moments.push(second);
      screen.written = '';
    }
    expect(moments.slice(0, 5)).toEqual([1, 3, 7, 15, 31]);
    // At the most seldom twice in a minute.
    expect(moments.slice(5)).toEqual([61, 91, 121, 151, 181, 211, 241, 271]);
    progress.stop();
    jest.advanceTimersByTime(60_000);
    expect(screen.written).toBe('');
  });

  it('tells what it knows: that it has begun, without a total, by bytes', () => {
    const screen = new Screen(false);
    const responses = progressOn(screen, 'Reading', responsesDone);
    const bytes = progressOn(screen, 'Importing', bytesDone);
    jest.advanceTimersByTime(500);
    responses.update(1);
    bytes.update(3_100_000, 10_000_000);
    jest.advanceTimersByTime(1000);
    responses.stop();
    bytes.update(6_000_000);
    jest.advanceTimersByTime(2000);
    expect(screen.written.split('\n')).toEqual([
      'Reading …',
      'Importing …',
      'Reading: 1 response',
      'Importing: 3.1 MB of 10 MB (31%)',
      'Importing: 6.0 MB',
      '',
    ]);
    bytes.stop();
  });
});

describe('on a terminal', () => {
  it('shows a bar as soon as a total is known, and takes it away at the end', () => {
    const screen = new Screen(true);
    const progress = progressOn(screen, 'Reading', responsesDone);
    jest.advanceTimersByTime(500);
    expect(screen.seen()).toMatch(/^Reading … \| \d+s$/);
    progress.update(1000);
    jest.advanceTimersByTime(300);
    expect(screen.seen()).toMatch(/^Reading 1,000 responses \| \d+s$/);
    progress.update(2000, 8000);
    jest.advanceTimersByTime(300);
    expect(screen.seen()).toMatch(/^Reading █{10}░{30} 25% \| 2,000 of 8,000 responses \| \d+s$/);
    progress.stop();
    expect(screen.written.endsWith('\u001b[2K')).toBe(true);
    screen.written = '';
    jest.advanceTimersByTime(10_000);
    expect(screen.written).toBe('');
  });

  it('makes room for lines of the same terminal, and goes on below them', async () => {
    const screen = new Screen(true);
    const out = new Output(screen, false);
    const progress = progressOn(screen, 'Reading', responsesDone);
    out.beforeWriting(() => progress.clear());
    progress.update(5, 10);
    jest.advanceTimersByTime(500);
    screen.written = '';
    await out.line('found');
    expect(screen.written.endsWith('\u001b[2Kfound\n')).toBe(true);
    screen.written = '';
    jest.advanceTimersByTime(100);
    expect(screen.seen()).toContain('5 of 10 responses');
    progress.stop();
  });
});
