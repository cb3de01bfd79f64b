import { type Buffer } from 'node:buffer';
import { type EpochMs } from '../../clock.js';
import { type RecordMeta } from '../../storage/backend.js';
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

/**
 * Finds records by resource and by deadline. Its keys lie in other slots than the records, so that no script can change both at
 * once. Therefore it may name records that are gone, and whoever uses it looks at the record itself; but it always names those
 * that are there: it is written before the record, and what is removed from it by mistake, because somebody else has stored
 * the record anew, is put back.
 */
export class RecordIndex {
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;

  constructor(connection: RedisConnection, names: RedisNames) {
    this.#connection = connection;
    this.#names = names;
  }

  /** Sends the commands; on one connection they come before what is sent next. */
  add(meta: RecordMeta): Promise<unknown> {
    const id = idOfKey(meta.key);
    const resourceId = idOfText(meta.resource);
    const member = deadlineMember(id, idOfText(meta.variant), resourceId);
    const { deadlines } = this.#names;
    const set = this.#names.resource(resourceId);
    return Promise.all([
      this.#connection.send(set, ['SADD', set, id]),
      meta.retainUntil === undefined
        ? this.#connection.send(deadlines, ['ZREM', deadlines, member])
        : this.#connection.send(deadlines, ['ZADD', deadlines, String(meta.retainUntil), member]),
    ]);
  }

  /** Sends the commands; the caller then has to look whether something is stored under the key, and {@link add} that. */
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

  #removeFromResource(id: string, resourceId: string): Promise<unknown> {
    const set = this.#names.resource(resourceId);
    return this.#connection.send(set, ['SREM', set, id]);
  }
}

/** A list of bulk strings, whose texts are plain. */
export function textsOf(reply: Reply): readonly string[] {
  return Array.isArray(reply) ? reply.map((one) => (one as Buffer).toString('latin1')) : [];
}
