import type { Buffer } from 'node:buffer';
import type { EpochMs } from '../../clock.js';
import type { RecordMeta } from '../../storage/backend.js';
import { decodeTags, decodeText } from './envelope.js';
import { PUT_BACK } from './scripts.js';
import type { Reply, RedisConnection } from './connection.js';
import { deadlineMember, idOfKey, idOfText, partsOfMember, type RedisNames, tagIdsOf } from './names.js';

/** A variant that is no longer stored, or no longer of this resource, or no longer with these tags. */
export interface GoneRecord {
  readonly variant: string;
  readonly resource: string;
  readonly tagIds: readonly string[];
}

/** A key that may hold records past their deadline. */
export interface DueKey {
  readonly member: string;
  readonly id: string;
  readonly resourceId: string;
  readonly tagIds: readonly string[];
}

/** One entry: the command that writes it, and the name of the one that removes from the same key. */
interface IndexEntry {
  readonly key: string;
  readonly add: readonly string[];
  readonly remove: string;
}

/**
 * Finds records by resource, by tag and by deadline. Its keys lie in other slots than the records, so that in a cluster no script can
 * change both at once. Therefore it may name records that are gone, and whoever uses it looks at the record itself; but it always names those
 * that are there. For that it is written before the record, so that one whose writer dies is found, and once more after it:
 * somebody who has deleted an older record may have removed the entry in between. Whoever removes an entry then looks whether
 * there is a record after all, and puts the entry back. Where there is one keyspace the script that stores a record writes
 * the entries, too: see {@link entriesFor}.
 */
export class RecordIndex {
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;

  constructor(connection: RedisConnection, names: RedisNames) {
    this.#connection = connection;
    this.#names = names;
  }

  /**
   * Sends the commands, as often as it is called; on one connection they come before what is sent next. The deadline of a
   * record that has none now stays: it leads to nothing once, while taking it away could take that of a record which somebody
   * else stores at the same time.
   */
  adding(meta: RecordMeta): () => Promise<readonly Reply[]> {
    const entries = this.#entriesOf(meta, tagIdsOf(meta));
    return () => Promise.all(entries.map(({ key, add }) => this.#connection.send(key, add)));
  }

  /** The entries of a record, for the scripts that write them together with it. */
  entriesFor(
    id: string,
    meta: RecordMeta,
  ): { readonly keys: readonly string[]; readonly args: readonly string[]; readonly tags: number } {
    const resourceId = idOfText(meta.resource);
    const tagIds = tagIdsOf(meta);
    const keys = [this.#names.resource(resourceId), this.#names.deadlines];
    for (const tagId of tagIds) keys.push(this.#names.tag(tagId));
    const tags = tagIds.length;
    if (meta.retainUntil === undefined) return { keys, args: ['', ''], tags };
    const member = deadlineMember(id, idOfText(meta.variant), resourceId, tagIds);
    return { keys, args: [String(meta.retainUntil), member], tags };
  }

  /**
   * As {@link adding}, for a record that is there already: also when Redis is full, and without overwriting a deadline that
   * somebody else has written for a newer one.
   */
  putBack(meta: RecordMeta, tagIds: readonly string[]): Promise<readonly Reply[]> {
    return Promise.all(
      this.#entriesOf(meta, tagIds).map(({ key, add, remove }) => {
        const [command = '', , ...args] = add;
        const condition = command === 'ZADD' ? ['NX'] : [];
        return this.#connection.run(PUT_BACK, [key], [remove, command, ...condition, ...args]);
      }),
    );
  }

  /** Sends the commands; the caller then has to look whether something is stored under the key, and {@link adding} that. */
  remove(id: string, gone: readonly GoneRecord[]): Promise<unknown> {
    const { deadlines } = this.#names;
    const members = gone.map(({ variant, resource, tagIds }) =>
      deadlineMember(id, idOfText(variant), idOfText(resource), tagIds),
    );
    const resources = new Set(gone.map(({ resource }) => idOfText(resource)));
    return Promise.all([
      this.#connection.send(deadlines, ['ZREM', deadlines, ...members]),
      ...[...resources].map((resourceId) => this.#removeFromResource(id, resourceId)),
      ...this.#removeFromTags(
        id,
        gone.flatMap(({ tagIds }) => tagIds),
      ),
    ]);
  }

  /** As {@link remove}, for the tags of a record that is there and has others now. */
  removeTags(
    id: string,
    { variant, resource, tagIds }: GoneRecord,
    kept: readonly string[],
  ): Promise<unknown> {
    const { deadlines } = this.#names;
    const member = deadlineMember(id, idOfText(variant), idOfText(resource), tagIds);
    return Promise.all([
      this.#connection.send(deadlines, ['ZREM', deadlines, member]),
      ...this.#removeFromTags(
        id,
        tagIds.filter((tagId) => !kept.includes(tagId)),
      ),
    ]);
  }

  /** As {@link remove}, for an entry of a tag that led to nothing. */
  removeTag(id: string, tagId: string): Promise<unknown> {
    return Promise.all(this.#removeFromTags(id, [tagId]));
  }

  /** As {@link remove}, for an entry that led to nothing. */
  removeDue({ id, member, resourceId, tagIds }: DueKey): Promise<unknown> {
    const { deadlines } = this.#names;
    return Promise.all([
      this.#connection.send(deadlines, ['ZREM', deadlines, member]),
      this.#removeFromResource(id, resourceId),
      ...this.#removeFromTags(id, tagIds),
    ]);
  }

  /** Ids of the keys that may hold records of the resource. */
  async idsOf(resource: string): Promise<readonly string[]> {
    const set = this.#names.resource(idOfText(resource));
    return textsOf(await this.#connection.send(set, ['SMEMBERS', set]));
  }

  /** Ids of the keys that may hold records with the tag. */
  async idsWith(tagId: string): Promise<readonly string[]> {
    const set = this.#names.tag(tagId);
    return textsOf(await this.#connection.send(set, ['SMEMBERS', set]));
  }

  /** Up to `limit` keys that may hold records with `retainUntil` ≤ `now`, the oldest first. */
  async due(now: EpochMs, limit: number): Promise<readonly DueKey[]> {
    const { deadlines } = this.#names;
    const range = ['-inf', String(now), 'LIMIT', '0', String(limit)];
    const reply = await this.#connection.send(deadlines, ['ZRANGEBYSCORE', deadlines, ...range]);
    return textsOf(reply).map((member) => ({ member, ...partsOfMember(member) }));
  }

  #entriesOf(meta: RecordMeta, tagIds: readonly string[]): readonly IndexEntry[] {
    const id = idOfKey(meta.key);
    const resourceId = idOfText(meta.resource);
    const { deadlines } = this.#names;
    const set = this.#names.resource(resourceId);
    const sets = [set, ...tagIds.map((tagId) => this.#names.tag(tagId))];
    const entries = sets.map((key) => ({ key, add: ['SADD', key, id], remove: 'SREM' }));
    if (meta.retainUntil !== undefined) {
      const member = deadlineMember(id, idOfText(meta.variant), resourceId, tagIds);
      const add = ['ZADD', deadlines, String(meta.retainUntil), member];
      entries.push({ key: deadlines, add, remove: 'ZREM' });
    }
    return entries;
  }

  #removeFromResource(id: string, resourceId: string): Promise<unknown> {
    const set = this.#names.resource(resourceId);
    return this.#connection.send(set, ['SREM', set, id]);
  }

  #removeFromTags(id: string, tagIds: readonly string[]): readonly Promise<unknown>[] {
    return [...new Set(tagIds)].map((tagId) => {
      const set = this.#names.tag(tagId);
      return this.#connection.send(set, ['SREM', set, id]);
    });
  }
}

/** A list of bulk strings, whose texts are plain. */
export function textsOf(reply: Reply): readonly string[] {
  return Array.isArray(reply) ? reply.map((one) => (one as Buffer).toString('latin1')) : [];
}

/** What a script says that it has deleted. */
export function goneRecords(reply: Reply): readonly GoneRecord[] {
  if (!Array.isArray(reply)) return [];
  const texts = reply as readonly Buffer[];
  const gone: GoneRecord[] = [];
  for (let index = 0; index + 2 < texts.length; index += 3) {
    const [variant, resource, tags] = texts.slice(index, index + 3) as [Buffer, Buffer, Buffer];
    gone.push({
      variant: decodeText(variant),
      resource: decodeText(resource),
      tagIds: decodeTags(tags.toString('latin1')),
    });
  }
  return gone;
}
