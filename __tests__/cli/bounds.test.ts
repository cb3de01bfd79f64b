import { ensureBuilt } from '../helpers/built-package.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { cli } from './run-cli.js';
import { fillWith } from './stores.js';

jest.setTimeout(240_000);

/** Enough to fill what keeps the last records at hand. */
const FEW = 3_000;
const MORE = 8_000;
const MANY = 20_000;

let place: TemporaryDirectory;
const stores: Record<number, string> = {};
beforeAll(async () => {
  ensureBuilt();
  place = aTemporaryDirectory();
  for (const count of [FEW, MORE, MANY]) {
    const file = place.path(`${count}.sqlite`);
    stores[count] = file;
    await fillWith(count, file);
  }
});
afterAll(() => place.remove());

/** Counts in the process itself what a timer could only guess. */
function watching(program: string): string {
  return `data:text/javascript,${encodeURIComponent(program)}`;
}

/** After each thousand lines: all that the heap still holds. The greatest is told at the end. */
const HEAP = watching(`
  const write = process.stdout.write.bind(process.stdout);
  let lines = 0, greatest = 0;
  const look = () => { gc(); greatest = Math.max(greatest, process.memoryUsage().heapUsed); };
  process.stdout.write = (...args) => { if (++lines % 1000 === 0) look(); return write(...args); };
  process.on('exit', () => { look(); process.stderr.write('heap ' + greatest); });
`);

/** How many rows the driver has been asked for when the first line of a response is printed, and at the end. */
const ROWS = watching(`
  import { createRequire } from 'node:module';
  const Database = createRequire(${JSON.stringify(__filename)})('better-sqlite3');
  let rows = 0, atFirst, lines = 0;
  const prepare = Database.prototype.prepare;
  Database.prototype.prepare = function (...args) {
    const statement = prepare.apply(this, args);
    const all = statement.all;
    statement.all = function (...values) { const found = all.apply(this, values); rows += found.length; return found; };
    return statement;
  };
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (...args) => { if (++lines === 2) atFirst = rows; return write(...args); };
  process.on('exit', () => process.stderr.write(JSON.stringify({ atFirst, rows, lines })));
`);

describe('with many responses', () => {
  it('ls prints the first line when it has read some hundred of 20,000', async () => {
    const { stderr, code } = await cli([stores[MANY] ?? '', 'ls'], { node: ['--import', ROWS] });
    expect(code).toBe(0);
    const { atFirst, rows, lines } = JSON.parse(stderr) as Record<'atFirst' | 'rows' | 'lines', number>;
    expect({ lines }).toEqual({ lines: MANY + 1 });
    expect(rows).toBeGreaterThanOrEqual(MANY);
    expect(atFirst).toBeGreaterThan(0);
    expect(atFirst).toBeLessThan(1000);
  });

  it.each([
    ['ls', ['ls']],
    ['ls, sorted', ['ls', '--sort', 'size', '--limit', '1000']],
    ['an export as NDJSON', ['export', '-', '--format', 'ndjson']],
    ['an export as HAR', ['export', '-', '--format', 'har']],
    ['stats', ['stats']],
  ])('%s holds no more on the heap than with a few of them', async (_what, [command = '', ...others]) => {
    const heap = async (count: number): Promise<number> => {
      const node = ['--expose-gc', '--import', HEAP];
      const { stderr, code } = await cli([stores[count] ?? '', command, ...others], { node });
      expect(code).toBe(0);
      return Number(/heap (\d+)/.exec(stderr)?.[1]);
    };
    const few = await heap(FEW);
    const many = await heap(MORE);
    expect(few).toBeGreaterThan(1e6);
    // 5,000 responses more, of which each takes a kilobyte: what is kept of them would show.
    expect(many - few).toBeLessThan(3e6);
  });

  it('an import holds no more than what it reads next', async () => {
    const heaps: number[] = [];
    for (const count of [FEW, MORE]) {
      const file = place.path(`${count}.har`);
      expect((await cli([stores[count] ?? '', 'export', file])).code).toBe(0);
      const target = place.path(`imported-${count}.sqlite`);
      const node = ['--expose-gc', '--import', IMPORT_HEAP];
      const ran = await cli([target, 'import', file, '--options', '{"fastSave":true}'], { node });
      expect(ran.code).toBe(0);
      heaps.push(Number(/heap (\d+)/.exec(ran.stderr)?.[1]));
    }
    const [few = 0, many = 0] = heaps;
    expect(few).toBeGreaterThan(1e6);
    expect(many - few).toBeLessThan(3e6);
  });
});

/** Each time that a piece of the file has been read. */
const IMPORT_HEAP = watching(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { createReadStream } = fs;
  let greatest = 0;
  const look = () => { gc(); greatest = Math.max(greatest, process.memoryUsage().heapUsed); };
  fs.createReadStream = (file, options) => {
    const stream = createReadStream(file, options);
    const read = stream.read.bind(stream);
    stream.read = (...args) => { const chunk = read(...args); if (chunk !== null) look(); return chunk; };
    return stream;
  };
  syncBuiltinESMExports();
  process.on('exit', () => { look(); process.stderr.write('heap ' + greatest); });
`);
