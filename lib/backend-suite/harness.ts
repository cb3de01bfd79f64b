import type { Backend, BackendTraits, MaybePromise } from '../storage/backend.js';

/** One store of the backend under test: empty at first, and nobody else's. */
export interface TestStore {
  /**
   * Opens a handle on this store. Called again only where the traits say `shared` (several handles are open at a time then)
   * or `persistent` (after the one before has been closed), and then the new handle must see what the others have stored.
   */
  open(): MaybePromise<Backend>;
  /** Closes every handle that the case has left open, and deletes the store. Called once, after the case. */
  dispose(): MaybePromise<void>;
  /**
   * Makes the stored data unreadable, so that the backend can neither read nor write until `clear()` has been called:
   * overwrite the file with a text, say. All handles are closed then. Called only where the harness says `damagesStores`.
   */
  damage?(): MaybePromise<void>;
}

/** How a new store is wanted. */
export interface StoreRequest {
  /**
   * A name for the store: file, directory, namespace or prefix. Stores that are there at the same time in one case may be
   * given names of which one begins with the other (`cache`, `cache2`), and share nothing. Other cases, which may run at
   * the same time in other processes, ask for the same names: place them apart, by a directory or prefix of each store's
   * own, in which the name is used.
   */
  readonly name: string;
  /**
   * The largest record that the store takes, in bytes: key, variant, head and body together; a larger one is refused by
   * `put` with false. Given only to a harness with `limitsRecords`; undefined: no limit is wanted.
   */
  readonly maxRecordBytes?: number;
}

/** What the suite needs to know of a backend, and how it gets stores. */
export interface BackendHarness {
  /**
   * What every handle's `traits` must be. They decide which cases apply: `persistent` that records survive close and
   * reopen, `shared` that several handles work on one store.
   */
  readonly traits: BackendTraits;
  /** Whether `createStore` understands `maxRecordBytes`; with false the cases about limits are left out. */
  readonly limitsRecords: boolean;
  /** Whether its stores have `damage`; with false the cases about damaged stores are left out. */
  readonly damagesStores: boolean;
  /**
   * Whether every handle has `deleteTag`, and so can find records by tags; with false none has, and the cases about tags are left
   * out. Absent: they are left out, too, and nothing is said of `deleteTag`.
   */
  readonly indexesTags?: boolean;
  /** Makes a store that is empty. Nothing needs to be opened yet. Each case asks for one or more, and disposes of them. */
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
  readonly check: (context: CaseContext) => MaybePromise<void>;
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
