import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fromRecordMeta } from '../cache/stored-response.js';
import type { EpochMs } from '../clock.js';
import { BackendError, type BackendOperation, CacheClosedError, isHttpCacheError } from '../errors.js';
import { loadOptionalPackage } from '../optional-package.js';
import type {
  Backend,
  FoundRecord,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../storage/backend.js';
import { readYaml, writeYaml, YAML_PACKAGE, type YamlModule } from '../storage/yaml-text.js';
import { documentOf, orderOf, readableName, type Recording, recordOf } from './recording-document.js';

/** How recordings are written. */
export type RecordingNotation = 'yaml' | 'json';

interface FiledRecord {
  readonly record: StoredRecord;
  readonly file: string;
}

interface Notation {
  write(data: object): string;
  read(text: string): unknown;
}

const JSON_NOTATION: Notation = {
  write: (data) => `${JSON.stringify(data, undefined, 2)}\n`,
  read: (text) => JSON.parse(text) as unknown,
};

/**
 * Recordings in a directory, one readable file for each, to be committed beside the tests: named by method, host and path, and
 * by a part of the key. They are read once, at the first use; a test process that records is the only one that writes.
 */
export class RecordingsBackend implements Backend {
  readonly name = 'recordings';
  readonly traits = Object.freeze({ persistent: true, shared: false });
  readonly #directory: string;
  readonly #extension: RecordingNotation;
  readonly #isReadOnly: boolean;
  #opened: Promise<{ notation: Notation; files: Map<string, FiledRecord> }> | undefined;
  #writes: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** @param isReadOnly nothing is written, and nothing deleted: a program under test may clear its cache */
  constructor(directory: string, notation: RecordingNotation, isReadOnly = false) {
    this.#directory = path.resolve(directory);
    this.#extension = notation;
    this.#isReadOnly = isReadOnly;
  }

  async get(key: string): Promise<readonly FoundRecord[]> {
    return (await this.#records('get'))
      .filter(({ record }) => record.key === key)
      .map(({ record }) => record);
  }

  async body({ key, variant }: RecordAddress): Promise<Uint8Array | undefined> {
    return (await this.#open('body')).files.get(addressOf(key, variant))?.record.body;
  }

  put(record: StoredRecord): Promise<boolean> {
    if (this.#isReadOnly) return Promise.resolve(false);
    return this.#inTurn('put', async ({ notation, files }) => {
      const { stored } = fromRecordMeta(record);
      const address = addressOf(record.key, record.variant);
      const file = files.get(address)?.file ?? this.#newName(stored, files);
      await this.#write(file, this.#textOf(notation, stored, record));
      files.set(address, { record, file });
      return true;
    });
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): Promise<boolean> {
    if (this.#isReadOnly) return Promise.resolve(false);
    return this.#inTurn('replaceHead', async ({ notation, files }) => {
      const address = addressOf(meta.key, meta.variant);
      const found = files.get(address);
      if (found === undefined) return false;
      if (expectedHead !== undefined && Buffer.compare(found.record.head, expectedHead) !== 0) return false;
      const { body, bodyBytes } = found.record;
      const record = { ...meta, bodyBytes, body };
      await this.#write(found.file, this.#textOf(notation, fromRecordMeta(record).stored, record));
      files.set(address, { ...found, record });
      return true;
    });
  }

  delete(key: string, variant?: string): Promise<number> {
    return this.#deleteWhere('delete', (record) => {
      return record.key === key && (variant === undefined || record.variant === variant);
    });
  }

  deleteResource(resource: string): Promise<number> {
    return this.#deleteWhere('deleteResource', (record) => record.resource === resource);
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta> {
    for (const { record } of await this.#records('scan')) if (isWithin(record, range)) yield record;
  }

  async count(range: ScanRange = {}): Promise<number> {
    return (await this.#records('count')).filter(({ record }) => isWithin(record, range)).length;
  }

  async size(): Promise<number> {
    const records = await this.#records('size');
    return records.reduce((sum, { record }) => sum + record.head.byteLength + record.body.byteLength, 0);
  }

  /** What is committed is not pruned. */
  prune(): number {
    return 0;
  }

  async clear(): Promise<void> {
    await this.#deleteWhere('clear', () => true);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writes;
  }

  #deleteWhere(operation: BackendOperation, isMeant: (record: StoredRecord) => boolean): Promise<number> {
    if (this.#isReadOnly) return Promise.resolve(0);
    return this.#inTurn(operation, async ({ files }) => {
      let deleted = 0;
      for (const [address, { record, file }] of [...files]) {
        if (!isMeant(record)) continue;
        files.delete(address);
        await unlink(path.join(this.#directory, file)).catch(unlessAbsent);
        deleted += 1;
      }
      return deleted;
    });
  }

  async #records(operation: BackendOperation): Promise<readonly FiledRecord[]> {
    await this.#writes;
    return [...(await this.#open(operation)).files.values()];
  }

  /** One after the other, in the order of the calls. */
  #inTurn<T>(
    operation: BackendOperation,
    run: (opened: { notation: Notation; files: Map<string, FiledRecord> }) => Promise<T>,
  ): Promise<T> {
    const result = this.#writes.then(async () => {
      const opened = await this.#open(operation);
      try {
        return await run(opened);
      } catch (error) {
        throw new BackendError({ backend: this.name, operation }, { cause: error });
      }
    });
    this.#writes = result.catch(() => undefined);
    return result;
  }

  async #open(operation: BackendOperation): Promise<{ notation: Notation; files: Map<string, FiledRecord> }> {
    if (this.#isClosed) throw new CacheClosedError('The recordings');
    this.#opened ??= this.#load();
    try {
      return await this.#opened;
    } catch (error) {
      this.#opened = undefined;
      if (isHttpCacheError(error)) throw error;
      throw new BackendError({ backend: this.name, operation }, { cause: error });
    }
  }

  async #load(): Promise<{ notation: Notation; files: Map<string, FiledRecord> }> {
    const notation = this.#extension === 'json' ? JSON_NOTATION : await yamlNotation();
    const files = new Map<string, FiledRecord>();
    const names = await readdir(this.#directory).catch(unlessAbsent);
    for (const file of names ?? []) {
      if (!file.endsWith(`.${this.#extension}`) || file.startsWith('.')) continue;
      const record = await this.#read(file, notation);
      const address = addressOf(record.key, record.variant);
      const twin = files.get(address)?.file;
      if (twin !== undefined) {
        const message = `the recordings ${twin} and ${file} are of the same request: they have the same key`;
        throw new BackendError({ backend: this.name, operation: 'open', message });
      }
      files.set(address, { record, file });
    }
    return { notation, files };
  }

  /** What cannot be read is told at once: a recording that is silently gone would be looked for in the test. */
  async #read(file: string, notation: Notation): Promise<StoredRecord> {
    const place = path.join(this.#directory, file);
    try {
      const [text, { mtimeMs }] = await Promise.all([readFile(place, 'utf8'), stat(place)]);
      const record = recordOf(notation.read(text.replace(/^\ufeff/, '')), Math.floor(mtimeMs));
      // What cannot be answered with is told here, where the file is known.
      fromRecordMeta(record);
      return record;
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
      const message = `the recording ${file} cannot be read: ${why ?? ''}`;
      throw new BackendError({ backend: this.name, operation: 'open', message }, { cause: error });
    }
  }

  /** Through a file of another name: nobody reads half of one. */
  async #write(file: string, text: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const temporary = path.join(this.#directory, `.${randomBytes(8).toString('hex')}.tmp`);
    await writeFile(temporary, text);
    await rename(temporary, path.join(this.#directory, file));
  }

  /** Where the notation cannot say what a body or a field is, JSON can; and where that cannot, base64. */
  #textOf(notation: Notation, stored: Recording, record: StoredRecord): string {
    const document = documentOf(stored, record.body);
    for (const one of [notation, JSON_NOTATION]) {
      const text = one.write(document);
      try {
        if (Buffer.compare(recordOf(notation.read(text), record.createdAt).body, record.body) === 0)
          return text;
      } catch {
        // It cannot be read again.
      }
    }
    const { json: _json, text: _text, ...response } = document.response;
    const base64 = Buffer.from(record.body).toString('base64');
    return JSON_NOTATION.write({ ...document, response: { ...response, base64 } });
  }

  #newName(
    { request, url, method, key, variant }: Recording,
    files: ReadonlyMap<string, FiledRecord>,
  ): string {
    const taken = new Set([...files.values()].map(({ file }) => file.toLowerCase()));
    const name = readableName(request.shown?.method ?? method, request.shown?.url ?? url);
    const order = variant === '' ? '' : `.${orderOf(variant)}`;
    for (const digits of [8, 16]) {
      const file = `${name}_${key.slice(0, digits)}${order}.${this.#extension}`;
      if (!taken.has(file.toLowerCase())) return file;
    }
    return `${name}_${key}${order}.${this.#extension}`;
  }
}

async function yamlNotation(): Promise<Notation> {
  const yaml = await loadOptionalPackage<YamlModule>({
    ...YAML_PACKAGE,
    backend: 'recordings',
    alternative: "use the serializer 'json'",
  });
  return {
    write: (data) => writeYaml(yaml, data, JSON_NOTATION.write(data)),
    read: (text) => readYaml(yaml, text),
  };
}

function addressOf(key: string, variant: string): string {
  return `${key}\n${variant}`;
}

function unlessAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}

function isWithin({ expiresAt, createdAt, resource }: RecordMeta, range: ScanRange): boolean {
  const { expiredBy, freshAt, createdBefore } = range;
  const end: EpochMs = expiresAt ?? Infinity;
  return (
    (expiredBy === undefined || end <= expiredBy) &&
    (freshAt === undefined || end > freshAt) &&
    (createdBefore === undefined || createdAt < createdBefore) &&
    (range.resource === undefined || resource === range.resource)
  );
}
