import { ensureBuilt } from '../helpers/built-package.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

beforeAll(ensureBuilt);

it('examples/memory.ts keeps two responses, and of these the one that was used last', async () => {
  const { lines, stderr } = await runExample('memory', process.env);
  expect(stderr).toBe('');
  expect(lines).toEqual([
    '/one  answer 1 of the origin  fromCache: false',
    '/two  answer 2 of the origin  fromCache: false',
    '/one  answer 1 of the origin  fromCache: true',
    '/three  answer 3 of the origin  fromCache: false',
    '/one  answer 1 of the origin  fromCache: true',
    '/two  answer 4 of the origin  fromCache: false',
  ]);
});
