import { readFileSync, writeFileSync } from 'node:fs';
import { ensureBuilt } from '../helpers/built-package.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

beforeAll(ensureBuilt);

it('examples/filesystem.ts answers from a file, and what was edited in it', async () => {
  const directory = aTemporaryDirectory();
  const example = async (): Promise<string[]> => {
    const env = { ...process.env, EXAMPLE_DIRECTORY: directory.path('cache') };
    const { lines, stderr } = await runExample('filesystem', env);
    expect(stderr).toBe('');
    return lines;
  };
  try {
    const [first, second, file = '', ...others] = await example();
    expect([first, second, others]).toEqual([
      '/greeting  Hello from the origin!  fromCache: false',
      '/greeting  Hello from the origin!  fromCache: true',
      [],
    ]);
    expect(file.startsWith(directory.path('cache'))).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('"body": "Hello from the origin!"');
    writeFileSync(file, text.replace('the origin', 'my editor'));
    expect(await example()).toEqual([
      '/greeting  Hello from my editor!  fromCache: true',
      '/greeting  Hello from my editor!  fromCache: true',
      file,
    ]);
  } finally {
    directory.remove();
  }
});
