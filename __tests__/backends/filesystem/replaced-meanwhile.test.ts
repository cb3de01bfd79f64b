import fs, { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { aRecord, bytesOf, noise } from '../../../lib/backend-suite/records.js';
import { aQuickDirectory } from './quick-directory.js';

let directory: ReturnType<typeof aQuickDirectory>;

beforeEach(() => (directory = aQuickDirectory()));
afterEach(() => {
  jest.restoreAllMocks();
  directory.remove();
});

async function fileOf(backend: FilesystemBackend): Promise<string> {
  for await (const file of backend.paths()) return file;
  throw new Error('no file');
}

it('the only variant that can be read comes with its own body when it is replaced between head and body', async () => {
  const open = (name: string): FilesystemBackend =>
    new FilesystemBackend(path.join(directory.path, name), { fastSave: true });
  const [backend, elsewhere] = [open('here'), open('elsewhere')];
  const older = aRecord({ variant: 'a', head: bytesOf('older'), body: noise(1_200_000, 1) });
  const newer = aRecord({ variant: 'a', head: bytesOf('newer'), body: noise(300_000, 2) });
  await elsewhere.put(newer);
  await backend.put(older);
  const file = await fileOf(backend);
  // Another variant, which is damaged.
  writeFileSync(path.join(path.dirname(file), `${'0'.repeat(40)}.bin`), 'damaged');
  const prepared = await fileOf(elsewhere);
  const { openSync } = fs;
  let opened = 0;
  jest.spyOn(fs, 'openSync').mockImplementation((name, ...rest) => {
    if (name === file && ++opened === 2) renameSync(prepared, file);
    return openSync(name, ...rest);
  });
  const [found, ...others] = await backend.get('key');
  expect(opened).toBeGreaterThan(1);
  expect(others).toEqual([]);
  expect(Buffer.from(found?.head ?? []).toString()).toBe('newer');
  expect(found?.bodyBytes).toBe(300_000);
  expect(Buffer.compare(found?.body ?? Buffer.alloc(0), newer.body)).toBe(0);
  await backend.close();
  await elsewhere.close();
});
