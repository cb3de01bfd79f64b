import fc from 'fast-check';
import { aRecord, metaOf } from '../../lib/backend-suite/records.js';
import { type Backend } from '../../lib/storage/backend.js';

/** What a store may hold. */
export interface Limits {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
}

/** What decides how many bytes a record takes: names, and the bytes of head and body. */
export interface RecordSizes {
  readonly key: string;
  readonly variant: string;
  readonly resource: string;
  readonly head: number;
  readonly body: number;
}

/** What counts for `maxEntryBytes`, and in most stores for `maxBytes`, too. */
function entryBytes({ key, variant, head, body }: RecordSizes): number {
  return Buffer.byteLength(key) + Buffer.byteLength(variant) + head + body;
}

/** A store under limits; `open` gives a handle, which sees what those before it have stored where the store persists. */
export interface LimitedStore {
  open(limits: Limits): Backend | Promise<Backend>;
  /** What a record counts for `maxBytes`, where that is more than for `maxEntryBytes`. */
  readonly countedBytes?: (sizes: RecordSizes) => number;
  dispose(): void | Promise<void>;
}

/** One call, or the closing of the handle and the opening of another one with other limits. */
export type LimitAction =
  | {
      readonly kind: 'put' | 'replaceHead';
      readonly key: string;
      readonly variant: string;
      readonly bytes: number;
    }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'body' | 'delete'; readonly key: string; readonly variant: string }
  | { readonly kind: 'prune' | 'clear' | 'scan' }
  | { readonly kind: 'reopen'; readonly limits: Limits };

interface ModelRecord {
  readonly name: string;
  readonly key: string;
  readonly head: number;
  readonly body: number;
  readonly bytes: number;
  /** Greater: used later. Variants that one `get` has used together have the same number. */
  readonly used: number;
}

/** The rules of the limits, as simply as they can be written. */
export class LimitsModel {
  readonly #records = new Map<string, ModelRecord>();
  readonly #countedBytes: (sizes: RecordSizes) => number;
  #limits: Limits;
  #uses = 0;

  constructor(limits: Limits, countedBytes = entryBytes) {
    this.#limits = limits;
    this.#countedBytes = countedBytes;
  }

  get names(): string[] {
    return [...this.#records.keys()].sort();
  }

  get bytes(): number {
    return [...this.#records.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  find(key: string, variant: string): ModelRecord | undefined {
    return this.#records.get(nameOf(key, variant));
  }

  limitTo(limits: Limits): void {
    this.#limits = limits;
  }

  /** @returns what the backend must answer */
  put(key: string, variant: string, head: number, body: number): boolean {
    const name = nameOf(key, variant);
    const sizes = { key, variant, resource: RESOURCE, head, body };
    const bytes = this.#countedBytes(sizes);
    this.#records.delete(name);
    if (entryBytes(sizes) > this.#limits.maxEntryBytes || bytes > this.#limits.maxBytes) return false;
    this.#records.set(name, { name, key, head, body, bytes, used: ++this.#uses });
    return true;
  }

  use(names: readonly string[]): void {
    const used = ++this.#uses;
    for (const name of names) {
      const record = this.#records.get(name);
      if (record !== undefined) this.#records.set(name, { ...record, used });
    }
  }

  variantsOf(key: string): string[] {
    return [...this.#records.values()].filter((one) => one.key === key).map(({ name }) => name);
  }

  delete(key: string, variant: string): number {
    return this.#records.delete(nameOf(key, variant)) ? 1 : 0;
  }

  clear(): void {
    this.#records.clear();
  }

  /**
   * Compares with what the store holds, and takes over which of those used together it has dropped.
   * @throws when it holds more than it may, dropped more than it had to, or dropped what was used later
   */
  settle(present: readonly string[]): void {
    const dropped = this.names.filter((name) => !present.includes(name)).map((name) => this.#take(name));
    expect([...present].sort()).toEqual(this.names);
    expect(this.#records.size).toBeLessThanOrEqual(this.#limits.maxEntries);
    expect(this.bytes).toBeLessThanOrEqual(this.#limits.maxBytes);
    if (dropped.length === 0) return;
    const lastUse = Math.max(...dropped.map(({ used }) => used));
    for (const { used } of this.#records.values()) expect(used).toBeGreaterThanOrEqual(lastUse);
    const hadToGo = ({ bytes, used }: ModelRecord): boolean =>
      used === lastUse &&
      (this.bytes + bytes > this.#limits.maxBytes || this.#records.size + 1 > this.#limits.maxEntries);
    expect(dropped.some(hadToGo)).toBe(true);
  }

  #take(name: string): ModelRecord {
    const record = this.#records.get(name) as ModelRecord;
    this.#records.delete(name);
    return record;
  }
}

function nameOf(key: string, variant: string): string {
  return JSON.stringify([key, variant]);
}

const { resource: RESOURCE } = aRecord();

/** At least one limit for all records together: a handle without one may not note what is used. */
const limitsUpTo = (mostBytes: number): fc.Arbitrary<Limits> =>
  fc
    .record({
      maxBytes: fc.oneof(fc.integer({ min: 60, max: mostBytes }), fc.constant(Infinity)),
      maxEntries: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(Infinity)),
      maxEntryBytes: fc.integer({ min: 20, max: 90 }),
    })
    .filter(({ maxBytes, maxEntries }) => maxBytes < Infinity || maxEntries < Infinity)
    .map((limits) => ({ ...limits, maxEntryBytes: Math.min(limits.maxEntryBytes, limits.maxBytes) }));

/**
 * @param reopens whether handles are closed and opened again with other limits, which only makes sense where stores persist
 * @param mostBytes the largest `maxBytes` but Infinity
 */
export function limitActions(
  reopens: boolean,
  mostBytes = 200,
): fc.Arbitrary<{ limits: Limits; actions: LimitAction[] }> {
  const limits = limitsUpTo(mostBytes);
  const key = fc.constantFrom('a', 'b', 'cé', 'd');
  const variant = fc.constantFrom('', '', '', '日');
  const written = { key, variant, bytes: fc.nat(50) };
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), ...written }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('replaceHead' as const), ...written }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('get' as const), key }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom('body' as const, 'delete' as const), key, variant }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('prune' as const, 'scan' as const, 'clear' as const) }),
    },
    ...(reopens
      ? [{ weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), limits }) }]
      : []),
  );
  return fc.record({ limits, actions: fc.array(action, { maxLength: 40, size: 'max' }) });
}

/** What a handle does with its records; the model does the same. */
export async function runActions(
  store: LimitedStore,
  { limits, actions }: { limits: Limits; actions: readonly LimitAction[] },
): Promise<void> {
  const model = new LimitsModel(limits, store.countedBytes);
  let backend = await store.open(limits);
  try {
    for (const action of actions) {
      if (action.kind === 'reopen') {
        await backend.close();
        backend = await store.open(action.limits);
        model.limitTo(action.limits);
      } else {
        await act(backend, model, action);
      }
      const present: string[] = [];
      for await (const { key, variant } of backend.scan()) present.push(nameOf(key, variant));
      model.settle(present);
      expect(await backend.count()).toBe(model.names.length);
    }
  } finally {
    await backend.close();
  }
}

async function act(
  backend: Backend,
  model: LimitsModel,
  action: Exclude<LimitAction, { kind: 'reopen' }>,
): Promise<void> {
  switch (action.kind) {
    case 'put': {
      const record = aRecord({ ...action, body: new Uint8Array(action.bytes), retainUntil: undefined });
      expect(await backend.put(record)).toBe(model.put(action.key, action.variant, 8, action.bytes));
      break;
    }
    case 'replaceHead': {
      const older = model.find(action.key, action.variant);
      const head = new Uint8Array(action.bytes);
      const meta = { ...metaOf(aRecord({ ...action, retainUntil: undefined })), head };
      const expected =
        older !== undefined && model.put(action.key, action.variant, head.byteLength, older.body);
      expect(await backend.replaceHead(meta)).toBe(expected);
      break;
    }
    case 'get': {
      const found = await backend.get(action.key);
      const names = model.variantsOf(action.key);
      expect(found.map(({ variant }) => nameOf(action.key, variant)).sort()).toEqual(names.sort());
      model.use(names);
      break;
    }
    case 'body': {
      const body = await backend.body(action);
      expect(body?.byteLength).toBe(model.find(action.key, action.variant)?.body);
      model.use([nameOf(action.key, action.variant)]);
      break;
    }
    case 'delete':
      expect(await backend.delete(action.key, action.variant)).toBe(model.delete(action.key, action.variant));
      break;
    case 'prune':
      expect(await backend.prune(Number.MAX_SAFE_INTEGER, 10)).toBe(0);
      break;
    case 'clear':
      await backend.clear();
      model.clear();
      break;
    case 'scan':
      break;
  }
}
