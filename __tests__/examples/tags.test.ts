import { ensureBuilt } from '../helpers/built-package.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

beforeAll(ensureBuilt);

it('examples/tags.ts throws out together what belongs together', async () => {
  const { lines, stderr } = await runExample('tags', process.env);
  expect(stderr).toBe('');
  expect(lines).toEqual([
    'stored: /orders?user=7 [orders user:7], /orders?user=8 [orders user:8], /users/7 [user:7]',
    'after PUT: /orders?user=8 [orders user:8]',
    'deleteTag: 3',
    'by pattern: 2',
    'left: /users/7 [user:7]',
  ]);
});
