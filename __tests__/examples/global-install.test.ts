import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TS_NODE = path.join(PROJECT, 'node_modules/ts-node/dist/bin.js');
const SCRIPT = path.join(PROJECT, 'examples/global-install.ts');

beforeAll(ensureBuilt);

it('examples/global-install.ts tells what each way of having a cache saves, and leaves no file', async () => {
  const directory = aTemporaryDirectory();
  try {
    const { stdout } = await run(process.execPath, [TS_NODE, SCRIPT], {
      cwd: directory.path(),
      timeout: 60_000,
      encoding: 'utf8',
    });
    expect(stdout.trim().split('\n')).toEqual([
      'without a cache: 2 request(s) to the origin',
      'installed: 1 request(s) to the origin',
      'disabled for a function: 2 request(s) to the origin',
      'another cache for a function: 1 request(s) to the origin',
      'installed, as before: 0 request(s) to the origin',
      '1 response(s) stored',
      '1 deleted',
      'after deletion: 1 request(s) to the origin',
      'uninstalled: 2 request(s) to the origin',
    ]);
    expect(readdirSync(directory.path())).toEqual([]);
  } finally {
    directory.remove();
  }
});
