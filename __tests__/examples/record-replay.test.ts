import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { runExample } from './run-example.js';

jest.mock('vitest', () => ({ describe, expect, it }), { virtual: true });
jest.setTimeout(180_000);

describe('the example for Jest, as it is', () => {
  jest.requireActual('../../examples/record-replay/github-client.jest.test');
});

describe('the example for Vitest, whose functions are here those of Jest', () => {
  jest.requireActual('../../examples/record-replay/github-client.vitest.test');
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
