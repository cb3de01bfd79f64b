import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { describeServers } from '../servers/index.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TS_NODE = path.join(PROJECT, 'node_modules/ts-node/dist/bin.js');

beforeAll(ensureBuilt);

describeServers('mongodb', (server) => {
  it('examples/gridfs.ts answers from the bucket what was asked before, also in the next run', async () => {
    const env = {
      ...process.env,
      MONGODB_URI: server().url,
      EXAMPLE_DATABASE: `example-${randomUUID().slice(0, 8)}`,
    };
    const example = async (): Promise<{ lines: string[]; stderr: string }> => {
      const { stdout, stderr } = await run(
        process.execPath,
        [TS_NODE, path.join(PROJECT, 'examples/gridfs.ts')],
        { env: { ...env, NODE_NO_WARNINGS: '1' }, timeout: 60_000 },
      );
      return { lines: stdout.trim().split('\n'), stderr };
    };
    const answers = (...fromCache: readonly boolean[]): string[] => [
      `/small  1000 bytes  fromCache: ${fromCache[0]}`,
      `/small  1000 bytes  fromCache: ${fromCache[1]}`,
      `/large  20000000 bytes  fromCache: ${fromCache[2]}`,
      `/large  20000000 bytes  fromCache: ${fromCache[3]}`,
      expect.stringMatching(/^2 responses stored, \d{8} bytes\.$/) as string,
    ];
    expect(await example()).toEqual({ lines: answers(false, true, false, true), stderr: '' });
    expect(await example()).toEqual({ lines: answers(true, true, true, true), stderr: '' });
  });
});
