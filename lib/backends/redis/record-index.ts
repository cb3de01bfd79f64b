import { type Buffer } from 'node:buffer';
import { type EpochMs } from '../../clock.js';
import { type RecordMeta } from '../../storage/backend.js';
import { PUT_BACK } from './scripts.js';
import { type Reply, type RedisConnection } from './connection.js';
import { deadlineMember, idOfKey, idOfText, partsOfMember, type RedisNames } from './names.js';

/** A variant that is no longer stored, or no longer of this resource. */
export interface GoneRecord {
  readonly variant: string;
  readonly resource: string;
}

/** A key that may hold records past their deadline. */
export interface DueKey {
  readonly member: string;
  readonly id: string;
  readonly resourceId: string;
}

/** One entry: the command that writes it, and the name of the one that removes from the same key. */
interface IndexEntry {
  readonly key: string;
  readonly add: readonly string[];
  readonly remove: string;
}

/**
 * Finds records by resource and by deadline. Its keys lie in other slots than the records, so that in a cluster no script can
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
    const entries = this.#entriesOf(meta);
    return () => Promise.all(entries.map(({ key, add }) => this.#connection.send(key, add)));
  }

  /** The entries of a record, for the scripts that write them together with it. */
  entriesFor(
    id: string,
    meta: RecordMeta,
  ): { readonly keys: readonly string[]; readonly args: readonly string[] } {
    const resourceId = idOfText(meta.resource);
    const keys = [this.#names.resource(resourceId), this.#names.deadlines];
    if (meta.retainUntil === undefined) return { keys, args: ['', ''] };
    const member = deadlineMember(id, idOfText(meta.variant), resourceId);
    return { keys, args: [String(meta.retainUntil), member] };
  }

  /**
   * As {@link adding}, for a record that is there already: also when Redis is full, and without overwriting a deadline that
   * somebody else has written for a newer one.
   */
  putBack(meta: RecordMeta): Promise<readonly Reply[]> {
    return Promise.all(
      this.#entriesOf(meta).map(({ key, add, remove }) => {
        const [command = '', , ...args] = add;
        const condition = command === 'ZADD' ? ['NX'] : [];
        return this.#connection.run(PUT_BACK, [key], [remove, command, ...condition, ...args]);
      }),
    );
  }

  /** Sends the commands; the caller then has to look whether something is stored under the key, and {@link adding} that. */
  remove(id: string, gone: readonly GoneRecord[]): Promise<unknown> {
    const { deadlines } = this.#names;
    const members = gone.map(({ variant, resource }) =>
      deadlineMember(id, idOfText(variant), idOfText(resource)),
    );
    const resources = new Set(gone.map(({ resource }) => idOfText(resource)));
    return Promise.all([
      this.#connection.send(deadlines, ['ZREM', deadlines, ...members]),
      ...[...resources].map((resourceId) => this.#removeFromResource(id, resourceId)),
    ]);
  }

  /** As {@link remove}, for an entry that led to nothing. */
  removeDue({ id, member, resourceId }: DueKey): Promise<unknown> {
    const { deadlines } = this.#names;
    return Promise.all([
      this.#connection.send(deadlines, ['ZREM', deadlines, member]),
      this.#removeFromResource(id, resourceId),
    ]);
  }

  /** Ids of the keys that may hold records of the resource. */
  async idsOf(resource: string): Promise<readonly string[]> {
    const set = this.#names.resource(idOfText(resource));
    return textsOf(await this.#connection.send(set, ['SMEMBERS', set]));
  }

  /** Up to `limit` keys that may hold records with `retainUntil` ≤ `now`, the oldest first. */
  async due(now: EpochMs, limit: number): Promise<readonly DueKey[]> {
    const { deadlines } = this.#names;
    const range = ['-inf', String(now), 'LIMIT', '0', String(limit)];
    const reply = await this.#connection.send(deadlines, ['ZRANGEBYSCORE', deadlines, ...range]);
    return textsOf(reply).map((member) => ({ member, ...partsOfMember(member) }));
  }

  #entriesOf(meta: RecordMeta): readonly IndexEntry[] {
    const id = idOfKey(meta.key);
    const resourceId = idOfText(meta.resource);
    const { deadlines } = this.#names;
    const set = this.#names.resource(resourceId);
    const entries = [{ key: set, add: ['SADD', set, id], remove: 'SREM' }];
    if (meta.retainUntil !== undefined) {
      const member = deadlineMember(id, idOfText(meta.variant), resourceId);
      const add = ['ZADD', deadlines, String(meta.retainUntil), member];
      entries.push({ key: deadlines, add, remove: 'ZREM' });
    }
    return entries;
  }

  #removeFromResource(id: string, resourceId: string): Promise<unknown> {
    const set = this.#names.resource(resourceId);
    return this.#connection.send(set, ['SREM', set, id]);
  }
}

/** A list of bulk strings, whose texts are plain. */
export function textsOf(reply: Reply): readonly string[] {
  return Array.isArray(reply) ? reply.map((one) => (one as Buffer).toString('latin1')) : [];
}
