import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { aRecord, assertStored, bytesOf, listAll, noise } from '../../../lib/backend-suite/records.js';
import { CorruptRecordError } from '../../../lib/errors.js';
import { type StoredRecord } from '../../../lib/storage/backend.js';
import { type FilesystemSerializer } from '../../../lib/storage/options/filesystem.js';
import { decodeHead, encodeHead, verifyBody } from '../../../lib/storage/record-codec.js';
import { aQuickDirectory } from './quick-directory.js';

/** Which corruptions there are is told by this number alone. */
const SEED = 20_261_126;

function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}
type Chance = ReturnType<typeof numbers>;

let directory: ReturnType<typeof aQuickDirectory>;
let backend: FilesystemBackend;

/** Bodies of no byte to 200,000, so that some are read in parts and by another thread; the last key has variants. */
const RECORDS: readonly StoredRecord[] = [0, 1, 300, 5000, 40_000, 1_200_000, 10, 2000, 50_000].map(
  (bytes, index) => {
    const key = index < 6 ? `key ${index}` : 'with variants';
    const body = index % 2 === 0 ? noise(bytes, index) : bytesOf(`line ${index}\n`.repeat(bytes / 7));
    const head = encodeHead(
      { url: key, status: 200, index, headers: { 'x-long': 'y'.repeat(500 * index) } },
      body,
    );
    return aRecord({ key, variant: index < 6 ? '' : `variant ${index}`, head, body });
  },
);

async function fill(serializer: FilesystemSerializer): Promise<readonly string[]> {
  directory = aQuickDirectory();
  backend = new FilesystemBackend(directory.path, { fastSave: true, serializer });
  const files: string[] = [];
  for (const record of RECORDS) {
    await backend.put(record);
    for await (const file of backend.paths()) if (!files.includes(file)) files.push(file);
  }
  return files;
}

async function dispose(): Promise<void> {
  await backend.close();
  directory.remove();
}

/** As the layers above the backend do it. @returns whether it is there */
async function isIntact(wanted: StoredRecord): Promise<boolean> {
  const { key, variant } = wanted;
  const found = (await backend.get(key)).find((one) => one.variant === variant);
  const body = await backend.body({ key, variant });
  if (found === undefined) return false;
  try {
    const { head, bodyDigest } = decodeHead(found.head);
    const bodies = [found.body, body].filter((one) => one !== undefined);
    if (!bodies.every((one) => verifyBody(bodyDigest, one))) return false;
    expect(head['index']).toBe(decodeHead(wanted.head).head['index']);
    for (const field of ['resource', 'createdAt', 'expiresAt', 'retainUntil'] as const) {
      expect(found[field]).toBe(wanted[field]);
    }
    for (const one of bodies) expect(Buffer.compare(one, wanted.body)).toBe(0);
    return bodies.length > 0;
  } catch (error) {
    expect(error).toBeInstanceOf(CorruptRecordError);
    return false;
  }
}

const flipBits = (bytes: Buffer, chance: Chance, below = bytes.length): void => {
  for (let flips = 1 + chance(4); flips > 0; flips--) {
    const at = chance(Math.min(below, bytes.length));
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance(8));
  }
};

/** What a failing disk, or somebody else, does to a file. Each gives the new content. */
const DAMAGES: readonly ((bytes: Buffer, chance: Chance, other: Buffer) => Buffer)[] = [
  (bytes, chance) => (flipBits(bytes, chance), bytes),
  (bytes, chance) => (flipBits(bytes, chance, 47), bytes),
  (bytes, chance) => (flipBits(bytes, chance, 400), bytes),
  (bytes, chance) => bytes.subarray(0, chance(bytes.length)),
  (bytes, chance) => bytes.subarray(0, chance(60)),
  () => Buffer.alloc(0),
  (bytes) => Buffer.alloc(bytes.length),
  (bytes, chance) => Buffer.from(noise(chance(2 * bytes.length), chance(1000))),
  (bytes, chance) => Buffer.concat([bytes, noise(1 + chance(50))]),
  (bytes, chance) => bytes.fill(chance(256), chance(bytes.length)),
  (bytes, chance, other) => bytes.fill(other.subarray(0, chance(other.length) + 1), chance(bytes.length)),
  (_, __, other) => other,
];

/** What else can have the name of a file. */
const REPLACEMENTS: readonly ((file: string, other: string) => void)[] = [
  (file) => mkdirSync(file),
  (file) => (mkdirSync(file), writeFileSync(path.join(file, 'a file'), 'in it')),
  (file, other) => symlinkSync(other, file),
  (file) => symlinkSync(file, file),
  (file) => symlinkSync('/nowhere', file),
  (file) => void execFileSync('mkfifo', [file]),
  () => undefined,
];

describe('a damaged file of the serializer binary', () => {
  let files: readonly string[];
  const tally = { intact: 0, absent: 0 };

  beforeAll(async () => {
    files = await fill('binary');
  });
  afterAll(dispose);

  async function expectIntactOrAbsent(at: number, isDamaged: boolean): Promise<void> {
    const record = RECORDS[at] as StoredRecord;
    tally[(await isIntact(record)) ? 'intact' : 'absent']++;
    for (const one of RECORDS) {
      if (one !== record && one.key === record.key) expect(await isIntact(one)).toBe(true);
    }
    if (isDamaged) expect((await listAll(backend.scan())).length).toBeGreaterThanOrEqual(RECORDS.length - 1);
    expect(await backend.put(record)).toBe(true);
    await assertStored(backend, record);
  }

  it.each([0, 1, 2])(
    'reads as absent or intact, and is stored anew: 400 corruptions, part %d of 3',
    async (part) => {
      for (let index = 0; index < 400; index++) {
        const chance = numbers(SEED + part * 1000 + index);
        const [at, other] = [chance(files.length), chance(files.length)];
        const damage = DAMAGES[chance(DAMAGES.length)] as (typeof DAMAGES)[number];
        const [file, otherFile] = [files[at] as string, files[other] as string];
        writeFileSync(file, damage(readFileSync(file), chance, readFileSync(otherFile)));
        await expectIntactOrAbsent(at, index % 20 === 0);
      }
    },
  );

  it('was one most of the times, and sometimes only looked like one', () => {
    expect(tally.absent).toBeGreaterThan(900);
    expect(tally.intact).toBeGreaterThan(10);
  });

  it.each(REPLACEMENTS.map((replace, kind) => [kind, replace] as const))(
    'reads as absent when something else has its name, and is stored anew: kind %d',
    async (_, replace) => {
      for (const [at, file] of files.entries()) {
        unlinkSync(file);
        replace(file, files[(at + 1) % files.length] as string);
        expect(await isIntact(RECORDS[at] as StoredRecord)).toBe(false);
        expect(await backend.delete('another key')).toBe(0);
        await expectIntactOrAbsent(at, true);
        expect(await backend.prune(0, 10)).toBe(0);
      }
      for (const record of RECORDS) expect(await isIntact(record)).toBe(true);
    },
  );

  it('reads as absent when it is a link to one that could be read', async () => {
    for (const [at, file] of files.entries()) {
      renameSync(file, path.join(directory.path, 'elsewhere'));
      symlinkSync(path.join(directory.path, 'elsewhere'), file);
      expect(await isIntact(RECORDS[at] as StoredRecord)).toBe(false);
      await expectIntactOrAbsent(at, false);
    }
  });

  it('reads as absent when two have exchanged their names', async () => {
    for (const [at, file] of files.entries()) {
      const other = (at + 1) % files.length;
      const [one, two] = [readFileSync(file), readFileSync(files[other] as string)];
      writeFileSync(file, two);
      writeFileSync(files[other] as string, one);
      expect(await isIntact(RECORDS[at] as StoredRecord)).toBe(false);
      expect(await isIntact(RECORDS[other] as StoredRecord)).toBe(false);
      for (const record of [RECORDS[at], RECORDS[other]] as StoredRecord[]) {
        expect(await backend.put(record)).toBe(true);
        await assertStored(backend, record);
      }
    }
  });

  it('is removed with its key, and when its retention has passed', async () => {
    for (const file of files) truncateSync(file, 20);
    expect(await backend.delete('key 0')).toBe(1);
    const { retainUntil } = RECORDS[0] as StoredRecord;
    expect(await backend.prune(retainUntil as number, 100)).toBe(RECORDS.length - 1);
    expect(await backend.count()).toBe(0);
    for (const record of RECORDS) await backend.put(record);
  });
});

it('a file where a directory should be is in nobody’s way', async () => {
  const files = await fill('binary');
  const last = RECORDS.length - 1;
  for (const directoryOfFile of [path.dirname(files[last] as string), path.dirname(files[0] as string)]) {
    rmSync(directoryOfFile, { recursive: true });
    writeFileSync(directoryOfFile, 'a file');
  }
  for (const at of [0, last]) {
    const record = RECORDS[at] as StoredRecord;
    expect(await isIntact(record)).toBe(false);
    expect(await backend.delete(record.key, record.variant)).toBe(0);
    expect(await backend.put(record)).toBe(true);
    expect(await isIntact(record)).toBe(true);
  }
  await dispose();
});

it('what is neither a record nor a marker is left alone, and never listed', async () => {
  await fill('binary');
  const root = path.join(directory.path, 'v1', 'bin');
  for (const place of [
    root,
    path.join(root, 'due'),
    path.join(root, 'resources'),
    path.join(directory.path, 'v1'),
  ]) {
    writeFileSync(path.join(place, 'README'), 'mine');
    cpSync(path.join(place, 'README'), path.join(place, '00', 'README'));
  }
  expect(await listAll(backend.scan())).toHaveLength(RECORDS.length);
  expect(await backend.prune(Number.MAX_SAFE_INTEGER, 100)).toBe(RECORDS.length);
  expect(await backend.deleteResource('resource')).toBe(0);
  expect(readFileSync(path.join(root, 'due', 'README'), 'utf8')).toBe('mine');
  await dispose();
});

it.each(['json', 'yaml'] as const)(
  'a damaged file of the serializer %s is no failure',
  async (serializer) => {
    const files = await fill(serializer);
    for (let index = 0; index < (serializer === 'json' ? 150 : 40); index++) {
      const chance = numbers(SEED + 20_000 + index);
      const [at, other] = [chance(files.length), chance(files.length)];
      if (at === 5) continue;
      const damage = DAMAGES[chance(DAMAGES.length)] as (typeof DAMAGES)[number];
      const [file, otherFile] = [files[at] as string, files[other] as string];
      writeFileSync(file, damage(readFileSync(file), chance, readFileSync(otherFile)));
      const { key, variant } = RECORDS[at] as StoredRecord;
      for (const found of await backend.get(key)) expect(found.key).toBe(key);
      await backend.body({ key, variant });
      await listAll(backend.scan());
      expect(await backend.put(RECORDS[at] as StoredRecord)).toBe(true);
      await assertStored(backend, RECORDS[at] as StoredRecord);
    }
    await dispose();
  },
);
