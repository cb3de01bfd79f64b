import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { FileLocks } from '../../../lib/backends/filesystem/file-locks.js';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { slotOf } from '../../../lib/backends/filesystem/layout.js';
import { aRecord } from '../../../lib/backend-suite/records.js';
import { monotonicMs } from '../../../lib/clock.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { until } from '../../helpers/until.js';
import { hasWritten, Workers } from './workers.js';

let directory: TemporaryDirectory;
let workers: Workers;
let backends: FilesystemBackend[];

beforeAll(() => {
  workers = new Workers();
});
afterAll(() => {
  workers.remove();
});
beforeEach(() => {
  directory = aTemporaryDirectory();
  backends = [];
});
afterEach(async () => {
  workers.killAll();
  for (const backend of backends) await backend.close();
  directory.remove();
});

function open(options: FilesystemOptions = {}): FilesystemBackend {
  const backend = new FilesystemBackend(directory.path('cache'), { fastSave: true, ...options });
  backends.push(backend);
  return backend;
}

const root = (...names: string[]): string => directory.path('cache', 'v1', 'bin', ...names);

it('a lock whose holder was killed is broken, one whose holder lives is not', async () => {
  await open({ maxEntries: 3 }).put(aRecord());
  const shelf = slotOf('key', '').keyHash.slice(0, 2);
  for (const [name, options] of [
    [shelf, {}],
    ['limits', { maxEntries: 3 }],
  ] as const) {
    const holder = workers.start(directory.path('cache'), 'hold', name, 0);
    await hasWritten(holder, 1);
    let isDone = false;
    const putting = open(options)
      .put(aRecord({ body: Buffer.from(name) }))
      .then(() => (isDone = true));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(isDone).toBe(false);
    expect(existsSync(root('locks', name))).toBe(true);
    const started = monotonicMs();
    holder.child.kill('SIGKILL');
    await putting;
    expect(monotonicMs() - started).toBeLessThan(6000);
    expect(readdirSync(root('locks'))).toEqual([]);
  }
}, 60_000);

describe('a lock', () => {
  const locksOf = (abandonedMs?: number): FileLocks =>
    new FileLocks(directory.path('locks'), () => directory.path(`mark-${Math.random()}`), abandonedMs);
  const lock = (): string => directory.path('locks', 'a');

  it.each([
    ['of another machine', `${process.pid} elsewhere`],
    ['of a process that lives', undefined],
    ['that says nothing', ''],
  ])('%s that nobody touches is broken when its time has passed, and not before', async (_, text) => {
    mkdirSync(directory.path('locks'));
    if (text === undefined)
      await locksOf().run('own', () => linkSync(directory.path('locks', 'own'), lock()), 'fail');
    else writeFileSync(lock(), text);
    const started = monotonicMs();
    const ran = await locksOf(700).run('a', () => monotonicMs(), 'fail');
    expect(ran - started).toBeGreaterThanOrEqual(700);
    expect(existsSync(lock())).toBe(false);
  });

  it('that is touched again and again is respected', async () => {
    mkdirSync(directory.path('locks'));
    writeFileSync(lock(), '1 elsewhere');
    let isDone = false;
    const running = Promise.resolve(locksOf(500).run('a', () => (isDone = true), 'fail'));
    for (let turn = 0; turn < 15; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      utimesSync(lock(), turn, turn);
    }
    expect(isDone).toBe(false);
    await running;
  });

  it('that was taken away and is somebody else’s now is not given up', async () => {
    const [hanging, other] = [locksOf(300), locksOf(300)];
    let goOn = (): void => undefined;
    const held = hanging.hold('a', () => new Promise<void>((resolve) => (goOn = resolve)));
    await until(() => existsSync(lock()));
    await other.run('a', () => undefined, 'fail');
    writeFileSync(lock(), 'of somebody else');
    goOn();
    await held;
    expect(readFileSync(lock(), 'utf8')).toBe('of somebody else');
  });

  it('keeps those of one process apart, too, in the order in which they came', async () => {
    const order: string[] = [];
    const [first, second] = [locksOf(), locksOf()];
    await Promise.all(
      ['one', 'two', 'three'].map((name, index) =>
        (index % 2 === 0 ? first : second).hold('a', async () => {
          order.push(`${name} begins`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          order.push(`${name} ends`);
        }),
      ),
    );
    expect(order).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});
