import { ensureBuilt } from '../helpers/built-package.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

beforeAll(ensureBuilt);

it('examples/migrate.ts copies all responses, draws no bar into a pipe, and hits in the new store', async () => {
  const directory = aTemporaryDirectory();
  try {
    const env = { ...process.env, EXAMPLE_DIRECTORY: directory.path() };
    const { lines, stderr } = await runExample('migrate', env);
    expect(stderr).toBe('');
    expect(lines[0]).toMatch(/^300 responses in sqlite, \d+ bytes$/);
    expect(lines[1]).toMatch(/^300 copied; in filesystem \d+ bytes$/);
    expect(lines.slice(2)).toEqual([
      '/items/1  that of /items/1  fromCache: true',
      '/items/300  that of /items/300  fromCache: true',
    ]);
  } finally {
    directory.remove();
  }
});
