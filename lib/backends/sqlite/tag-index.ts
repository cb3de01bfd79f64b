import type { SqlDatabase } from './driver.js';

/*
 * Which records have which tags, by hash. Made when the first record with tags is stored, so that files without any are as they
 * were, and earlier releases use a file with tags as before: triggers, which work for every process, take the entries of
 * records that are deleted or stored anew. What is stored anew gets its own afterwards. A head that is replaced leaves them:
 * an earlier release keeps the tags that are in it.
 */
const UNTAG_DELETED = `
  CREATE TRIGGER responses_untagged AFTER DELETE ON responses BEGIN
    DELETE FROM tags WHERE id = old.id;
  END`;

const TAG_INDEX = `
  CREATE TABLE tags (tag TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tag, id)) WITHOUT ROWID;
  CREATE INDEX tags_by_id ON tags (id);
  CREATE TRIGGER responses_stored_anew AFTER UPDATE OF body_bytes ON responses BEGIN
    DELETE FROM tags WHERE id = new.id;
  END;
  ${UNTAG_DELETED}`;

/** Condition on `responses`, with the tag as its value. */
export const WITH_TAG = 'id IN (SELECT id FROM tags WHERE tag = ?)';

/** Whether records have tags in this file. */
export function hasTagIndex(database: SqlDatabase): boolean {
  const sql = "SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table' AND name = 'tags'";
  return (database.prepare(sql).get() as { readonly tables: number }).tables > 0;
}

/** Belongs into a transaction of the caller's. */
export function addTagIndex(database: SqlDatabase): void {
  // Another process may have been first.
  if (!hasTagIndex(database)) database.exec(TAG_INDEX);
}

/** Statements that delete all records, without a trigger for each of them. */
export function withoutUntagging(deleteAll: string): string {
  return `DROP TRIGGER IF EXISTS responses_untagged; ${deleteAll}; DELETE FROM tags; ${UNTAG_DELETED}`;
}
