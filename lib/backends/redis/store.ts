import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { EpochMs } from '../../clock.js';
import type {
  FoundRecord,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../../storage/backend.js';
import type { RedisOptions } from '../../storage/options/redis.js';
import { type Argument, isReply, type RedisConnection, type Reply } from './connection.js';
import {
  decodeEnvelope,
  decodeTags,
  encodeEnvelope,
  encodeMeta,
  encodeTags,
  type Entry,
  tableEnd,
  textArgument,
} from './envelope.js';
import { HashLayout, type Layout, scanServer, StringLayout } from './layouts.js';
import { listOnce, REMEMBERED_IDS } from './list-once.js';
import { idOfKey, idOfText, RedisNames, tagIdsOf } from './names.js';
import { type GoneRecord, goneRecords, RecordIndex } from './record-index.js';
import { Scratch } from './scratch.js';
import type { Script } from './scripts.js';
import { isInRange } from '../../storage/scan-range.js';

/** Redis takes strings up to 512 MiB (`proto-max-bulk-len`); heads, names and the key need some room beside the body. */
const MAX_RECORD_BYTES = 512 * 1024 * 1024 - 1024 * 1024;
/** All calls share a connection: what takes seconds to send would let others fail, which wait behind it. */
const DEFAULT_RECORD_BYTES = 64 * 1024 * 1024;

/** Bytes of the largest record that is stored. */
export function maxRecordBytes({ maxEntryBytes = DEFAULT_RECORD_BYTES }: RedisOptions): number {
  return Math.min(maxEntryBytes, MAX_RECORD_BYTES);
}

/**
 * What is larger waits in a key of its own, which the script renames: what is given to a script is copied several times, which
 * at 512 KB takes Redis longer than all else.
 */
const GIVEN_BYTES = 16 * 1024;
/** After this Redis deletes what waits: its script was lost on the way. */
const WAITING_MS = '60000';
const PRUNE_PAGE = 500;
const READ_PAGE = 500;
/** How often a body is looked for under another name, when it has been replaced while it was looked for. */
const BODY_ATTEMPTS = 3;

/** Where the index has no keys, and no deadline. */
const NO_ENTRIES = ['0', '', ''];
const NOTHING_WAITS = '0';

/** What a script that stores is given behind id and TTL. */
interface Asked {
  readonly args: readonly Argument[];
  /** A value that may wait in a key of its own, and the arguments that are enough then. */
  readonly waiting?: { readonly key: string; readonly value: Buffer; readonly args: readonly Argument[] };
}

/** The records of one namespace. Calls that concern the same key must not overlap. */
export class RedisStore {
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;
  readonly #index: RecordIndex;
  readonly #layout: Layout;
  readonly #maxEntryBytes: number;
  readonly #rememberedIds: number;
  /** The second argument of the scripts. */
  readonly #ttl: string;
  /** Begins all names that this store gives: 12 random bytes and a mark, behind which it counts. */
  readonly #ownName = `${randomBytes(12).toString('base64url')}.`;
  #named = 0;
  readonly #scratch = new Scratch();
  /** Whether Redis lets large values wait in keys of their own. */
  #mayWait = true;

  /** @param rememberedIds that a listing remembers at a time */
  constructor(
    connection: RedisConnection,
    namespace: string,
    options: RedisOptions,
    rememberedIds = REMEMBERED_IDS,
  ) {
    this.#connection = connection;
    this.#rememberedIds = rememberedIds;
    this.#names = new RedisNames(namespace);
    this.#index = new RecordIndex(connection, this.#names);
    const isHash = options.layout === 'hash';
    this.#layout = new (isHash ? HashLayout : StringLayout)(connection, this.#names);
    this.#maxEntryBytes = maxRecordBytes(options);
    this.#ttl = (options.ttl ?? true) && !isHash ? String((options.ttlOffset ?? 0) * 1000) : '';
  }

  async get(key: string): Promise<readonly FoundRecord[]> {
    const id = idOfKey(key);
    const bytes = await this.#layout.read(id);
    if (bytes === undefined) return [];
    // Another key with the same hash is another key.
    const entries = decodeEnvelope(bytes, 'all').filter(({ meta }) => meta.key === key);
    return entries.map(({ meta, body }) => ({ ...meta, body }));
  }

  async body({ key, variant }: RecordAddress): Promise<Buffer | undefined> {
    const id = idOfKey(key);
    for (let attempt = 0; attempt < BODY_ATTEMPTS; attempt++) {
      const bytes = await this.#layout.read(id);
      const entries: readonly Entry[] = bytes === undefined ? [] : decodeEnvelope(bytes, 'all');
      const entry = entries.find(({ meta }) => meta.key === key && meta.variant === variant);
      if (entry === undefined) return undefined;
      const body = entry.body ?? (await this.#layout.readBody(id, entry.bodyName));
      if (body?.length === entry.meta.bodyBytes) return body;
    }
    return undefined;
  }

  async put(record: StoredRecord): Promise<boolean> {
    if (record.body.byteLength > this.#mostBodyBytes(record)) {
      await this.remove(record.key, record.variant);
      return false;
    }
    const id = idOfKey(record.key);
    const name = this.#newName();
    const isGiven = record.body.byteLength <= GIVEN_BYTES;
    const rest = [textArgument(record.variant), `${name}a`, `${name}b`];
    const { put } = this.#layout.scripts;
    if (isGiven) {
      await this.#write(put, id, record, { args: [encodeEnvelope(record, record.body), ...rest] });
      return true;
    }
    const envelope = encodeEnvelope(record, record.body, (length) => this.#scratch.take(length));
    const args = [envelope, ...rest];
    try {
      const key = this.#mayWait ? this.#layout.waitingKey(id, name) : undefined;
      await this.#write(put, id, record, {
        args,
        ...(key !== undefined && {
          waiting: { key, value: envelope, args: [envelope.subarray(0, tableEnd(envelope)), ...rest] },
        }),
      });
    } catch (error) {
      // It may yet be sent.
      this.#scratch.abandon(envelope);
      throw error;
    }
    this.#scratch.giveBack(envelope);
    return true;
  }

  async replaceHead(meta: RecordMeta, expectedHead: Uint8Array | undefined): Promise<boolean> {
    const tags = encodeTags(tagIdsOf(meta));
    const args = [textArgument(meta.key), textArgument(meta.variant), encodeMeta(meta, 0)];
    const condition = expectedHead === undefined ? ['0', ''] : ['1', asBuffer(expectedHead)];
    const most = String(this.#mostBodyBytes(meta));
    const { replaceHead } = this.#layout.scripts;
    const id = idOfKey(meta.key);
    const asked = { args: [...args, ...condition, most, tags] };
    const reply = await this.#write(replaceHead, id, meta, asked);
    if (reply === 1 || Buffer.isBuffer(reply)) return true;
    await this.#forget(id, [{ ...meta, tagIds: tagIdsOf(meta) }, ...goneRecords(reply)]);
    return false;
  }

  /** @param variant undefined: all of the key */
  async remove(key: string, variant: string | undefined): Promise<number> {
    const what = variant === undefined ? ['all', ''] : ['variant', textArgument(variant)];
    return this.#remove(idOfKey(key), textArgument(key), what);
  }

  async removeResource(resource: string): Promise<number> {
    const ids = await this.#index.idsOf(resource);
    return this.#removeEach(ids, (id) => this.#removeOf(id, resource));
  }

  async removeTag(tag: string): Promise<number> {
    const tagId = idOfText(tag);
    return this.#removeEach(await this.#index.idsWith(tagId), (id) => this.#removeWith(id, tagId));
  }

  async #removeEach(ids: readonly string[], remove: (id: string) => Promise<number>): Promise<number> {
    let removed = 0;
    for (let from = 0; from < ids.length; from += READ_PAGE) {
      const counts = await Promise.all(ids.slice(from, from + READ_PAGE).map(remove));
      removed += counts.reduce((sum, count) => sum + count, 0);
    }
    return removed;
  }

  async prune(now: EpochMs, limit: number): Promise<number> {
    let pruned = 0;
    while (pruned < limit) {
      const due = await this.#index.due(now, Math.min(PRUNE_PAGE, limit - pruned));
      if (due.length === 0) break;
      // One after the other would take a round trip each. The sum stays within the limit, since each entry that is due
      // stands for one variant.
      const counts = await Promise.all(
        [...new Set(due.map(({ id }) => id))].map((id) => {
          const most = due.filter((one) => one.id === id).length;
          return this.#remove(id, '', ['expired', String(now)], most);
        }),
      );
      pruned += counts.reduce((sum, count) => sum + count, 0);
      await Promise.all(due.map((one) => this.#index.removeDue(one)));
      await Promise.all([...new Set(due.map(({ id }) => id))].map((id) => this.#addAgain(id)));
    }
    return pruned;
  }

  async *list(range: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    const tagId = range.tag === undefined ? undefined : idOfText(range.tag);
    for await (const entries of this.#pagesOf(range, tagId)) {
      for (const { meta, tagIds } of entries) {
        if (isInRange(meta, range) && (tagId === undefined || tagIds.includes(tagId))) yield meta;
      }
    }
  }

  async clear(): Promise<void> {
    const { index, recordsAndBodies } = this.#names.patterns;
    const servers = await this.#connection.servers();
    // The index first: a record that is stored before all of it is gone goes, too; one that is stored later is indexed later.
    for (const pattern of [index, recordsAndBodies]) {
      for (const server of servers) {
        for await (const keys of scanServer(server, pattern)) {
          // One key each, since those of one node may lie in different slots.
          await Promise.all(keys.map((key) => server(['UNLINK', key])));
        }
      }
    }
    await this.#connection.send(this.#names.hash, ['UNLINK', this.#names.hash]);
  }

  async *#listAll(): AsyncGenerator<readonly Entry[], void, undefined> {
    for await (const page of listOnce(this.#layout, this.#rememberedIds)) {
      yield page.flatMap(({ id, bytes }) => ownEntries(id, bytes));
    }
  }

  #pagesOf(
    { resource }: ScanRange,
    tagId: string | undefined,
  ): AsyncGenerator<readonly Entry[], void, undefined> {
    if (tagId !== undefined) return this.#listIds(this.#index.idsWith(tagId));
    return resource === undefined ? this.#listAll() : this.#listIds(this.#index.idsOf(resource));
  }

  async *#listIds(found: Promise<readonly string[]>): AsyncGenerator<readonly Entry[], void, undefined> {
    const ids = await found;
    for (let from = 0; from < ids.length; from += READ_PAGE) {
      yield (await Promise.all(ids.slice(from, from + READ_PAGE).map((id) => this.#entries(id)))).flat();
    }
  }

  async #entries(id: string): Promise<readonly Entry[]> {
    const bytes = await this.#layout.readTable(id);
    return bytes === undefined ? [] : ownEntries(id, bytes);
  }

  async #removeOf(id: string, resource: string): Promise<number> {
    const removed = await this.#remove(id, '', ['resource', textArgument(resource)]);
    // The entry has led to nothing.
    if (removed === 0) await this.#forget(id, [{ variant: '', resource, tagIds: [] }]);
    return removed;
  }

  async #removeWith(id: string, tagId: string): Promise<number> {
    const removed = await this.#remove(id, '', ['tag', encodeTags([tagId])]);
    if (removed === 0) {
      await this.#index.removeTag(id, tagId);
      await this.#addAgain(id);
    }
    return removed;
  }

  async #remove(id: string, key: Argument, what: readonly Argument[], most = 1e9): Promise<number> {
    const reply = await this.#run(this.#layout.scripts.remove, id, [key, ...what, String(most)]);
    const gone = goneRecords(reply);
    if (gone.length > 0) await this.#forget(id, gone);
    return gone.length;
  }

  /** Takes out of the index what is gone; what is stored under the key now stays in it. */
  async #forget(id: string, gone: readonly GoneRecord[]): Promise<void> {
    await this.#index.remove(id, gone);
    await this.#addAgain(id);
  }

  async #addAgain(id: string): Promise<void> {
    for (const { meta, tagIds } of await this.#entries(id)) await this.#index.putBack(meta, tagIds);
  }

  /** Bytes that the limit leaves for a record's body; below 0 where not even an empty one fits. */
  #mostBodyBytes({ key, variant, head }: RecordMeta): number {
    return this.#maxEntryBytes - Buffer.byteLength(key) - Buffer.byteLength(variant) - head.byteLength;
  }

  /** Runs a script that stores a record, and brings the index up to date. @returns what the script answered */
  async #write(script: Script, id: string, meta: RecordMeta, asked: Asked): Promise<Reply> {
    const reply = await this.#writeIndexed(script, id, meta, asked);
    if (Buffer.isBuffer(reply)) {
      // It had other tags before.
      const before = { ...meta, tagIds: decodeTags(reply.toString('latin1')) };
      await this.#index.removeTags(id, before, tagIdsOf(meta));
      await this.#addAgain(id);
    }
    return reply;
  }

  /** Runs the script, and writes the entries of the index. */
  async #writeIndexed(script: Script, id: string, meta: RecordMeta, asked: Asked): Promise<Reply> {
    if (await this.#connection.hasOneKeyspace()) {
      try {
        return await this.#writeTogether(script, id, meta, asked);
      } catch (error) {
        if (!isReply(error, 'CROSSSLOT')) throw error;
        this.#connection.learnThatItIsDivided();
      }
    }
    const add = this.#index.adding(meta);
    // Without a key of the index the script writes none.
    const write = (): Promise<Reply> => this.#run(script, id, [...asked.args, ...NO_ENTRIES, NOTHING_WAITS]);
    const [, reply] = await this.#connection.inOrder(script, [add, write, add]);
    return reply;
  }

  /** Record and index in one step. */
  async #writeTogether(
    script: Script,
    id: string,
    meta: RecordMeta,
    { args, waiting }: Asked,
  ): Promise<Reply> {
    const own = this.#layout.keysOf(id);
    const index = this.#index.entriesFor(id, meta);
    const keys = [...own, ...index.keys];
    const entries = [String(own.length + 1), ...index.args];
    const tags = index.tags === 0 ? [] : [String(index.tags)];
    const given = (): Promise<Reply> =>
      this.#connection.run(script, keys, [id, this.#ttl, ...args, ...entries, NOTHING_WAITS, ...tags]);
    if (waiting === undefined) return given();
    try {
      return await this.#connection.oneAfterTheOther(
        () => this.#connection.send(waiting.key, ['SET', waiting.key, waiting.value, 'PX', WAITING_MS]),
        () =>
          this.#connection.run(
            script,
            [...keys, waiting.key],
            [id, this.#ttl, ...waiting.args, ...entries, String(keys.length + 1), ...tags],
          ),
      );
    } catch (error) {
      if (!isReply(error)) throw error;
      // It is of no use any more, and takes room for a minute otherwise.
      this.#connection.send(waiting.key, ['UNLINK', waiting.key]).catch(() => undefined);
      if (isReply(error, 'CROSSSLOT') || isReply(error, 'OOM')) throw error;
      // It was evicted, or a driver has sent the script twice; or the user must not rename keys, which will not change.
      const reply = await given();
      if (!isReply(error, 'NOTWAITING')) this.#mayWait = false;
      return reply;
    }
  }

  /** As nobody else gives. */
  #newName(): string {
    this.#named += 1;
    return `${this.#ownName}${this.#named.toString(36)}`;
  }

  #run(script: Script, id: string, args: readonly Argument[]): Promise<Reply> {
    return this.#connection.run(script, this.#layout.keysOf(id), [id, this.#ttl, ...args]);
  }
}

/** What stands under an id by accident belongs to no key of this store. */
function ownEntries(id: string, bytes: Buffer): readonly Entry[] {
  return decodeEnvelope(bytes, 'table').filter(({ meta }) => idOfKey(meta.key) === id);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
