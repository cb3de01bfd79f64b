import fc from 'fast-check';
import { MemoryBackend } from '../../lib/backends/memory.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { type MemoryOptions } from '../../lib/storage/backend-options.js';
import { aRecord, bytesOf, metaOf, noise } from '../../lib/backend-suite/records.js';

const sizeOf = (key: string, bodyBytes: number, head = 8): number => key.length + head + bodyBytes;
const sized = (key: string, bodyBytes: number) => aRecord({ key, body: new Uint8Array(bodyBytes) });
const keysOf = (backend: MemoryBackend, keys: readonly string[]): string[] =>
  keys.filter((key) => backend.body({ key, variant: '' }) !== undefined);

describe('memory', () => {
  it.each<[MemoryOptions, string]>([
    [{ maxBytes: 0 }, 'maxBytes'],
    [{ maxBytes: -1 }, 'maxBytes'],
    [{ maxBytes: NaN }, 'maxBytes'],
    [{ maxEntries: 1.5 }, 'maxEntries'],
    [{ maxEntryBytes: 11, maxBytes: 10 }, 'maxEntryBytes'],
    [{ maxEntryBytes: 257 * 1024 * 1024 }, 'maxEntryBytes'],
    [{ maxEntryBytes: '1' as unknown as number }, 'maxEntryBytes'],
  ])('rejects %j', (options, option) => {
    expect(() => new MemoryBackend(options)).toThrow(InvalidOptionError);
    expect(() => new MemoryBackend(options)).toThrow(`Option "${option}"`);
  });

  it('counts heads, bodies, keys and variants in UTF-8, exactly', () => {
    const backend = new MemoryBackend();
    backend.put(
      aRecord({ key: 'é', variant: '日', head: noise(10), body: noise(100), resource: 'not counted' }),
    );
    expect(backend.size()).toBe(2 + 3 + 10 + 100);
    backend.put(aRecord({ key: 'k', head: noise(1), body: noise(5) }));
    expect(backend.size()).toBe(115 + 7);
    backend.replaceHead(metaOf(aRecord({ key: 'k', head: noise(21) })));
    expect(backend.size()).toBe(115 + 27);
    backend.delete('é');
    expect(backend.size()).toBe(27);
    backend.clear();
    expect(backend.size()).toBe(0);
  });

  it('fills maxBytes to the last byte, and not beyond', () => {
    const backend = new MemoryBackend({ maxBytes: 3 * sizeOf('a', 100) });
    for (const key of ['a', 'b', 'c']) backend.put(sized(key, 100));
    expect(keysOf(backend, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
    backend.put(sized('d', 101));
    expect(keysOf(backend, ['a', 'b', 'c', 'd'])).toEqual(['c', 'd']);
  });

  it('drops the least recently used first; get and body count as use', () => {
    const backend = new MemoryBackend({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) backend.put(sized(key, 1));
    backend.get('a');
    backend.put(sized('d', 1));
    backend.body({ key: 'c', variant: '' });
    backend.put(sized('e', 1));
    expect(keysOf(backend, ['a', 'b', 'c', 'd', 'e'])).toEqual(['c', 'd', 'e']);
    expect(backend.count()).toBe(3);
  });

  it('scanning and counting are no use', async () => {
    const backend = new MemoryBackend({ maxEntries: 2 });
    backend.put(sized('a', 1));
    backend.put(sized('b', 1));
    for await (const meta of backend.scan()) if (meta.key === 'a') break;
    backend.count({ freshAt: 0 });
    backend.put(sized('c', 1));
    expect(keysOf(backend, ['a', 'b', 'c'])).toEqual(['b', 'c']);
  });

  it('one large record may push out all others', () => {
    const backend = new MemoryBackend({ maxBytes: 1000 });
    for (const key of ['a', 'b', 'c']) backend.put(sized(key, 100));
    expect(backend.put(sized('d', 1000 - 9))).toBe(true);
    expect(backend.count()).toBe(1);
    expect(backend.size()).toBe(1000);
  });

  it('D33: refuses what is over maxEntryBytes, and drops the older record at that address only', () => {
    const backend = new MemoryBackend({ maxEntryBytes: 50 });
    for (const key of ['a', 'b']) backend.put(sized(key, 10));
    expect(backend.put(sized('a', 42))).toBe(false);
    expect(keysOf(backend, ['a', 'b'])).toEqual(['b']);
    expect(backend.put(sized('a', 41))).toBe(true);
  });

  it('a head that has grown over the limit takes its record with it', () => {
    const backend = new MemoryBackend({ maxEntryBytes: 50 });
    backend.put(sized('a', 10));
    expect(backend.replaceHead(metaOf(aRecord({ key: 'a', head: noise(60) })))).toBe(false);
    expect(backend.count()).toBe(0);
    expect(backend.size()).toBe(0);
  });

  it('keeps an empty record under an empty key', () => {
    const backend = new MemoryBackend({ maxEntries: 1 });
    const empty = new Uint8Array(0);
    expect(backend.put(aRecord({ key: '', head: empty, body: empty }))).toBe(true);
    expect(backend.get('')).toHaveLength(1);
  });

  it('takes Infinity for no limit', () => {
    const backend = new MemoryBackend({ maxBytes: Infinity, maxEntries: Infinity, maxEntryBytes: Infinity });
    expect(backend.put(sized('a', 1_000_000))).toBe(true);
  });

  it('D17: what it hands out cannot be changed, and is the same for all', () => {
    const backend = new MemoryBackend();
    backend.put(aRecord());
    const found = backend.get('key');
    expect(Object.isFrozen(found)).toBe(true);
    expect(Object.isFrozen(found[0])).toBe(true);
    expect(backend.get('key')).toBe(found);
    expect(found[0]?.body).toBe(backend.body({ key: 'key', variant: '' }));
  });

  it('a list that was handed out does not change when records do', () => {
    const backend = new MemoryBackend();
    backend.put(aRecord({ variant: 'a' }));
    const before = backend.get('key');
    backend.put(aRecord({ variant: 'b' }));
    backend.replaceHead(metaOf(aRecord({ variant: 'a', head: bytesOf('newer') })));
    backend.delete('key');
    expect(before).toHaveLength(1);
    expect(before[0]?.head).toEqual(aRecord().head);
  });

  it('keeps bytes that fill their buffer, and copies those that are a part of a larger one', () => {
    const backend = new MemoryBackend();
    const whole = noise(100);
    const larger = noise(100_000);
    backend.put(aRecord({ key: 'whole', body: whole }));
    backend.put(aRecord({ key: 'part', body: larger.subarray(5, 105) }));
    expect(backend.body({ key: 'whole', variant: '' })).toBe(whole);
    const part = backend.body({ key: 'part', variant: '' });
    expect(part?.buffer.byteLength).toBe(100);
    expect(part).toEqual(larger.slice(5, 105));
  });

  it('prunes again after the earliest record is gone', () => {
    const backend = new MemoryBackend();
    backend.put(aRecord({ key: 'a', retainUntil: 10 }));
    backend.put(aRecord({ key: 'b', retainUntil: 20 }));
    expect([backend.prune(9, 5), backend.prune(10, 5), backend.prune(19, 5), backend.prune(20, 5)]).toEqual([
      0, 1, 0, 1,
    ]);
    backend.put(aRecord({ key: 'c', retainUntil: 5 }));
    expect(backend.prune(20, 5)).toBe(1);
  });

  it('prunes at most so many, those first whose time is over first', () => {
    const backend = new MemoryBackend();
    const times = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
    for (const time of times) backend.put(aRecord({ key: String(time), retainUntil: time }));
    backend.put(aRecord({ key: 'kept', retainUntil: undefined }));
    backend.replaceHead(metaOf(aRecord({ key: '3', retainUntil: 200 })));
    backend.delete('5');
    expect(backend.prune(1000, 10)).toBe(10);
    const left = times.filter((time) => backend.get(String(time)).length > 0).sort((a, b) => a - b);
    expect(left).toEqual([3, ...Array.from({ length: 88 }, (_, index) => index + 12)]);
    expect([backend.prune(1000, 80), backend.prune(1000, 80), backend.count()]).toEqual([80, 9, 1]);
  });

  it('a scan meets each record once, also one that is replaced and pushes its sibling out', async () => {
    const backend = new MemoryBackend({ maxBytes: 500 });
    const put = (variant: string, bytes: number) =>
      backend.put(aRecord({ key: 'a', variant, body: new Uint8Array(bytes) }));
    put('x', 100);
    put('y', 100);
    for (const key of ['b', 'c']) backend.put(sized(key, 50));
    const met: string[] = [];
    for await (const { key, variant } of backend.scan()) {
      met.push(key + variant);
      if (key !== 'a') continue;
      backend.get('b');
      backend.get('c');
      put('x', 300);
      backend.replaceHead(metaOf(aRecord({ key: 'c', head: noise(2) })));
    }
    expect(met).toEqual(['ax', 'b', 'c']);
  });

  it('a scan ends where records are added all the time', async () => {
    const backend = new MemoryBackend();
    backend.put(sized('a', 1));
    let met = 0;
    for await (const { key } of backend.scan()) {
      met++;
      backend.put(sized(`${key}+`, 1));
    }
    expect(met).toBe(1);
  });

  it('agrees with a plain model, whatever is done', () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const variants = fc.constantFrom('', 'x');
    const action = fc.oneof(
      fc.record({
        kind: fc.constant('put' as const),
        key: keys,
        variant: variants,
        bytes: fc.nat(40),
        until: fc.nat(9),
      }),
      fc.record({ kind: fc.constant('get' as const), key: keys }),
      fc.record({
        kind: fc.constant('delete' as const),
        key: keys,
        variant: fc.option(variants, { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('prune' as const), now: fc.nat(9) }),
      fc.record({ kind: fc.constant('deleteResource' as const), key: keys }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const backend = new MemoryBackend({ maxBytes: 120, maxEntries: 4, maxEntryBytes: 45 });
        const model = new LruModel(120, 4, 45);
        for (const step of actions) {
          switch (step.kind) {
            case 'put': {
              const record = aRecord({
                ...step,
                resource: step.key,
                body: new Uint8Array(step.bytes),
                retainUntil: step.until,
              });
              expect(backend.put(record)).toBe(model.put(record.key, record.variant, step.bytes, step.until));
              break;
            }
            case 'get':
              expect(
                backend
                  .get(step.key)
                  .map(({ variant }) => variant)
                  .sort(),
              ).toEqual(model.get(step.key));
              break;
            case 'delete':
              expect(backend.delete(step.key, step.variant)).toBe(
                model.deleteWhere(
                  (one) =>
                    one.key === step.key && (step.variant === undefined || one.variant === step.variant),
                ),
              );
              break;
            case 'deleteResource':
              expect(backend.deleteResource(step.key)).toBe(model.deleteWhere((one) => one.key === step.key));
              break;
            case 'prune':
              expect(backend.prune(step.now, 100)).toBe(model.deleteWhere((one) => one.until <= step.now));
              break;
          }
          expect(backend.count()).toBe(model.records.length);
          expect(backend.size()).toBe(model.bytes());
        }
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });
});

interface ModelRecord {
  readonly key: string;
  readonly variant: string;
  readonly bytes: number;
  readonly until: number;
}

/** The same rules, as simply as they can be written. The last record is the most recently used. */
class LruModel {
  records: ModelRecord[] = [];

  constructor(
    readonly maxBytes: number,
    readonly maxEntries: number,
    readonly maxEntryBytes: number,
  ) {}

  bytes(): number {
    return this.records.reduce((sum, one) => sum + one.bytes, 0);
  }

  put(key: string, variant: string, bodyBytes: number, until: number): boolean {
    const bytes = key.length + variant.length + 8 + bodyBytes;
    this.deleteWhere((one) => one.key === key && one.variant === variant);
    if (bytes > this.maxEntryBytes) return false;
    while (this.bytes() + bytes > this.maxBytes) this.records.shift();
    this.records.push({ key, variant, bytes, until });
    while (this.records.length > this.maxEntries) this.records.shift();
    return true;
  }

  get(key: string): string[] {
    const used = this.records.filter((one) => one.key === key);
    this.records = [...this.records.filter((one) => one.key !== key), ...used];
    return used.map(({ variant }) => variant).sort();
  }

  deleteWhere(matches: (one: ModelRecord) => boolean): number {
    const before = this.records.length;
    this.records = this.records.filter((one) => !matches(one));
    return before - this.records.length;
  }
}
