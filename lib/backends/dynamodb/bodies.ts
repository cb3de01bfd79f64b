import { Buffer } from 'node:buffer';
import type { Clock } from '../../clock.js';
import { type DynamoConnection, isNamed } from './connection.js';
import {
  CHUNK_BYTES,
  chunksFor,
  claimedChunks,
  type Item,
  itemKey,
  keyOf,
  number,
  numberIn,
  present,
  text,
} from './item.js';
import { type ItemKey, type Names, registeredBody } from './names.js';
import { inParallel } from '../../storage/in-parallel.js';

/** Chunks that are read at a time, so that a wrong number of them costs nothing. */
const READ_AT_ONCE = 8;
/** A body that was registered so long ago, and that no record names, is one of a writer that has come to grief. */
const ORPHANED_AFTER_MS = 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;

/** A body in chunks, as its record names it. */
export interface ChunkedBody {
  readonly writeId: string;
  readonly chunks: number;
}

/**
 * Bodies that do not fit into the items of their records. A body is registered, its chunks are written under an id of its
 * own, and only then is the record written that names the id: so whoever reads by the id sees all of the body, and what a
 * writer leaves that ends in between can be found by what it has registered.
 */
export class Bodies {
  readonly #connection: DynamoConnection;
  readonly #names: Names;
  readonly #clock: Clock;
  readonly #aside = new Set<Promise<void>>();
  #sweptAt = -Infinity;

  constructor(connection: DynamoConnection, names: Names, clock: Clock) {
    this.#connection = connection;
    this.#names = names;
    this.#clock = clock;
  }

  /**
   * Writes all chunks.
   * @param owner the record that is going to name them
   * @returns how many they are
   */
  async write(owner: ItemKey, writeId: string, body: Uint8Array, ttl: number | undefined): Promise<number> {
    const chunks = chunksFor(body.byteLength);
    await this.#connection.send('PutItem', {
      Item: present({
        ...keyOf(this.#names.registration(owner.pk, writeId)),
        o: text(owner.sk),
        n: number(chunks),
        at: number(this.#clock.now()),
        ttl: number(ttl),
      }),
    });
    await inParallel([...Array(chunks).keys()], (index) =>
      this.#connection.send('PutItem', {
        Item: present({
          ...keyOf(this.#names.chunk(writeId, index)),
          b: { B: body.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES) },
          ttl: number(ttl),
        }),
      }),
    );
    return chunks;
  }

  /** The whole body; undefined when a part of it is gone. */
  async read({ writeId, chunks }: ChunkedBody, bodyBytes: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    for (let start = 0; start < chunks; start += READ_AT_ONCE) {
      const indexes = [...Array(Math.min(READ_AT_ONCE, chunks - start)).keys()];
      const items = await inParallel(indexes, (index) => this.#chunk(writeId, start + index));
      for (const part of items) {
        if (part === undefined) return undefined;
        parts.push(part);
      }
    }
    const body = Buffer.concat(parts);
    return body.byteLength === bodyBytes ? body : undefined;
  }

  /** Deletes bodies that no record names any more. */
  async remove(partition: string, bodies: readonly ChunkedBody[]): Promise<void> {
    const chunks = bodies.flatMap((body) => this.#keys(body));
    await this.#connection.deleteAll(chunks);
    // Last, so that what is not deleted now is found again.
    await this.#connection.deleteAll(
      bodies.map(({ writeId }) => keyOf(this.#names.registration(partition, writeId))),
    );
  }

  /** The same, where a failure is of no matter: what is left over is swept up later. */
  async tryToRemove(partition: string, bodies: readonly ChunkedBody[]): Promise<void> {
    try {
      await this.remove(partition, bodies);
    } catch {
      // The next sweep finds them, or DynamoDB deletes them when their time has come.
    }
  }

  /** The same, without waiting. */
  removeAside(partition: string, bodies: readonly ChunkedBody[]): void {
    const removing = this.tryToRemove(partition, bodies).then(() => void this.#aside.delete(removing));
    this.#aside.add(removing);
  }

  /** Settles when nothing goes on aside; never rejects. */
  async whenIdle(): Promise<void> {
    while (this.#aside.size > 0) await Promise.all(this.#aside);
  }

  /** Changes when DynamoDB may delete a body. @returns false when a part of it is gone */
  async prolong(partition: string, body: ChunkedBody, ttl: number | undefined): Promise<boolean> {
    const keys = [keyOf(this.#names.registration(partition, body.writeId)), ...this.#keys(body)];
    try {
      await inParallel(keys, (Key) =>
        this.#connection.send('UpdateItem', {
          Key,
          UpdateExpression: ttl === undefined ? 'REMOVE #ttl' : 'SET #ttl = :ttl',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeNames: { '#ttl': 'ttl' },
          ...(ttl === undefined ? {} : { ExpressionAttributeValues: { ':ttl': number(ttl) } }),
        }),
      );
      return true;
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }

  /** Deletes bodies that writers have left which did not come to an end. At most once an hour, and as far as it can. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    try {
      await inParallel(this.#names.partitions, (partition) => this.#sweepPartition(partition, now));
    } catch {
      // Housekeeping: the next one will do.
    }
  }

  async #sweepPartition(partition: string, now: number): Promise<void> {
    const pages = this.#connection.pages({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :body)',
      ExpressionAttributeValues: { ':pk': { S: partition }, ':body': { S: this.#names.registrations } },
    });
    for await (const { Items = [] } of pages) {
      const old = Items.filter((item) => (numberIn(item['at']) ?? 0) <= now - ORPHANED_AFTER_MS);
      const owners = [...new Set(old.flatMap((item) => item['o']?.S ?? []))].filter((sk) => sk !== '');
      const records = await this.#connection.getAll(
        owners.map((sk) => keyOf({ pk: partition, sk })),
        'pk, sk, w',
      );
      const named = new Set(records.flatMap((item) => item['w']?.S ?? []));
      const orphans = old.flatMap((item) => registrationOf(item) ?? []);
      await this.remove(
        partition,
        orphans.filter(({ writeId }) => !named.has(writeId)),
      );
    }
  }

  async #chunk(writeId: string, index: number): Promise<Uint8Array | undefined> {
    const { Item: item } = await this.#connection.send('GetItem', {
      Key: keyOf(this.#names.chunk(writeId, index)),
      ConsistentRead: this.#connection.isConsistent,
    });
    return item?.['b']?.B;
  }

  #keys({ writeId, chunks }: ChunkedBody): readonly Item[] {
    return [...Array(chunks).keys()].map((index) => keyOf(this.#names.chunk(writeId, index)));
  }
}

/** The body that an item registers; undefined when it registers none. */
export function registrationOf(item: Item): ChunkedBody | undefined {
  const writeId = registeredBody(itemKey(item)?.sk ?? '');
  // Of one that does not say how many chunks there are, none can be found; the registration itself can go.
  return writeId === undefined ? undefined : { writeId, chunks: claimedChunks(item) ?? 0 };
}

/** The bodies that items register or name, by partition. */
export function bodiesOf(items: readonly Item[]): ReadonlyMap<string, readonly ChunkedBody[]> {
  const byPartition = new Map<string, Map<string, ChunkedBody>>();
  for (const item of items) {
    const pk = item['pk']?.S;
    const body = registrationOf(item) ?? claimedBody(item);
    if (pk === undefined || body === undefined) continue;
    const bodies = byPartition.get(pk) ?? new Map<string, ChunkedBody>();
    byPartition.set(pk, bodies.set(body.writeId, body));
  }
  return new Map([...byPartition].map(([pk, bodies]) => [pk, [...bodies.values()]]));
}

/** The body that the item of a record says to have elsewhere. */
function claimedBody(item: Item): ChunkedBody | undefined {
  const writeId = item['w']?.S;
  const chunks = claimedChunks(item);
  return writeId === undefined || chunks === undefined ? undefined : { writeId, chunks };
}
