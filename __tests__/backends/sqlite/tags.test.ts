import { aRecord, bytesOf } from '../../../lib/backend-suite/records.js';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { loadDriver, type SqlDatabase } from '../../../lib/backends/sqlite/driver.js';
import { prepareDatabase } from '../../../lib/backends/sqlite/schema.js';
import { SqliteStore } from '../../../lib/backends/sqlite/store.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

const RED = 'a'.repeat(64);
const BLUE = 'b'.repeat(64);

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = aTemporaryDirectory();
});
afterEach(() => directory.remove());

/** A store, and what it has the database run. */
async function aStore(): Promise<{ database: SqlDatabase; store: SqliteStore; statements: string[] }> {
  const database = (await loadDriver(undefined)).open(directory.path('cache.sqlite'));
  prepareDatabase(database, { wal: true, fastSave: true }, 'cache.sqlite');
  const statements: string[] = [];
  const spied: SqlDatabase = {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      statements.push(sql);
      return database.prepare(sql);
    },
  };
  return { database, store: new SqliteStore(spied), statements };
}

const rows = (database: SqlDatabase): unknown =>
  database.prepare('SELECT tag, count(*) AS n FROM tags GROUP BY tag').all();
const tables = (database: SqlDatabase): unknown =>
  (
    database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%tag%'").all() as { name: string }[]
  ).map(({ name }) => name);

it('among 10,000 records those of a tag are found and deleted by indexes alone', async () => {
  const { database, store, statements } = await aStore();
  database.exec('BEGIN');
  const insert = database.prepare(
    `INSERT INTO responses (key, variant, resource, head, body_bytes, created_at) VALUES (?, '', 'r', x'01', 0, 1)`,
  );
  for (let index = 0; index < 10_000; index++) insert.run(`k${index}`);
  database.exec('COMMIT');
  for (let index = 0; index < 20; index++) store.put(aRecord({ key: `red ${index}`, tags: [RED, BLUE] }));
  statements.length = 0;
  expect(store.page({ tag: RED }, 0, 200)).toHaveLength(20);
  expect(store.count({ tag: RED })).toBe(20);
  expect(store.deleteTag(RED)).toBe(20);
  expect(rows(database)).toEqual([]);
  const asked = statements.filter((sql) => /FROM tags/.test(sql));
  expect(asked).toHaveLength(4);
  for (const sql of asked) {
    const values = (sql.match(/\?/g) ?? []).map(() => 1);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    expect(plan.length).toBeGreaterThan(0);
    for (const { detail } of plan)
      expect(detail).toMatch(/^(SEARCH |LIST SUBQUERY|USE TEMP B-TREE|CREATE BLOOM)/);
  }
  store.close();
});

it('a file has no table of tags before the first record with tags, and then keeps its version', async () => {
  const { database, store } = await aStore();
  store.put(aRecord());
  expect([store.deleteTag(RED), store.count({ tag: RED })]).toEqual([0, 0]);
  expect(tables(database)).toEqual([]);
  store.put(aRecord({ tags: [RED] }));
  expect(tables(database)).toContain('tags');
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
  store.close();
});

it('whatever deletes records, also an earlier release or the limits, takes their entries along', async () => {
  const { database, store } = await aStore();
  store.put(aRecord({ key: 'one', tags: [RED] }));
  store.put(aRecord({ key: 'two', tags: [RED, BLUE] }));
  // As an earlier release does it, which knows nothing of tags.
  database.exec("DELETE FROM responses WHERE key = 'one'");
  expect(rows(database)).toEqual([
    { tag: RED, n: 1 },
    { tag: BLUE, n: 1 },
  ]);
  database.exec("UPDATE responses SET head = x'02' WHERE key = 'two'");
  expect(store.count({ tag: RED })).toBe(1);
  database.exec("UPDATE responses SET head = x'03', body_bytes = 3 WHERE key = 'two'");
  expect(rows(database)).toEqual([]);
  store.close();

  const limited = new SqliteBackend(directory.path('limited'), { maxEntries: 3, fastSave: true });
  for (let index = 0; index < 9; index++) {
    await limited.put(aRecord({ key: `k${index}`, tags: [RED], body: bytesOf(`${index}`) }));
  }
  expect(await limited.count({ tag: RED })).toBe(3);
  await limited.clear();
  await limited.put(aRecord({ tags: [RED] }));
  expect(await limited.deleteTag(RED)).toBe(1);
  await limited.close();
});
