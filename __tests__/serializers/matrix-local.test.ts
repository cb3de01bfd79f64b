import { MemoryBackend } from '../../lib/backends/index.js';
import { initBackend, initSerializer } from '../../lib/index.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { CORPUS } from './corpus.js';
import { describeMatrix, type Protections } from './matrix.js';

jest.setTimeout(120_000);

/** Of `binary` there is nothing to decode. */
const DECODED: Protections = {
  decoded: (name) => (name === 'binary' ? name : initSerializer(name, { decodeContent: true })),
};

let directory: TemporaryDirectory;
beforeAll(() => {
  directory = aTemporaryDirectory();
});
afterAll(() => directory.remove());

it('the corpus has at least sixty responses', () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CORPUS.map(({ title }) => title)).size).toBe(CORPUS.length);
});

describe('memory', () => {
  const stores = new Map<string, MemoryBackend>();
  describeMatrix((name, serializer) => {
    // What closing would throw away is what the second instance is to read.
    const store = stores.get(name) ?? Object.assign(new MemoryBackend(), { close: () => undefined });
    stores.set(name, store);
    return initBackend(name, store, { serializer });
  }, DECODED);
});

describe('sqlite', () => {
  describeMatrix((name, serializer) =>
    initBackend(directory.path(name), 'sqlite', { serializer, fastSave: true }),
  );
});

describe('filesystem', () => {
  describeMatrix((name, serializer) =>
    initBackend(directory.path(`files-${name}`), 'filesystem', { serializer, fastSave: true }),
  );
});
