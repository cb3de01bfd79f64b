import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { describeOwnServers, describeServers, type SharedServer } from '../servers/index.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

beforeAll(ensureBuilt);

async function expectToRunTwice(where: Readonly<Record<string, string>>): Promise<void> {
  const { REDIS_URL: _url, REDIS_CLUSTER_NODES: _nodes, ...others } = process.env;
  const env = { ...others, ...where, EXAMPLE_NAMESPACE: `example-${randomUUID()}`, NODE_NO_WARNINGS: '1' };
  for (const isAgain of [false, true]) {
    expect(await runExample('redis', env)).toEqual({
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

describeOwnServers('redis', () => {
  it('npm run example finds a server where nobody says which', async () => {
    const { REDIS_URL: _url, REDIS_CLUSTER_NODES: _nodes, ...env } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.join(PROJECT, '.ci/example.mjs'), 'redis'],
      { env: { ...env, EXAMPLE_NAMESPACE: `example-${randomUUID()}` }, timeout: 120_000 },
    );
    expect(stdout).toMatch(
      /^\/one {2}1000 bytes {2}fromCache: false\n\/one {2}1000 bytes {2}fromCache: true\n/,
    );
  });
});
