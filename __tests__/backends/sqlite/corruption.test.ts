import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import axios from 'axios';
import { loadDriver, type SqlDatabase } from '../../../lib/backends/sqlite/driver.js';
import { type CacheOptions, isHttpCacheError, withCache } from '../../../lib/index.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

/** Which corruptions there are is told by this number alone. */
const SEED = 20_261_126;
const URLS = Array.from({ length: 12 }, (_, index) => `/item/${index}`);

let directory: TemporaryDirectory;
let origin: OriginServer;

/** What the origin answers, now and for ever: bodies of 1 byte to 80,000, so that some lie in pages of their own. */
function bodyOf(url: string): string {
  const index = Number(url.split('/')[2]);
  return `${url} `.repeat(Math.ceil(4 ** (index % 9) / 8));
}

beforeAll(async () => {
  directory = aTemporaryDirectory();
  origin = await OriginServer.start(({ url }) => ({ headers: { vary: 'X-Mode' }, body: bodyOf(url) }));
  const http = cached('template');
  for (const url of URLS) await http.get(url, { headers: { 'x-mode': url.length } });
  // While it is open: then what is newest still lies in the log.
  copyFileSync(directory.path('template.sqlite'), directory.path('open.sqlite'));
  copyFileSync(directory.path('template.sqlite-wal'), directory.path('open.sqlite-wal'));
  await http.cache.close();
}, 60_000);
afterAll(async () => {
  await origin.close();
  directory.remove();
});

function cached(name: string, limits: { maxEntries?: number } = {}) {
  const options: CacheOptions = {
    backend: { name: 'sqlite', fastSave: true, ...limits },
    cacheName: directory.path(`${name}.sqlite`),
  };
  const http = withCache(axios.create({ baseURL: origin.url }), options);
  // Otherwise it would be a warning of the process.
  for (const event of ['backendError', 'recordRejected'] as const) http.cache.on(event, () => undefined);
  return http;
}

function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}
type Chance = ReturnType<typeof numbers>;

const tally = { hits: 0, misses: 0, unreadable: 0 };

/** Whatever the file is like, every answer is the origin's, and maintenance works or says what is wrong. */
async function expectRightAnswers(name: string, chance: Chance): Promise<void> {
  const http = cached(name, chance(2) === 0 ? {} : { maxEntries: 10 });
  try {
    for (let count = 0; count < 4; count++) {
      const url = URLS[chance(URLS.length)] as string;
      const response = await http.get<string>(url, { headers: { 'x-mode': url.length } });
      if (response.data !== bodyOf(url))
        throw new Error(`A wrong body for ${url}: ${response.data.slice(0, 80)}`);
      tally[response.cache.fromCache ? 'hits' : 'misses']++;
    }
    if (chance(4) === 0) await expectMaintenanceToSay(() => countAll(http.cache.filter({ invalid: true })));
    if (chance(4) === 0) await expectMaintenanceToSay(() => http.cache.removeExpired());
  } finally {
    await http.cache.close().catch((error: unknown) => expect(isHttpCacheError(error)).toBe(true));
  }
}

async function countAll(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable);
}

async function expectMaintenanceToSay(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isHttpCacheError(error)) throw error;
    tally.unreadable++;
  }
}

const flipBits = (bytes: Buffer, chance: Chance): void => {
  for (let flips = 1 + chance(8); flips > 0; flips--) {
    const at = chance(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance(8));
  }
};

/** What a failing disk, or somebody else, does to a file. */
const FILE_DAMAGES: readonly ((bytes: Buffer, chance: Chance) => Buffer)[] = [
  (bytes, chance) => (flipBits(bytes, chance), bytes),
  (bytes, chance) => {
    // Where much is told by few bytes: the header of the file, and those of pages.
    const page = chance(Math.ceil(bytes.length / 4096)) * 4096;
    flipBits(bytes.subarray(page, page + 100), chance);
    return bytes;
  },
  (bytes, chance) => bytes.subarray(0, chance(bytes.length)),
  (bytes, chance) => {
    const page = chance(Math.ceil(bytes.length / 4096)) * 4096;
    return bytes.fill(chance(256), page, page + 4096);
  },
  (bytes, chance) => {
    const [from, to] = [chance(bytes.length), chance(bytes.length)];
    bytes.copy(bytes, to, from, from + chance(5000));
    return bytes;
  },
];

describe('a damaged file', () => {
  it.each([0, 1, 2, 3])(
    'gives right answers or none: 200 corruptions, part %d of 4',
    async (part) => {
      for (let index = 0; index < 200; index++) {
        const chance = numbers(SEED + part * 1000 + index);
        const isOpen = chance(3) === 0;
        const damage = FILE_DAMAGES[chance(FILE_DAMAGES.length)] as (typeof FILE_DAMAGES)[number];
        const name = `file-${part}-${index}`;
        for (const suffix of ['', '-wal']) {
          const from = `${isOpen ? 'open' : 'template'}.sqlite${suffix}`;
          if (!existsSync(directory.path(from))) continue;
          const isDamaged = suffix === '-wal' || !isOpen || chance(2) === 0;
          const bytes = directory.read(from);
          writeFileSync(directory.path(`${name}.sqlite${suffix}`), isDamaged ? damage(bytes, chance) : bytes);
        }
        await expectRightAnswers(name, chance);
      }
    },
    120_000,
  );

  it('is not what every request met, nor none', () => {
    expect(tally.hits).toBeGreaterThan(500);
    expect(tally.misses).toBeGreaterThan(500);
    expect(tally.unreadable).toBeGreaterThan(20);
  });
});

const cells = (table: string, column: string, value: string) => (id: number) =>
  `UPDATE ${table} SET ${column} = ${value.replaceAll('$', column)} WHERE id = ${id}`;

/** What can be wrong in a row while the database as such is whole. */
const ROW_DAMAGES: readonly ((id: number, chance: Chance) => string | ((database: SqlDatabase) => void))[] = [
  (id, chance) => damageBlob('responses', 'head', id, (bytes) => (flipBits(bytes, chance), bytes)),
  (id, chance) => damageBlob('bodies', 'body', id, (bytes) => (flipBits(bytes, chance), bytes)),
  (id, chance) => damageBlob('responses', 'head', id, (bytes) => bytes.subarray(0, chance(bytes.length))),
  (id, chance) => damageBlob('bodies', 'body', id, (bytes) => bytes.subarray(0, chance(bytes.length))),
  (id, chance) =>
    damageBlob('bodies', 'body', id, (bytes) => Buffer.concat([bytes, Buffer.alloc(1 + chance(9))])),
  cells('responses', 'head', "'text'"),
  cells('responses', 'head', "x''"),
  cells('bodies', 'body', "'text'"),
  cells('bodies', 'body', 'NULL'),
  cells('bodies', 'body', '17'),
  cells('responses', 'body_bytes', "'many'"),
  cells('responses', 'body_bytes', '$ + 1'),
  cells('responses', 'body_bytes', '100'),
  cells('responses', 'created_at', "x'00'"),
  cells('responses', 'expires_at', "'noon'"),
  cells('responses', 'expires_at', '9e999'),
  cells('responses', 'retain_until', "x'ff'"),
  cells('responses', 'resource', "char(1) || 'no JSON'"),
  cells('responses', 'resource', "char(1) || '[1]'"),
  cells('responses', 'variant', "char(1) || '{'"),
  cells('responses', 'variant', "x'80'"),
  (id) => `DELETE FROM bodies WHERE id = ${id}`,
  (id, chance) =>
    `DELETE FROM bodies WHERE id = ${id}; UPDATE bodies SET id = ${id} WHERE id = ${1 + chance(12)}`,
  (id, chance) =>
    `UPDATE responses SET head = (SELECT head FROM responses WHERE id = ${1 + chance(12)}) WHERE id = ${id}`,
];

function damageBlob(table: string, column: string, id: number, damage: (bytes: Buffer) => Buffer) {
  return (database: SqlDatabase): void => {
    const row = database.prepare(`SELECT ${column} AS bytes FROM ${table} WHERE id = ?`).get(id);
    const { bytes } = (row ?? {}) as { bytes?: Uint8Array };
    if (bytes === undefined || bytes === null) return;
    const damaged = damage(Buffer.from(bytes));
    database.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`).run(damaged, id);
  };
}

describe('a damaged row', () => {
  it.each([0, 1])(
    'gives right answers or none: 250 corruptions, part %d of 2',
    async (part) => {
      const driver = await loadDriver(undefined);
      for (let index = 0; index < 250; index++) {
        const chance = numbers(SEED + 10_000 + part * 1000 + index);
        const name = `row-${part}-${index}`;
        copyFileSync(directory.path('template.sqlite'), directory.path(`${name}.sqlite`));
        const database = driver.open(directory.path(`${name}.sqlite`));
        for (let id = 1; id <= URLS.length; id++) {
          if (chance(3) === 0) continue;
          const damage = ROW_DAMAGES[chance(ROW_DAMAGES.length)]?.(id, chance);
          if (typeof damage === 'string') database.exec(damage);
          else damage?.(database);
        }
        database.close();
        await expectRightAnswers(name, chance);
      }
    },
    120_000,
  );

  it.each(ROW_DAMAGES.map((damage, index) => [index, damage] as const))(
    'of kind %d: requests and listing go on, without a failure of the backend',
    async (index, damage) => {
      const driver = await loadDriver(undefined);
      const name = `kind-${index}`;
      copyFileSync(directory.path('template.sqlite'), directory.path(`${name}.sqlite`));
      const database = driver.open(directory.path(`${name}.sqlite`));
      const chance = numbers(SEED + index);
      const made = damage(3, chance);
      if (typeof made === 'string') database.exec(made);
      else made(database);
      database.close();
      const http = cached(name);
      const failures: string[] = [];
      http.cache.on('backendError', ({ error }) => failures.push(error.message));
      try {
        for (const url of URLS) {
          const response = await http.get<string>(url, { headers: { 'x-mode': url.length } });
          expect(response.data === bodyOf(url)).toBe(true);
        }
        let listed = 0;
        for await (const _ of http.cache.filter({ invalid: true })) listed++;
        expect(listed).toBeGreaterThanOrEqual(URLS.length);
        expect(failures).toEqual([]);
      } finally {
        await http.cache.close();
      }
    },
  );
});
