import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { runCommandLine } from '../../lib/cli/program.js';
import { systemClock } from '../../lib/clock.js';
import { initBackend } from '../../lib/index.js';
import { type OriginServer } from '../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { fill, startOrigin, STORED } from './stores.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

let place: TemporaryDirectory;
let origin: OriginServer;
let store: string;
beforeAll(async () => {
  origin = await startOrigin();
});
afterAll(() => origin.close());
beforeEach(async () => {
  place = aTemporaryDirectory();
  store = place.path('demo.sqlite');
  await fill(origin, { cacheName: store, backend: { name: 'sqlite', fastSave: true } });
});
afterEach(() => place.remove());

/** Runs a command on a terminal, where somebody types an answer when there is a question. */
async function onTerminal(args: readonly string[], typed: string): Promise<{ code: number; shown: string }> {
  const terminal = (): PassThrough & { isTTY: boolean } => Object.assign(new PassThrough(), { isTTY: true });
  const [stdin, stdout, stderr] = [terminal(), terminal(), terminal()];
  let shown = '';
  stdout.resume();
  stderr.on('data', (chunk: Buffer) => {
    const isAsked = shown.includes('[y/N]');
    shown += chunk.toString();
    if (!isAsked && shown.includes('[y/N]')) setImmediate(() => stdin.write(typed));
  });
  const code = await runCommandLine(args, {
    stdin,
    stdout,
    stderr,
    env: {},
    clock: systemClock,
    version: '0',
    onInterrupt: () => undefined,
    onExit: () => undefined,
  });
  return { code, shown: stripVTControlCharacters(shown) };
}

/** With what redirects have left. */
async function countStored(): Promise<number> {
  const backend = initBackend(store, 'sqlite');
  try {
    return await backend.count();
  } finally {
    await backend.close();
  }
}

describe('rm on a terminal asks before many are deleted', () => {
  it.each([
    ['y', 'y\n', `${STORED} responses deleted`, 0],
    ['YES', 'YES\n', `${STORED} responses deleted`, 0],
    ['n', 'n\n', ': Nothing was deleted', 1],
    ['nothing', '\n', ': Nothing was deleted', 1],
    ['the end of input', CTRL_D, ': Nothing was deleted', 1],
    ['an interruption', CTRL_C, ': interrupted', 130],
  ])('and is answered by %s', async (_what, typed, told, code) => {
    const before = await countStored();
    const ran = await onTerminal([store, 'rm', '*'], typed);
    expect(ran.shown).toContain(`Delete ${STORED} responses from `);
    expect(ran.shown).toContain(told);
    expect(ran.code).toBe(code);
    expect(await countStored()).toBe(code === 0 ? 0 : before);
  });
});
