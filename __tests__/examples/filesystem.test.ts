import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TS_NODE = path.join(PROJECT, 'node_modules/ts-node/dist/bin.js');

beforeAll(ensureBuilt);

it('examples/filesystem.ts answers from a file, and what was edited in it', async () => {
  const directory = aTemporaryDirectory();
  const example = async (): Promise<string[]> => {
    const { stdout, stderr } = await run(
      process.execPath,
      [TS_NODE, path.join(PROJECT, 'examples/filesystem.ts')],
      { env: { ...process.env, EXAMPLE_DIRECTORY: directory.path('cache') }, timeout: 60_000 },
    );
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  };
  try {
    const [first, second, file = '', ...others] = await example();
    expect([first, second, others]).toEqual([
      '/greeting  Hello from the origin!  fromCache: false',
      '/greeting  Hello from the origin!  fromCache: true',
      [],
    ]);
    expect(file.startsWith(directory.path('cache'))).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('"body": "Hello from the origin!"');
    writeFileSync(file, text.replace('the origin', 'my editor'));
    expect(await example()).toEqual([
      '/greeting  Hello from my editor!  fromCache: true',
      '/greeting  Hello from my editor!  fromCache: true',
      file,
    ]);
  } finally {
    directory.remove();
  }
});
