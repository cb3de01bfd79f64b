import { randomUUID } from 'node:crypto';
import { ensureBuilt } from '../helpers/built-package.js';
import { describeServers } from '../servers/index.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

beforeAll(ensureBuilt);

describeServers('mongodb', (server) => {
  it('examples/mongodb.ts answers from the collection what was asked before, also in the next run', async () => {
    const env = {
      ...process.env,
      MONGODB_URI: server().url,
      EXAMPLE_DATABASE: `example-${randomUUID().slice(0, 8)}`,
    };
    const example = () => runExample('mongodb', { ...env, NODE_NO_WARNINGS: '1' });
    const answers = (...fromCache: readonly boolean[]): string[] => [
      `/small  1000 bytes  fromCache: ${fromCache[0]}`,
      `/small  1000 bytes  fromCache: ${fromCache[1]}`,
      `/large  1000000 bytes  fromCache: ${fromCache[2]}`,
      `/large  1000000 bytes  fromCache: ${fromCache[3]}`,
      expect.stringMatching(/^2 responses stored, \d{7} bytes\.$/) as string,
    ];
    expect(await example()).toEqual({ lines: answers(false, true, false, true), stderr: '' });
    expect(await example()).toEqual({ lines: answers(true, true, true, true), stderr: '' });
  });
});
