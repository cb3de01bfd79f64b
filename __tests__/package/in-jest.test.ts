import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Consumer, installPacked, PROJECT } from '../helpers/built-package.js';

jest.setTimeout(180_000);

const JEST = path.join(PROJECT, 'node_modules/jest/bin/jest.js');

let consumer: Consumer;
beforeAll(() => {
  consumer = installPacked();
  for (const name of ['yaml', 'bson']) {
    symlinkSync(
      path.join(PROJECT, 'node_modules', name),
      path.join(consumer.directory, 'node_modules', name),
      'junction',
    );
  }
});
afterAll(() => consumer.remove());

/** Jest runs CommonJS in a context that has no `import()`: packages that are loaded at their first use need another way. */
const USERS_TESTS = `
  const { createServer } = require('node:http');
  const axios = require('axios');
  const { withCache } = require('axios-persistent-cache');

  const origin = createServer((_request, response) => response.end('answer'));
  beforeAll(() => new Promise((resolve) => origin.listen(0, '127.0.0.1', resolve)));
  afterAll(() => origin.close());

  it.each([
    ['sqlite', {}],
    ['filesystem', { backend: { name: 'filesystem', serializer: 'yaml' } }],
    ['bson', { serializer: 'bson' }],
    ['v8', { serializer: 'v8' }],
  ])('%s', async (name, options) => {
    const instance = axios.create({ baseURL: 'http://127.0.0.1:' + origin.address().port });
    const http = withCache(instance, { cacheName: __dirname + '/' + name, storageTimeout: '30s', ...options });
    const errors = [];
    http.cache.on('backendError', ({ error }) => errors.push(error.message));
    await http.get('/');
    const { cache } = await http.get('/');
    await http.cache.close();
    expect({ errors, fromCache: cache.fromCache }).toEqual({ errors: [], fromCache: true });
  });

  it('mocks', async () => {
    jest.doMock('yaml', () => { throw new Error('a mock'); });
    const http = withCache(axios.create(), {
      cacheName: __dirname + '/mocks', backend: { name: 'filesystem', serializer: 'yaml' },
    });
    await expect(http.cache.count()).rejects.toThrow('a mock');
  });
`;

it("a user's tests under Jest are answered from every backend and serializer, and may mock packages", async () => {
  consumer.file('users.test.js', USERS_TESTS);
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [JEST, '--json', '--rootDir', consumer.directory],
    { cwd: consumer.directory, env, timeout: 120_000 },
  ).catch((error: unknown) => error as { stdout: string });
  const { testResults } = JSON.parse(stdout) as {
    testResults: { message: string; assertionResults: { title: string; status: string }[] }[];
  };
  expect(testResults.map(({ message }) => message)).toEqual(['']);
  expect(testResults[0]?.assertionResults.map(({ title, status }) => `${title}: ${status}`)).toEqual(
    ['sqlite', 'filesystem', 'bson', 'v8', 'mocks'].map((title) => `${title}: passed`),
  );
});
