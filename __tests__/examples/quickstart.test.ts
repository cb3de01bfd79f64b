import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { OriginServer } from '../helpers/origin-server.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TS_NODE = path.join(PROJECT, 'node_modules/ts-node/dist/bin.js');
const SCRIPT = path.join(PROJECT, 'examples/quickstart.ts');

let directory: string;
beforeAll(ensureBuilt);
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'quickstart-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function quickstart(port: number, args: readonly string[] = []): Promise<string> {
  const { stdout } = await run(process.execPath, [TS_NODE, SCRIPT, ...args], {
    cwd: directory,
    env: { ...process.env, QUICKSTART_CACHE: path.join(directory, 'demo'), QUICKSTART_PORT: String(port) },
    timeout: 60_000,
    encoding: 'utf8',
  });
  return stdout;
}

/** What the lines of the output say, by answer. */
function answers(output: string): { which: string; status: number; fromCache: boolean; expires: string }[] {
  const line = /^(first|second)\s+(\d+)\s+[\d.]+ ms\s+fromCache: (true|false)\s+expires: (\S+)$/gm;
  return [...output.matchAll(line)].map(([, which = '', status, fromCache, expires = '']) => ({
    which,
    status: Number(status),
    fromCache: fromCache === 'true',
    expires,
  }));
}

describe('examples/quickstart.ts', () => {
  it('answers the second request, and the first of the next run, from the file', async () => {
    const port = await freePort();
    const first = await quickstart(port);
    expect(first).toContain(`GET http://127.0.0.1:${port}/users\n`);
    expect(answers(first)).toMatchObject([
      { which: 'first', status: 200, fromCache: false },
      { which: 'second', status: 200, fromCache: true },
    ]);
    expect(first).toMatch(/^1 response\(s\) stored, \d+ bytes\.$/m);
    expect(existsSync(path.join(directory, 'demo.sqlite'))).toBe(true);

    const second = await quickstart(port);
    expect(answers(second)).toMatchObject([
      { which: 'first', status: 200, fromCache: true },
      { which: 'second', status: 200, fromCache: true },
    ]);
    const expiries = new Set([...answers(first), ...answers(second)].map(({ expires }) => expires));
    expect(expiries.size).toBe(1);
    expect([...expiries][0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('asks for the URL that it is given, and starts no origin of its own', async () => {
    const origin = await OriginServer.start(() => ({ body: 'of a test' }));
    // Taken by the origin: to listen there, too, would fail.
    const port = Number(new URL(origin.url).port);
    try {
      const output = await quickstart(port, [`${origin.url}/given`]);
      expect(output).toContain(`GET ${origin.url}/given\n`);
      expect(answers(output).map(({ fromCache }) => fromCache)).toEqual([false, true]);
      expect(origin.count('/given')).toBe(1);
    } finally {
      await origin.close();
    }
  });

  it('says what is wrong, and fails, when its origin cannot start', async () => {
    const origin = await OriginServer.start();
    try {
      const port = Number(new URL(origin.url).port);
      await expect(quickstart(port)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('EADDRINUSE') as string,
      });
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      await origin.close();
    }
  });
});
