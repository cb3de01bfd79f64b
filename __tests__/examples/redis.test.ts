import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { describeServers, type SharedServer } from '../servers/index.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TS_NODE = path.join(PROJECT, 'node_modules/ts-node/dist/bin.js');

beforeAll(ensureBuilt);

async function expectToRunTwice(where: Readonly<Record<string, string>>): Promise<void> {
  const { REDIS_URL: _url, REDIS_CLUSTER_NODES: _nodes, ...others } = process.env;
  const env = { ...others, ...where, EXAMPLE_NAMESPACE: `example-${randomUUID()}`, NODE_NO_WARNINGS: '1' };
  for (const isAgain of [false, true]) {
    const { stdout, stderr } = await run(
      process.execPath,
      [TS_NODE, path.join(PROJECT, 'examples/redis.ts')],
      { env, timeout: 60_000 },
    );
    expect({ stderr, lines: stdout.trim().split('\n') }).toEqual({
      stderr: '',
      lines: [
        `/one  1000 bytes  fromCache: ${isAgain}`,
        '/one  1000 bytes  fromCache: true',
        `/two  1000 bytes  fromCache: ${isAgain}`,
        '/two  1000 bytes  fromCache: true',
        expect.stringMatching(/^2 responses stored, \d{4} bytes\.$/) as string,
      ],
    });
  }
}

const TITLE = 'examples/redis.ts answers from Redis what was asked before, also in the next run';

describeServers('redis', (server: () => SharedServer) => {
  it(TITLE, () => expectToRunTwice({ REDIS_URL: server().url }));
});

describeServers('redis-cluster', (server: () => SharedServer) => {
  it(TITLE, () => expectToRunTwice({ REDIS_CLUSTER_NODES: server().urls.join(',') }));
});
