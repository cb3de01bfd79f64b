/**
 * A backend of one's own: all records in memory, and every change as a line of JSON at the end of a file, from which the
 * next process builds them up again. Small, and whole: it keeps every sentence of the contract, which
 * `axios-persistent-cache/backend-suite` has proved.
 *
 *     npm run example -- custom-backend
 */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import axios from 'axios';
import {
  type Backend,
  BackendError,
  type BackendOperation,
  CacheClosedError,
  type FoundRecord,
  type RecordAddress,
  type RecordMeta,
  type ScanRange,
  type StoredRecord,
  withCache,
} from 'axios-persistent-cache';

/** A change, as a line of the file has it. Bytes are in base64; what is undefined is left out. */
type Line =
  | {
      readonly put: {
        readonly key: string;
        readonly variant: string;
        readonly resource: string;
        readonly head: string;
        readonly body: string;
        readonly createdAt: number;
        readonly expiresAt?: number | undefined;
        readonly retainUntil?: number | undefined;
      };
    }
  | { readonly delete: readonly [key: string, variant: string] };

const MANY_VOID_LINES = 1000;

/** For one process at a time: nothing keeps a second one from writing into the file. */
export class JsonLinesBackend implements Backend {
  readonly name = 'json-lines';
  readonly traits = { persistent: true, shared: false } as const;
  readonly #file: string;
  /** By key, then by variant. undefined: the file has not been read yet. */
  #records: Map<string, Map<string, StoredRecord>> | undefined;
  /** Lines of the file that say nothing any more; when there are many, the file is written anew. */
  #voidLines = 0;
  #isClosed = false;

  /** Touches nothing yet; the file is read, or created, at the first use. */
  constructor(file: string) {
    this.#file = path.resolve(file);
  }

  get(key: string): readonly FoundRecord[] {
    return [...(this.#open('get').get(key)?.values() ?? [])];
  }

  body({ key, variant }: RecordAddress): Uint8Array | undefined {
    return this.#open('body').get(key)?.get(variant)?.body;
  }

  put(record: StoredRecord): boolean {
    this.#open('put');
    this.#write('put', [toLine(record)], () => this.#keep(record));
    return true;
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): boolean {
    const older = this.#open('replaceHead').get(meta.key)?.get(meta.variant);
    if (older === undefined) return false;
    if (expectedHead !== undefined && Buffer.compare(older.head, expectedHead) !== 0) return false;
    const newer = { ...meta, body: older.body, bodyBytes: older.bodyBytes };
    this.#write('replaceHead', [toLine(newer)], () => this.#keep(newer));
    return true;
  }

  delete(key: string, variant?: string): number {
    const variants = [...(this.#open('delete').get(key)?.values() ?? [])];
    return this.#remove(
      'delete',
      variants.filter((record) => variant === undefined || record.variant === variant),
    );
  }

  deleteResource(resource: string): number {
    const records = this.#all('deleteResource');
    return this.#remove(
      'deleteResource',
      records.filter((record) => record.resource === resource),
    );
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    // The addresses are those of the beginning, so that nothing is met twice; the records are those of the moment.
    for (const { key, variant } of this.#all('scan')) {
      const record = this.#open('scan').get(key)?.get(variant);
      if (record === undefined || !isInRange(record, range)) continue;
      const { body: _body, ...meta } = record;
      yield await Promise.resolve(meta);
    }
  }

  count(range: ScanRange = {}): number {
    return this.#all('count').filter((record) => isInRange(record, range)).length;
  }

  size(): number {
    return this.#all('size').reduce((sum, { head, body }) => sum + head.byteLength + body.byteLength, 0);
  }

  prune(now: number, limit: number): number {
    const over = this.#all('prune').filter(
      ({ retainUntil }) => retainUntil !== undefined && retainUntil <= now,
    );
    const count = this.#remove('prune', over.slice(0, limit));
    this.#tidy('prune', MANY_VOID_LINES);
    return count;
  }

  clear(): void {
    this.#requireOpen();
    // Also where the file cannot be read: then this is what makes the store usable again.
    attempt('clear', () => this.#rewrite([]));
    this.#records = new Map();
  }

  close(): void {
    if (this.#records !== undefined) this.#tidy('close', 1);
    this.#isClosed = true;
    this.#records = undefined;
  }

  #tidy(operation: BackendOperation, leastVoidLines: number): void {
    if (this.#voidLines < leastVoidLines) return;
    const records = this.#all(operation);
    attempt(operation, () => this.#rewrite(records));
  }

  /** The records; the first call reads the file. A call that fails leaves it to the next one to try again. */
  #open(operation: BackendOperation): Map<string, Map<string, StoredRecord>> {
    this.#requireOpen();
    if (this.#records === undefined) {
      const lines = attempt(operation, () => readLines(this.#file));
      this.#records = new Map();
      this.#voidLines = 0;
      for (const line of lines) this.#redo(line);
    }
    return this.#records;
  }

  #redo(line: Line): void {
    if ('put' in line) this.#keep(fromLine(line));
    else this.#forget(...line.delete);
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new CacheClosedError(`The file ${this.#file}`);
  }

  #all(operation: BackendOperation): StoredRecord[] {
    return [...this.#open(operation).values()].flatMap((variants) => [...variants.values()]);
  }

  #keep(record: StoredRecord): void {
    const records = this.#records ?? new Map<string, Map<string, StoredRecord>>();
    const variants = records.get(record.key) ?? new Map<string, StoredRecord>();
    if (variants.has(record.variant)) this.#voidLines += 1;
    variants.set(record.variant, record);
    records.set(record.key, variants);
    this.#records = records;
  }

  #forget(key: string, variant: string): void {
    const variants = this.#records?.get(key);
    if (variants?.delete(variant) === true) this.#voidLines += 2;
    if (variants?.size === 0) this.#records?.delete(key);
  }

  #remove(operation: BackendOperation, records: readonly StoredRecord[]): number {
    const lines = records.map(({ key, variant }): Line => ({ delete: [key, variant] }));
    this.#write(operation, lines, () => {
      for (const { key, variant } of records) this.#forget(key, variant);
    });
    return records.length;
  }

  /** The file first: what cannot be written has not happened. */
  #write(operation: BackendOperation, lines: readonly Line[], then: () => void): void {
    if (lines.length === 0) return;
    attempt(operation, () => appendFileSync(this.#file, toText(lines)));
    then();
  }

  /** Into another file, which then takes the place of the old one at once: a crash leaves the one or the other, whole. */
  #rewrite(records: readonly StoredRecord[]): void {
    const unfinished = `${this.#file}.${process.pid}`;
    const descriptor = openSync(unfinished, 'w');
    try {
      writeSync(descriptor, toText(records.map(toLine)));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(unfinished, this.#file);
    this.#voidLines = 0;
  }
}

/** Whatever fails is a `BackendError`, by which the cache goes on without storage for a while. */
function attempt<T>(operation: BackendOperation, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new BackendError({ backend: 'json-lines', operation }, { cause });
  }
}

/** A line that a crash has cut off is followed by nothing; it is left out, and so is what has been damaged otherwise. */
function readLines(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      const parsed: unknown = JSON.parse(line);
      return isLine(parsed) ? [parsed] : [];
    } catch {
      return [];
    }
  });
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false;
  if ('delete' in value) return Array.isArray(value.delete) && value.delete.length === 2;
  if (!('put' in value) || typeof value.put !== 'object' || value.put === null) return false;
  const { key, variant, resource, head, body, createdAt } = value.put as Readonly<Record<string, unknown>>;
  return (
    [key, variant, resource, head, body].every((text) => typeof text === 'string') &&
    typeof createdAt === 'number'
  );
}

/** Each line begins with a line break: one that a crash has cut off spoils no other. */
function toText(lines: readonly Line[]): string {
  return lines.map((line) => `\n${JSON.stringify(line)}`).join('');
}

function toLine(record: StoredRecord): Line {
  const { key, variant, resource, createdAt, expiresAt, retainUntil } = record;
  const [head, body] = [record.head, record.body].map((bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  ) as [string, string];
  return { put: { key, variant, resource, head, body, createdAt, expiresAt, retainUntil } };
}

function fromLine({ put }: Extract<Line, { put: unknown }>): StoredRecord {
  const body = Buffer.from(put.body, 'base64');
  const { key, variant, resource, createdAt, expiresAt, retainUntil } = put;
  const head = Buffer.from(put.head, 'base64');
  return {
    key,
    variant,
    resource,
    head,
    body,
    bodyBytes: body.byteLength,
    createdAt,
    expiresAt,
    retainUntil,
  };
}

function isInRange(
  record: StoredRecord,
  { expiredBy, freshAt, createdBefore, resource }: ScanRange,
): boolean {
  const { expiresAt } = record;
  const isExpired = (by: number): boolean => expiresAt !== undefined && expiresAt <= by;
  return (
    (expiredBy === undefined || isExpired(expiredBy)) &&
    (freshAt === undefined || !isExpired(freshAt)) &&
    (createdBefore === undefined || record.createdAt < createdBefore) &&
    (resource === undefined || record.resource === resource)
  );
}

/** Asks twice for one URL, through a cache in a new backend each time, as two runs of a program would. */
async function main(): Promise<void> {
  let requests = 0;
  const server = createServer((_request, response) => response.end(`answer ${(requests += 1)}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const file = path.join(os.tmpdir(), `custom-backend-${process.pid}.jsonl`);
  try {
    for (const run of ['first run ', 'second run']) {
      const http = withCache(axios.create(), { backend: new JsonLinesBackend(file), expireAfter: '10m' });
      const { data, cache } = await http.get<string>(url);
      console.log(`${run}: ${data}, fromCache: ${cache.fromCache}, ${await http.cache.count()} stored`);
      await http.cache.close();
    }
  } finally {
    server.close();
    rmSync(file, { force: true });
  }
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
