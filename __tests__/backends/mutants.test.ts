import { MemoryBackend } from '../../lib/backends/memory.js';
import { SqliteBackend } from '../../lib/backends/sqlite/index.js';
import {
  type Backend,
  type FoundRecord,
  type RecordAddress,
  type RecordMeta,
  type ScanRange,
  type StoredRecord,
} from '../../lib/storage/backend.js';
import { findViolations } from '../../lib/backend-suite/describe-backend.js';
import { memoryHarness, sqliteHarness } from './conformance/harnesses.js';

/** A healthy backend behind every method; each mutant gets one of them wrong. */
class Delegate implements Backend {
  constructor(readonly inner: MemoryBackend) {}
  get name(): string {
    return this.inner.name;
  }
  get traits() {
    return this.inner.traits;
  }
  get(key: string): ReturnType<Backend['get']> {
    return this.inner.get(key);
  }
  body(address: RecordAddress): ReturnType<Backend['body']> {
    return this.inner.body(address);
  }
  put(record: StoredRecord): ReturnType<Backend['put']> {
    return this.inner.put(record);
  }
  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): ReturnType<Backend['replaceHead']> {
    return this.inner.replaceHead(meta, expectedHead);
  }
  delete(key: string, variant?: string): ReturnType<Backend['delete']> {
    return this.inner.delete(key, variant);
  }
  deleteResource(resource: string): ReturnType<Backend['deleteResource']> {
    return this.inner.deleteResource(resource);
  }
  deleteTag(tag: string): ReturnType<NonNullable<Backend['deleteTag']>> {
    return this.inner.deleteTag(tag);
  }
  scan(range?: ScanRange): AsyncIterable<RecordMeta> {
    return this.inner.scan(range);
  }
  count(range?: ScanRange): ReturnType<Backend['count']> {
    return this.inner.count(range);
  }
  size(): ReturnType<Backend['size']> {
    return this.inner.size();
  }
  prune(now: number, limit: number): ReturnType<Backend['prune']> {
    return this.inner.prune(now, limit);
  }
  clear(): ReturnType<Backend['clear']> {
    this.inner.clear();
  }
  close(): ReturnType<Backend['close']> {
    this.inner.close();
  }
}

function mangled(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
}

const ABSENT = null as unknown as undefined;

const mutants: Readonly<Record<string, (inner: MemoryBackend) => Backend>> = {
  'forgets retainUntil': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, retainUntil: undefined });
      }
    })(inner),
  'takes expiresAt for retainUntil': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, retainUntil: record.expiresAt });
      }
    })(inner),
  'keeps a record without a deadline for an hour only': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, retainUntil: record.retainUntil ?? record.createdAt + 3_600_000 });
      }
    })(inner),
  'cuts fractions of times': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, createdAt: Math.floor(record.createdAt) });
      }
    })(inner),
  'returns null for an absent body': (inner) =>
    new (class extends Delegate {
      override body(address: RecordAddress) {
        return this.inner.body(address) ?? ABSENT;
      }
    })(inner),
  'returns null for absent times': (inner) =>
    new (class extends Delegate {
      override get(key: string): FoundRecord[] {
        return this.inner.get(key).map((one) => ({ ...one, expiresAt: one.expiresAt ?? ABSENT }));
      }
    })(inner),
  'returns undefined for an unknown key': (inner) =>
    new (class extends Delegate {
      override get(key: string): readonly FoundRecord[] {
        const found = this.inner.get(key);
        return found.length === 0 ? (undefined as unknown as FoundRecord[]) : found;
      }
    })(inner),
  'mangles one byte of a body': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, body: mangled(record.body) });
      }
    })(inner),
  'mangles one byte of a head': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, head: mangled(record.head) });
      }
    })(inner),
  'takes an empty body for an absent one': (inner) =>
    new (class extends Delegate {
      override body(address: RecordAddress) {
        const body = this.inner.body(address);
        return body?.length === 0 ? undefined : body;
      }
    })(inner),
  'stores the whole buffer behind a view': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, body: new Uint8Array(record.body.buffer) });
      }
    })(inner),
  'clears everything on delete': (inner) =>
    new (class extends Delegate {
      override delete(key: string, variant?: string) {
        const deleted = this.inner.delete(key, variant);
        this.inner.clear();
        return deleted;
      }
    })(inner),
  'does not delete': (inner) =>
    new (class extends Delegate {
      override delete(key: string, variant?: string) {
        return this.inner.get(key).filter((one) => variant === undefined || one.variant === variant).length;
      }
    })(inner),
  'deletes all variants when one is named': (inner) =>
    new (class extends Delegate {
      override delete(key: string) {
        return super.delete(key);
      }
    })(inner),
  'takes the empty variant for none': (inner) =>
    new (class extends Delegate {
      override delete(key: string, variant?: string) {
        return super.delete(key, variant === '' ? undefined : variant);
      }
    })(inner),
  'always says that one record was deleted': (inner) =>
    new (class extends Delegate {
      override delete(key: string, variant?: string) {
        this.inner.delete(key, variant);
        return 1;
      }
    })(inner),
  'half-writes: a replaced record keeps its body': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return this.inner.replaceHead(record) || this.inner.put(record);
      }
    })(inner),
  'ignores variants': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        this.inner.delete(record.key);
        return super.put(record);
      }
    })(inner),
  'folds the case of keys': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, key: record.key.toLowerCase() });
      }
      override get(key: string) {
        return super.get(key.toLowerCase());
      }
      override body(address: RecordAddress) {
        return super.body({ ...address, key: address.key.toLowerCase() });
      }
    })(inner),
  'cuts keys at NUL': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, key: record.key.split('\0', 1)[0] ?? '' });
      }
      override get(key: string) {
        return super.get(key.split('\0', 1)[0] ?? '');
      }
    })(inner),
  'replaceHead creates records': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        if (this.inner.get(meta.key).some((one) => one.variant === meta.variant)) {
          return this.inner.replaceHead(meta, expectedHead);
        }
        return this.inner.put({ ...meta, body: new Uint8Array(0) });
      }
    })(inner),
  'replaceHead empties the body': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        const isReplaced = this.inner.replaceHead(meta, expectedHead);
        return isReplaced && this.inner.put({ ...meta, body: new Uint8Array(0) });
      }
    })(inner),
  'replaceHead leaves the times as they were': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        const older = this.inner.get(meta.key).find((one) => one.variant === meta.variant);
        const times = { retainUntil: older?.retainUntil, expiresAt: older?.expiresAt };
        return this.inner.replaceHead({ ...meta, ...times }, expectedHead);
      }
    })(inner),
  'replaceHead believes bodyBytes': (inner) =>
    new (class extends Delegate {
      readonly #claimed = new Map<string, number>();
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        this.#claimed.set(meta.key, meta.bodyBytes);
        return super.replaceHead(meta, expectedHead);
      }
      override get(key: string): FoundRecord[] {
        return this.inner
          .get(key)
          .map((one) => ({ ...one, bodyBytes: this.#claimed.get(key) ?? one.bodyBytes }));
      }
    })(inner),
  'replaceHead ignores the expected head': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta) {
        return super.replaceHead(meta);
      }
    })(inner),
  'replaceHead compares only the lengths of heads': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        const older = this.inner.get(meta.key).find((one) => one.variant === meta.variant);
        const isExpected = expectedHead === undefined || older?.head.length === expectedHead.length;
        return isExpected && this.inner.replaceHead(meta);
      }
    })(inner),
  'replaceHead takes equal heads for different ones': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        const older = this.inner.get(meta.key).find((one) => one.variant === meta.variant);
        return (expectedHead === undefined || older?.head === expectedHead) && this.inner.replaceHead(meta);
      }
    })(inner),
  'replaceHead compares first and replaces later': (inner) =>
    new (class extends Delegate {
      override async replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        const older = this.inner.get(meta.key).find((one) => one.variant === meta.variant);
        if (expectedHead === undefined) return this.inner.replaceHead(meta);
        if (older === undefined || Buffer.compare(older.head, expectedHead) !== 0) return false;
        await Promise.resolve();
        return this.inner.replaceHead(meta);
      }
    })(inner),
  'scan stops after a page': (inner) =>
    new (class extends Delegate {
      override async *scan(range?: ScanRange) {
        let seen = 0;
        for await (const meta of this.inner.scan(range)) {
          if (seen++ < 200) yield meta;
        }
      }
    })(inner),
  'scan skips the record after each page': (inner) =>
    new (class extends Delegate {
      override async *scan(range?: ScanRange) {
        let seen = 0;
        for await (const meta of this.inner.scan(range)) {
          if (++seen % 101 !== 0) yield meta;
        }
      }
    })(inner),
  'scan and count ignore the resource': (inner) =>
    new (class extends Delegate {
      override scan(range: ScanRange = {}) {
        const { resource: _resource, ...others } = range;
        return super.scan(others);
      }
      override count(range: ScanRange = {}) {
        const { resource: _resource, ...others } = range;
        return super.count(others);
      }
    })(inner),
  'scan lists a record twice': (inner) =>
    new (class extends Delegate {
      override async *scan(range?: ScanRange) {
        let seen = 0;
        for await (const meta of this.inner.scan(range)) {
          yield meta;
          if (++seen === 200) yield meta;
        }
      }
    })(inner),
  'scan pages by offset, and skips when records are deleted': (inner) =>
    new (class extends Delegate {
      override async *scan(range?: ScanRange) {
        for (let offset = 0; ; offset += 100) {
          const all: RecordMeta[] = [];
          for await (const meta of this.inner.scan(range)) all.push(meta);
          yield* all.slice(offset, offset + 100);
          if (all.length <= offset + 100) return;
        }
      }
    })(inner),
  'scan ignores its range': (inner) =>
    new (class extends Delegate {
      override scan() {
        return super.scan();
      }
    })(inner),
  'scan lists bodies': (inner) =>
    new (class extends Delegate {
      override async *scan(range?: ScanRange) {
        for await (const meta of this.inner.scan(range)) yield { ...meta, body: this.inner.body(meta) };
      }
    })(inner),
  'put does not replace': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return this.inner.body(record) === undefined ? this.inner.put(record) : true;
      }
    })(inner),
  'put of a too large record keeps the older one': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        const older = this.inner.get(record.key).find((one) => one.variant === record.variant);
        const isStored = this.inner.put(record);
        if (!isStored && older?.body !== undefined) this.inner.put({ ...older, body: older.body });
        return isStored;
      }
    })(inner),
  'put says yes to what it did not store': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        this.inner.put(record);
        return true;
      }
    })(inner),
  'counts one too many': (inner) =>
    new (class extends Delegate {
      override count(range?: ScanRange) {
        return this.inner.count(range) + 1;
      }
    })(inner),
  'count ignores its range': (inner) =>
    new (class extends Delegate {
      override count() {
        return super.count();
      }
    })(inner),
  'size is always 0': (inner) =>
    new (class extends Delegate {
      override size() {
        return 0 * this.inner.size();
      }
    })(inner),
  'deleteResource does nothing': (inner) =>
    new (class extends Delegate {
      override deleteResource() {
        return 0;
      }
    })(inner),
  'deleteResource takes the key for the resource': (inner) =>
    new (class extends Delegate {
      override deleteResource(resource: string) {
        return super.delete(resource);
      }
    })(inner),
  'prune ignores its limit': (inner) =>
    new (class extends Delegate {
      override prune(now: number) {
        return super.prune(now, Infinity);
      }
    })(inner),
  'prunes a moment too late': (inner) =>
    new (class extends Delegate {
      override prune(now: number, limit: number) {
        return super.prune(now - 1, limit);
      }
    })(inner),
  'prunes what it should keep': (inner) =>
    new (class extends Delegate {
      override prune(now: number, limit: number) {
        return super.prune(now + 3_600_001, limit);
      }
    })(inner),
  'clear does nothing': (inner) =>
    new (class extends Delegate {
      override clear() {
        this.inner.count();
      }
    })(inner),
  'close is not idempotent': (inner) =>
    new (class extends Delegate {
      override close() {
        this.inner.count();
        this.inner.close();
      }
    })(inner),
  'works on after close': (inner) =>
    new (class extends Delegate {
      override close() {
        return undefined;
      }
    })(inner),
  'writes out of order': (inner) =>
    new (class extends Delegate {
      #calls = 0;
      override async put(record: StoredRecord) {
        for (let turns = this.#calls++ % 4 === 0 ? 3 : 0; turns > 0; turns--) await Promise.resolve();
        return this.inner.put(record);
      }
    })(inner),
  'all stores are one': () => new Delegate(shared),
  'does not find tags': (inner) =>
    new (class extends Delegate {
      override deleteTag() {
        return 0;
      }
    })(inner),
  'counts what has a tag, and does not delete it': (inner) =>
    new (class extends Delegate {
      override deleteTag(tag: string) {
        return this.inner.count({ tag });
      }
    })(inner),
  'has no deleteTag, whatever its harness says': (inner) =>
    Object.defineProperty(new Delegate(inner), 'deleteTag', { value: undefined }),
  'lists all for any tag': (inner) =>
    new (class extends Delegate {
      override scan({ tag: _tag, ...range }: ScanRange = {}) {
        return this.inner.scan(range);
      }
    })(inner),
  'counts all for any tag': (inner) =>
    new (class extends Delegate {
      override count({ tag: _tag, ...range }: ScanRange = {}) {
        return this.inner.count(range);
      }
    })(inner),
  'knows the first tag of a record only': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, tags: record.tags?.slice(0, 1) });
      }
    })(inner),
  'tells tags apart by their beginnings only': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        return super.put({ ...record, tags: record.tags?.map((tag) => tag.slice(0, 60)) });
      }
      override deleteTag(tag: string) {
        return this.inner.deleteTag(tag.slice(0, 60));
      }
      override scan(range: ScanRange = {}) {
        return this.inner.scan(range.tag === undefined ? range : { ...range, tag: range.tag.slice(0, 60) });
      }
      override count(range: ScanRange = {}) {
        return this.inner.count(range.tag === undefined ? range : { ...range, tag: range.tag.slice(0, 60) });
      }
    })(inner),
  'deletes all variants for the tag of one': (inner) =>
    new (class extends Delegate {
      override async deleteTag(tag: string) {
        let deleted = 0;
        for await (const { key } of this.inner.scan({ tag })) deleted += this.inner.delete(key);
        return deleted;
      }
    })(inner),
  'adds the tags of a record to those of the one before': (inner) =>
    new (class extends Delegate {
      override put(record: StoredRecord) {
        const before = this.inner.get(record.key).find(({ variant }) => variant === record.variant)?.tags;
        return super.put({ ...record, tags: [...(before ?? []), ...(record.tags ?? [])] });
      }
    })(inner),
  'keeps the tags of a record whose head is replaced': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        const before = this.inner.get(meta.key).find(({ variant }) => variant === meta.variant)?.tags;
        return super.replaceHead({ ...meta, tags: before }, expectedHead);
      }
    })(inner),
  'takes the tags of a head that it does not replace': (inner) =>
    new (class extends Delegate {
      override replaceHead(meta: RecordMeta, expectedHead?: Uint8Array) {
        const isReplaced = super.replaceHead(meta, expectedHead);
        if (isReplaced === true) return true;
        const before = this.inner.get(meta.key).find(({ variant }) => variant === meta.variant);
        if (before?.body !== undefined) this.inner.put({ ...before, body: before.body, tags: meta.tags });
        return false;
      }
    })(inner),
  'remembers by key what was deleted': (inner) => {
    const tagged = new Map<string, readonly string[] | undefined>();
    return new (class extends Delegate {
      override put(record: StoredRecord) {
        const tags = record.tags ?? tagged.get(record.key);
        tagged.set(record.key, tags);
        return super.put({ ...record, tags });
      }
    })(inner);
  },
};

/** For the mutant whose stores are not apart. Never closed, as the mutant says. */
const shared = new MemoryBackend();

describe('the conformance suite rejects a backend that', () => {
  it.each(Object.entries(mutants))('%s', async (_, mutate) => {
    const violations = await findViolations(memoryHarness(mutate), 1);
    expect(violations.map(({ title }) => title)).not.toEqual([]);
  });

  it('tears a record apart between two statements', async () => {
    class TornReads extends SqliteBackend {
      override async get(key: string): Promise<readonly FoundRecord[]> {
        const heads = await super.get(key);
        await new Promise((resolve) => setImmediate(resolve));
        return Promise.all(heads.map(async (head) => ({ ...head, body: await super.body(head) })));
      }
    }
    const harness = sqliteHarness({ useMemory: true });
    const violations = await findViolations({
      ...harness,
      createStore: () => {
        const backend = new TornReads(':memory:');
        return { open: () => backend, dispose: () => backend.close() };
      },
    });
    expect(violations.map(({ title }) => title)).toContain(
      'concurrency: a reader sees the old record or the new one, whole',
    );
  });
});

describe('the conformance suite accepts', () => {
  it('the same backend without a fault', async () => {
    expect(await findViolations(memoryHarness((inner) => new Delegate(inner)))).toEqual([]);
  });
});
