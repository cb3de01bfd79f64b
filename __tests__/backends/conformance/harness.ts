import { type Backend, type BackendTraits, type MaybePromise } from '../../../lib/storage/backend.js';

/** One store of the backend under test: empty at first, and nobody else's. */
export interface TestStore {
  /**
   * Opens a handle on this store. Called a second time only where the traits say `shared`, or `persistent` and the
   * first handle has been closed. Handles are closed by {@link TestStore.dispose}, when the case did not do it.
   */
  open(): MaybePromise<Backend>;
  /** Closes what is open and deletes the store. */
  dispose(): MaybePromise<void>;
  /** Makes the stored data unreadable, where that can be done; all handles are closed then. */
  damage?(): MaybePromise<void>;
}

/** How a new store is wanted. */
export interface StoreRequest {
  /** A name for the store: file, directory, namespace or prefix. Two stores of one harness differ at least in it. */
  readonly name: string;
  /** The largest record (key, variant, head and body) in bytes; given only to a harness with `limitsRecords`. */
  readonly maxRecordBytes?: number;
}

/** What the suite needs to know of a backend. */
export interface BackendHarness {
  readonly traits: BackendTraits;
  /** Whether `createStore` understands `maxRecordBytes`. */
  readonly limitsRecords: boolean;
  /** Whether stores can be damaged. */
  readonly damagesStores: boolean;
  createStore(request: StoreRequest): MaybePromise<TestStore>;
}

/** What a case works with. */
export interface CaseContext {
  readonly harness: BackendHarness;
  /** A handle on a store of the case's own. */
  readonly backend: Backend;
  readonly store: TestStore;
  /** Another store; it is disposed of after the case. */
  readonly newStore: (request: StoreRequest) => Promise<TestStore>;
}

/** One sentence of the contract, and the check of it. */
export interface ConformanceCase {
  readonly title: string;
  /** Whether the case says anything about this backend; absent: about all. */
  readonly appliesTo?: (harness: BackendHarness) => boolean;
  /** Throws when the backend breaks the contract. */
  readonly check: (context: CaseContext) => Promise<void>;
}

/** Cases of one topic. */
export interface ConformanceTopic {
  readonly topic: string;
  readonly cases: readonly ConformanceCase[];
}

/** Runs one case against a store of its own. Throws when the backend fails it. */
export async function runCase(harness: BackendHarness, { check }: ConformanceCase): Promise<void> {
  const stores: TestStore[] = [];
  const newStore = async (request: StoreRequest): Promise<TestStore> => {
    const store = await harness.createStore(request);
    stores.push(store);
    return store;
  };
  try {
    const store = await newStore({ name: 'store' });
    await check({ harness, backend: await store.open(), store, newStore });
  } finally {
    for (const store of stores) await store.dispose();
  }
}
