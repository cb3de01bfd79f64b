import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { FoundRecord, RecordAddress, RecordMeta, StoredRecord } from '../../storage/backend.js';
import type { NativeForm } from '../../storage/native-form.js';
import { type Bodies, bodiesOf, type ChunkedBody } from './bodies.js';
import { type DynamoConnection, type Input, isNamed } from './connection.js';
import {
  bodyTtl,
  type BodyPlace,
  bytesBesideBody,
  foundItem,
  type FoundItem,
  foundRecord,
  inlineRoom,
  type Item,
  itemKey,
  keyOf,
  MAX_BODY_BYTES,
  recordItem,
  recordTtl,
  roomForBody,
} from './item.js';
import { headUpdate, type HeadUpdate } from './head-update.js';
import { inlineBody } from './native.js';
import { isRecordKey, type ItemKey, type Names, registeredBody } from './names.js';
import { inParallel } from '../../storage/in-parallel.js';
import { BY_RESOURCE } from './table.js';

/** A reader that was overtaken by writers so often in a row takes it for a failure. */
const MOST_TRIES = 10;

/** Reads and writes single records, and deletes them. Orders nothing. */
export class DynamoStore {
  readonly #connection: DynamoConnection;
  readonly #names: Names;
  readonly #bodies: Bodies;
  readonly #hasTtl: boolean;
  readonly #clock: Clock;
  readonly #form: NativeForm | undefined;

  constructor(
    connection: DynamoConnection,
    names: Names,
    bodies: Bodies,
    {
      hasTtl,
      clock,
      form,
    }: { readonly hasTtl: boolean; readonly clock: Clock; readonly form: NativeForm | undefined },
  ) {
    this.#connection = connection;
    this.#names = names;
    this.#bodies = bodies;
    this.#hasTtl = hasTtl;
    this.#clock = clock;
    this.#form = form;
  }

  /** One request, unless the records are more than 1 MB together, or there is one whose body lies in chunks. */
  async get(key: string): Promise<readonly FoundRecord[]> {
    for (let lostBody: string | undefined, tries = 0; tries < MOST_TRIES; tries++) {
      const found = await this.#variants(key);
      const [only] = found;
      if (found.length !== 1 || only?.chunks === undefined) return found.map(foundRecord);
      const body = await this.#bodies.read(chunkedBody(only), only.meta.bodyBytes);
      if (body !== undefined) return [foundRecord({ ...only, body })];
      // Replaced meanwhile, unless it is the same as before.
      if (only.writeId === lostBody) return [];
      lostBody = only.writeId;
    }
    throw new Error('the record is replaced faster than it can be read');
  }

  async body(address: RecordAddress): Promise<Uint8Array | undefined> {
    for (let lostBody: string | undefined, tries = 0; tries < MOST_TRIES; tries++) {
      const found = await this.#find(address);
      if (found === undefined || found.chunks === undefined) return found?.body;
      const body = await this.#bodies.read(chunkedBody(found), found.meta.bodyBytes);
      if (body !== undefined || found.writeId === lostBody) return body;
      lostBody = found.writeId;
    }
    throw new Error('the record is replaced faster than it can be read');
  }

  async put(record: StoredRecord): Promise<boolean> {
    const besideBody = bytesBesideBody(record, this.#names, this.#form);
    if (roomForBody(besideBody) < 0 || record.body.byteLength > MAX_BODY_BYTES) {
      await this.remove(record.key, record.variant);
      return false;
    }
    const writeId = newWriteId();
    const room = inlineRoom(besideBody);
    const body = inlineBody(record.body, this.#form, room);
    const place =
      body.bytes <= room ? { writeId, body } : await this.#writeChunks(record, writeId, record.body);
    await this.#replace(recordItem(record, this.#names, this.#ttl(record), { place, form: this.#form }));
    return true;
  }

  /** One request, unless what is stored leaves no room for the head, or its chunks would go before the record. */
  async replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): Promise<boolean> {
    const besideBody = bytesBesideBody(meta, this.#names, this.#form);
    const room = roomForBody(besideBody);
    const chunksTtl = this.#chunksTtl(meta);
    if (room >= 0 && (await this.#update(meta, { expectedHead, room, notBefore: this.#ttl(meta) })))
      return true;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = await this.#find(meta);
      if (found === undefined) return false;
      if (expectedHead !== undefined && !isSame(found.meta.head, expectedHead)) return false;
      const isDone =
        room < 0
          ? await this.#removeIfSame(found)
          : found.chunks === undefined
            ? await this.#updateAndMoveBody(meta, found, room)
            : (await this.#bodies.prolong(found.key.pk, chunkedBody(found), chunksTtl)) &&
              (await this.#update(meta, {
                replaces: found.writeId,
                foundHead: expectedHead === undefined ? undefined : found.head,
                chunksTtl,
              }));
      if (isDone) return room >= 0;
    }
    throw new Error('the record is replaced faster than its head can be');
  }

  /** @returns how many records went */
  async remove(key: string, variant: string | undefined): Promise<number> {
    if (variant !== undefined) return this.#removeOne(this.#names.record({ key, variant }));
    const items = await this.#queryAll({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :key)',
      ExpressionAttributeValues: {
        ':pk': { S: this.#names.partitionOf(key) },
        ':key': { S: this.#names.variantsOf(key) },
      },
    });
    return this.#removeItems(items);
  }

  /** @returns how many records went */
  async removeResource(sortKey: string): Promise<number> {
    const removed = await inParallel(this.#names.partitions, async (partition) => {
      const items = await this.#queryAll({
        IndexName: BY_RESOURCE,
        KeyConditionExpression: 'pk = :pk AND rs = :rs',
        ExpressionAttributeValues: { ':pk': { S: partition }, ':rs': { S: sortKey } },
      });
      return this.#removeItems(items);
    });
    return removed.reduce((sum, one) => sum + one, 0);
  }

  /** Deletes all items of the namespace: records, bodies, and whatever else there is in its partitions. */
  async clear(): Promise<void> {
    await inParallel(this.#names.partitions, async (partition) => {
      const pages = this.#connection.pages({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partition } },
        ProjectionExpression: 'pk, sk, w, n',
        ConsistentRead: true,
      });
      for await (const { Items = [] } of pages) await this.#removeItems(Items);
    });
  }

  async #queryAll(input: Input): Promise<readonly Item[]> {
    const all: Item[] = [];
    const pages = this.#connection.pages({ ...input, ProjectionExpression: 'pk, sk, w, n' });
    for await (const { Items = [] } of pages) all.push(...Items);
    return all;
  }

  /** All variants of a key that read as present. */
  async #variants(key: string): Promise<readonly FoundItem[]> {
    const found: FoundItem[] = [];
    const pages = this.#connection.pages({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :key)',
      ExpressionAttributeValues: {
        ':pk': { S: this.#names.partitionOf(key) },
        ':key': { S: this.#names.variantsOf(key) },
      },
    });
    for await (const { Items = [] } of pages) {
      for (const item of Items) {
        const one = this.#readable(item);
        if (one?.meta.key === key) found.push(one);
      }
    }
    return found;
  }

  async #find(address: RecordAddress): Promise<FoundItem | undefined> {
    const { Item: item } = await this.#connection.send('GetItem', {
      Key: keyOf(this.#names.record(address)),
      ConsistentRead: this.#connection.isConsistent,
    });
    return item === undefined ? undefined : this.#readable(item);
  }

  /** A record with its body or the number of its chunks; undefined when it is damaged, or past what TTL keeps. */
  #readable(item: Item): FoundItem | undefined {
    const found = foundItem(item);
    if (found === undefined || (found.body === undefined && found.chunks === undefined)) return undefined;
    const { retainUntil } = found.meta;
    const isPast = this.#hasTtl && retainUntil !== undefined && retainUntil <= this.#clock.now();
    return isPast ? undefined : found;
  }

  async #writeChunks(meta: RecordMeta, writeId: string, body: Uint8Array): Promise<BodyPlace & ChunkedBody> {
    const chunksTtl = this.#chunksTtl(meta);
    const chunks = await this.#bodies.write(this.#names.record(meta), writeId, body, chunksTtl);
    return { writeId, chunks, chunksTtl };
  }

  /** Writes a record in place of another one, and deletes the chunks of that. */
  async #replace(item: Item): Promise<void> {
    // Where the record is of one item, what it replaces is almost always nothing or such a one, too. Then nothing needs to
    // be known of it: what DynamoDB would tell of it is all of it, with its body.
    if (item['n'] === undefined && (await this.#putUnlessChunked(item))) return;
    const { Attributes = {} } = await this.#connection.send('PutItem', {
      Item: item,
      ReturnValues: 'ALL_OLD',
    });
    // The same: the answer to an earlier attempt was lost.
    if (Attributes['w']?.S === item['w']?.S) return;
    for (const [pk, bodies] of bodiesOf([Attributes])) this.#bodies.removeAside(pk, bodies);
  }

  async #putUnlessChunked(item: Item): Promise<boolean> {
    try {
      await this.#connection.send('PutItem', {
        Item: item,
        ConditionExpression: 'attribute_not_exists(n)',
      });
      return true;
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }

  async #update(meta: RecordMeta, update: HeadUpdate): Promise<boolean> {
    try {
      await this.#connection.send('UpdateItem', {
        Key: keyOf(this.#names.record(meta)),
        ...headUpdate(meta, this.#ttl(meta), this.#form, update),
      });
      return true;
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }

  /** Replaces the head of a record whose body has to leave the item for it. */
  async #updateAndMoveBody(meta: RecordMeta, found: FoundItem, room: number): Promise<boolean> {
    const { key, writeId: replaces, head: foundHead, body = new Uint8Array(0) } = found;
    if (found.inlineBytes <= room) return this.#update(meta, { replaces, foundHead });
    const place = await this.#writeChunks(meta, newWriteId(), body);
    if (await this.#update(meta, { replaces, foundHead, place })) return true;
    // Also what has succeeded is refused when it is repeated because the answer was lost. Then the chunks are in use.
    if ((await this.#find(meta))?.writeId === place.writeId) return true;
    this.#bodies.removeAside(key.pk, [place]);
    return false;
  }

  async #removeOne(key: ItemKey): Promise<number> {
    try {
      await this.#connection.send('DeleteItem', {
        Key: keyOf(key),
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(n)',
      });
      return 1;
    } catch (error) {
      if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
    }
    const { Attributes } = await this.#connection.send('DeleteItem', {
      Key: keyOf(key),
      ReturnValues: 'ALL_OLD',
    });
    if (Attributes === undefined) return 0;
    for (const [pk, bodies] of bodiesOf([Attributes])) await this.#bodies.tryToRemove(pk, bodies);
    return 1;
  }

  async #removeIfSame({ key, writeId, chunks }: FoundItem): Promise<boolean> {
    return this.removeUnlessChanged(key, { writeId, chunks: chunks ?? 0 }, {});
  }

  /**
   * Deletes a record, if it is still the one that was found.
   * @param more conditions
   */
  async removeUnlessChanged(
    key: ItemKey,
    body: ChunkedBody,
    { condition, values = {} }: { readonly condition?: string; readonly values?: Item },
  ): Promise<boolean> {
    try {
      await this.#connection.send('DeleteItem', {
        Key: keyOf(key),
        ConditionExpression: ['w = :w', ...(condition === undefined ? [] : [condition])].join(' AND '),
        ExpressionAttributeValues: { ':w': { S: body.writeId }, ...values },
      });
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
    if (body.chunks > 0) await this.#bodies.tryToRemove(key.pk, [body]);
    return true;
  }

  /** @returns how many of them were records */
  async #removeItems(items: readonly Item[]): Promise<number> {
    const keys = items.map((item) => itemKey(item)).filter((key) => key !== undefined);
    // Registrations go last, with the bodies.
    await this.#connection.deleteAll(keys.filter(({ sk }) => registeredBody(sk) === undefined).map(keyOf));
    for (const [pk, bodies] of bodiesOf(items)) await this.#bodies.remove(pk, bodies);
    return keys.filter(({ sk }) => isRecordKey(sk)).length;
  }

  #ttl({ retainUntil }: RecordMeta): number | undefined {
    return this.#hasTtl ? recordTtl(retainUntil, this.#clock.now()) : undefined;
  }

  #chunksTtl({ retainUntil }: RecordMeta): number | undefined {
    return this.#hasTtl ? bodyTtl(retainUntil, this.#clock.now()) : undefined;
  }
}

function newWriteId(): string {
  return randomBytes(15).toString('base64url');
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function chunkedBody({ writeId, chunks = 0 }: FoundItem): ChunkedBody {
  return { writeId, chunks };
}
