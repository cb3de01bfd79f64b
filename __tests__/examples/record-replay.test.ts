import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

const VITEST = path.join(PROJECT, 'node_modules/vitest/vitest.mjs');

describe('the example for Jest, as it is', () => {
  jest.requireActual('../../examples/record-replay/github-client.jest.test');
});

describe('the example for Vitest', () => {
  beforeAll(ensureBuilt);

  it('passes, run by Vitest', async () => {
    // What Jest and this test's run have set there is not a user's.
    const { NODE_ENV: _environment, RECORD: _record, VITEST: _vitest, ...env } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [VITEST, 'run', '--reporter=json', 'examples/record-replay/github-client.vitest.test.ts'],
      { cwd: PROJECT, env, timeout: 120_000 },
    );
    expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: 4, numTotalTests: 4 });
  });
});

it('both say the same', () => {
  const textOf = (runner: string): string =>
    readFileSync(path.join(PROJECT, `examples/record-replay/github-client.${runner}.test.ts`), 'utf8');
  expect(textOf('vitest')).toBe(`import { describe, expect, it } from 'vitest';\n${textOf('jest')}`);
});

describe('examples/record-replay.ts', () => {
  beforeAll(ensureBuilt);

  it('records, replays without the API, and says what was not recorded', async () => {
    const { lines, stderr } = await runExample('record-replay', process.env);
    expect(stderr).toBe('');
    expect(lines).toEqual([
      'record: 201 Ada',
      'POST_127.0.0.1_PORT_users_KEY.yaml',
      'replay: 201 Ada  fromCache: true',
      'No recording of POST http://api/users in recordings.',
      'Recorded is POST http://api/users (the only one). The difference:',
      '  body.name: recorded Ada, asked Grace',
      "Record it with mode: 'record' or 'record-missing'.",
    ]);
  });
});
