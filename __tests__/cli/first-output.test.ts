import { readFileSync } from 'node:fs';
import { loadDriver } from '../../lib/backends/sqlite/driver.js';
import { ensureBuilt } from '../helpers/built-package.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { cli, type Ran } from './run-cli.js';
import { fillWith } from './stores.js';

jest.setTimeout(120_000);

/** Some ten pages of the store, or steps of what deletes from it. */
const STORED = 2000;

let place: TemporaryDirectory;
let store: string;
beforeAll(async () => {
  ensureBuilt();
  place = aTemporaryDirectory();
  store = place.path('demo.sqlite');
  await fillWith(STORED, store);
  expect((await cli([store, 'export', place.path('demo.har')])).code).toBe(0);
});
afterAll(() => place.remove());

/**
 * Makes storage slow and timers fast, so that a small store takes as long as a large one, and notes what is written, each with how often storage has been asked by
 * then: the order of things, which does not depend on how fast the machine is.
 */
const SLOWLY = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  import { writeFileSync } from 'node:fs';
  const Database = createRequire(${JSON.stringify(__filename)})('better-sqlite3');
  const written = [];
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let asked = 0, runs = 0;
  const ask = () => { asked += 1; Atomics.wait(pause, 0, 0, 25); };
  const { setTimeout: later } = globalThis;
  globalThis.setTimeout = (work, ms, ...args) => later(work, ms / 10, ...args);
  const prepare = Database.prototype.prepare;
  Database.prototype.prepare = function (...args) {
    const statement = prepare.apply(this, args);
    const { all, run } = statement;
    statement.all = function (...values) {
      const found = all.apply(this, values);
      if (found.length >= 100) ask();
      return found;
    };
    statement.run = function (...values) {
      const done = run.apply(this, values);
      if (done.changes >= 50 || ++runs % 200 === 0) ask();
      return done;
    };
    return statement;
  };
  for (const name of ['stdout', 'stderr']) {
    const write = process[name].write.bind(process[name]);
    process[name].write = (text, ...args) => { written.push({ name, text: String(text), asked }); return write(text, ...args); };
  }
  process.on('exit', () => writeFileSync(process.env.WRITTEN, JSON.stringify({ written, asked })));
`)}`;

interface Written {
  readonly name: 'stdout' | 'stderr';
  readonly text: string;
  /** How often storage had been asked. */
  readonly asked: number;
}

interface Watched extends Ran {
  readonly written: readonly Written[];
  readonly asked: number;
}

async function watched(...args: string[]): Promise<Watched> {
  const file = place.path('written.json');
  const ran = await cli(args, { node: ['--import', SLOWLY], env: { WRITTEN: file }, progress: true });
  expect(ran.code).toBe(0);
  return { ...ran, ...(JSON.parse(readFileSync(file, 'utf8')) as Pick<Watched, 'written' | 'asked'>) };
}

/** All of them to be deleted by `prune`. */
async function expire(file: string): Promise<void> {
  const database = (await loadDriver(undefined)).open(file);
  database.exec('UPDATE responses SET retain_until = 1');
  database.close();
}

describe('where there is no terminal', () => {
  it.each([
    ['stats', ['stats'], 'Reading'],
    ['stats as JSON', ['stats', '--json'], 'Reading'],
    ['verify', ['verify'], 'Verifying'],
    ['verify as JSON', ['verify', '--json'], 'Verifying'],
    ['report', ['report', '-o', '-'], 'Reading'],
    ['export', ['export', '-', '--format', 'ndjson'], 'Exporting'],
    ['ls, sorted', ['ls', '--sort', 'size'], 'Reading'],
    ['show, of the beginning of a key', ['show', '0000000000000000'], 'Looking through'],
    ['rm of a few', ['rm', '/items/1$/', '--dry-run'], 'Looking through'],
    ['copy', ['copy', 'copied.sqlite'], 'Copying'],
  ])('%s says on standard error how far it has come, before it is done', async (_what, args, beginning) => {
    const [command = '', ...others] = args;
    const operands = others.map((one) => (one.endsWith('.sqlite') ? place.path(one) : one));
    const { written, asked } = await watched(store, command, ...operands);
    const told = written.find(({ name }) => name === 'stderr');
    expect(told?.text.startsWith(beginning)).toBe(true);
    expect(told?.asked).toBeGreaterThan(0);
    expect(told?.asked).toBeLessThan(asked);
  });

  it('import and prune likewise', async () => {
    const target = place.path('imported.sqlite');
    const imported = await watched(
      target,
      'import',
      place.path('demo.har'),
      '--options',
      '{"fastSave":true}',
    );
    expect(imported.stderr).toMatch(/^Importing: .* [kM]B of .* MB \(\d+%\)\n/m);
    expect(imported.written[0]?.text).toMatch(/^Importing/);
    expect(imported.written[0]?.asked).toBeLessThan(imported.asked);

    await expire(target);
    const pruned = await watched(target, 'prune');
    expect(pruned.stderr).toMatch(/^Deleting: [\d,]+ responses\n/m);
    expect(pruned.written[0]?.text).toMatch(/^Deleting/);
    expect(pruned.written[0]?.asked).toBeLessThan(pruned.asked);
    expect(pruned.stdout).toBe('2,000 responses deleted\n');
  });

  it('stats begins with what is known at once', async () => {
    const { written, lines } = await watched(store, 'stats');
    expect(lines[0]).toBe(`${store}: sqlite, 2,000 responses`);
    const [first] = written;
    expect(first).toMatchObject({ name: 'stdout', text: `${lines[0]}\n` });
    // As often as opening takes.
    expect(first?.asked).toBeLessThan(3);
  });

  it('leaves to programs what is theirs', async () => {
    const stats = await watched(store, 'stats', '--json');
    expect(JSON.parse(stats.stdout)).toMatchObject({ responses: STORED });
    expect((await watched(store, 'verify', '--json')).stdout).toBe('');
    const exported = await watched(store, 'export', '-', '--format', 'ndjson');
    for (const line of exported.lines) JSON.parse(line);
    expect(exported.lines).toHaveLength(STORED + 1);
  });

  it.each([
    ['verify', ['verify', '--no-progress']],
    ['stats as JSON', ['stats', '--json', '--no-progress']],
    ['rm', ['rm', '/items/1$/', '--dry-run', '--quiet']],
  ])('%s keeps quiet when it is told to', async (_what, [command = '', ...others]) => {
    const { stderr } = await watched(store, command, ...others);
    expect(stderr).toBe(command === 'rm' ? '1 response would be deleted\n' : '');
  });
});
