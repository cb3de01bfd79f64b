import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type OriginServer } from '../helpers/origin-server.js';
import { cli } from './run-cli.js';
import { fill, startOrigin, STORED } from './stores.js';

let origin: OriginServer;
let directory: string;
const inDirectory = (name: string): string => path.join(directory, name);

beforeAll(async () => {
  origin = await startOrigin();
  directory = mkdtempSync(path.join(os.tmpdir(), 'cli-safety-'));
  await fill(origin, { backend: 'sqlite', cacheName: inDirectory('demo.sqlite') });
});

afterAll(async () => {
  await origin.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What a terminal would obey. */
const OBEYED = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('export', () => {
  it('keeps a link, and replaces what it leads to', async () => {
    writeFileSync(inDirectory('real.har'), 'old');
    symlinkSync('real.har', inDirectory('link.har'));
    expect((await cli([inDirectory('demo.sqlite'), 'export', inDirectory('link.har')])).code).toBe(0);
    expect(lstatSync(inDirectory('link.har')).isSymbolicLink()).toBe(true);
    expect(readFileSync(inDirectory('real.har'), 'utf8')).toContain('"version":"1.2"');
  });

  it('writes into a pipe, and does not take its place', async () => {
    const pipe = inDirectory('pipe');
    execFileSync('mkfifo', [pipe]);
    const [ran, read] = await Promise.all([
      cli([inDirectory('demo.sqlite'), 'export', pipe, '--format', 'ndjson']),
      cli([inDirectory('copy.sqlite'), 'import', pipe, '--format', 'ndjson']),
    ]);
    expect([ran.code, read.code, read.stderr]).toEqual([0, 0, `${STORED} responses imported\n`]);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });
});

describe('copy', () => {
  it.each([
    ['by another spelling', ['./demo.sqlite']],
    ['by its short name', ['demo']],
    ['by a link', ['linked.sqlite']],
    ['by another serializer', ['demo.sqlite', '--to-serializer', 'json']],
  ])('does not copy a store into itself: %s', async (_how, target) => {
    rmSync(inDirectory('linked.sqlite'), { force: true });
    symlinkSync('demo.sqlite', inDirectory('linked.sqlite'));
    const ran = await cli(['copy', 'demo.sqlite', ...target], { cwd: directory });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('into itself');
  });
});

describe('what is stored', () => {
  it('commands no terminal, by --json or as text, and what is wrong with a file neither', async () => {
    await cli([inDirectory('demo.sqlite'), 'export', inDirectory('all.ndjson')]);
    const [head, record] = readFileSync(inDirectory('all.ndjson'), 'utf8').split('\n') as [string, string];
    const hostile = record
      .replace(/"method":"GET"/g, '"method":"G\u009bET\\u001b[31m"')
      .replace(/"statusText":"\w*"/, '"statusText":"\u009b2J\u202e"');
    writeFileSync(inDirectory('hostile.ndjson'), `${head}\n${hostile}\n`);
    const store = inDirectory('hostile.sqlite');
    expect((await cli([store, 'import', inDirectory('hostile.ndjson')])).code).toBe(0);
    const key = (JSON.parse(record) as { key: string }).key;
    for (const command of [['ls'], ['ls', '--json'], ['show', key], ['show', key, '--json'], ['stats']]) {
      const { code, stdout } = await cli([store, ...command]);
      expect(code).toBe(0);
      expect(stdout).not.toMatch(OBEYED);
      expect(stdout).toMatch(command[0] === 'stats' ? /./ : /\\u009b/);
    }
    appendFileSync(inDirectory('hostile.ndjson'), '\u001b[31mred\u009b2J\n');
    const { stderr } = await cli([store, 'import', inDirectory('hostile.ndjson'), '--debug']);
    expect(stderr).toMatch(/cannot be imported[^]*\n {4}at /);
    expect(stderr).not.toMatch(OBEYED);
  });
});

it('import refuses times that are none', async () => {
  const text = readFileSync(inDirectory('all.ndjson'), 'utf8');
  writeFileSync(inDirectory('endless.ndjson'), text.replace(/"createdAt":\d+/, '"createdAt":1e999'));
  const { code, stderr } = await cli([
    inDirectory('endless.sqlite'),
    'import',
    inDirectory('endless.ndjson'),
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain('Line 2 cannot be imported: it is no record');
});

describe('verify of a directory', () => {
  /** Writes something else into some of the files of records. @returns these */
  async function damage(
    store: string,
    contents: (index: number) => Uint8Array | undefined,
  ): Promise<string[]> {
    await fill(origin, { backend: 'filesystem', cacheName: store });
    const place = path.join(store, 'v1', 'bin');
    const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => name.endsWith('.bin')).map((name) => path.join(place, name));
    // Pointers of redirects come last: --repair writes those that are missing anew.
    const isAlone = (file: string): boolean =>
      /\/(?:binary|stale|missing)"/.test(readFileSync(file, 'latin1'));
    const ordered = [...files.filter(isAlone), ...files.filter((file) => !isAlone(file))];
    expect(ordered.findIndex((file) => !isAlone(file))).toBe(3);
    return ordered.filter((file, index) => {
      const content = contents(index);
      if (content !== undefined) writeFileSync(file, content);
      return content !== undefined;
    });
  }
  const DAMAGED = Buffer.from('xx');
  const OF_A_LATER_RELEASE = Buffer.from('\u0089APF\u0002 and so on', 'latin1');

  it('names the files of which nothing can be understood', async () => {
    const store = inDirectory('named');
    const files = await damage(store, (index) => [DAMAGED, OF_A_LATER_RELEASE][index]);
    const { code, lines } = await cli([store, 'verify']);
    expect(code).toBe(1);
    for (const file of files) {
      const told = `${file}: a file of which nothing can be understood, and from which nothing answers`;
      expect(lines).toContain(told);
    }
    expect(files.map((file) => existsSync(file))).toEqual([true, true]);
  });

  it('--repair deletes them, but not what a later release has written', async () => {
    const store = inDirectory('repaired');
    const files = await damage(store, (index) => [DAMAGED, OF_A_LATER_RELEASE][index]);
    const { code, stdout } = await cli([store, 'verify', '--repair', '--json']);
    expect(code).toBe(1);
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(told).toContainEqual({ path: files[0], problem: 'unreadable-file', isRepaired: true });
    expect(told).toContainEqual({ path: files[1], problem: 'unreadable-file', isRepaired: false });
    expect(files.map((file) => existsSync(file))).toEqual([false, true]);
    rmSync(files[1] as string);
    expect(await cli([store, 'verify'])).toMatchObject({ code: 0 });
  });

  it('--repair deletes nothing where nothing at all can be understood', async () => {
    const store = inDirectory('all-damaged');
    const files = await damage(store, () => DAMAGED);
    expect(await cli([store, 'verify', '--repair'])).toMatchObject({ code: 1 });
    expect(files.every((file) => existsSync(file))).toBe(true);
  });
});

it.each([
  [['demo.sqlite'], 'No command is given; there are ls, '],
  [['demo.sqlite', 'list'], 'Neither "demo.sqlite" nor "list" is a command; there are ls, '],
  [['redis://:hidden@127.0.0.1:1', 'list'], ': "list" is no command; there are ls, '],
])('%j is told what is missing', async (args, message) => {
  const { code, stderr } = await cli(args, { cwd: directory });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('hidden');
});
