import type { FilesystemOptions } from '../../storage/options/filesystem.js';
import { UncountedChanges } from './changes.js';
import { FileLocks } from './file-locks.js';
import type { RecordFormat } from './format.js';
import type { Layout } from './layout.js';
import { LimitedChanges } from './limits.js';
import { Markers } from './markers.js';
import { RecordFiles } from './record-files.js';
import { FileStore } from './store.js';

/** What a backend works with once its directory is there. */
export interface OpenedStore {
  readonly layout: Layout;
  readonly store: FileStore;
  readonly locks: FileLocks;
  /** Absent where there are none for all records together. */
  readonly limits: LimitedChanges | undefined;
  /** Settles when what was over the limits is gone; never rejects. */
  readonly keeping: Promise<void> | undefined;
}

export function makeStore(
  layout: Layout,
  format: RecordFormat,
  options: FilesystemOptions & { readonly maxEntryBytes: number },
  onEvicted: (count: number) => void,
): OpenedStore {
  const { maxBytes = Infinity, maxEntries = Infinity, maxEntryBytes, fastSave = false } = options;
  const locks = new FileLocks(layout.locks, () => layout.newTemporary());
  const limits =
    maxBytes === Infinity && maxEntries === Infinity
      ? undefined
      : new LimitedChanges(layout, locks, { maxBytes, maxEntries }, (slot) => {
          const evicted = store.evict(slot);
          const tell = (isGone: boolean): void => onEvicted(isGone ? 1 : 0);
          return evicted instanceof Promise ? evicted.then(tell) : tell(evicted);
        });
  const store: FileStore = new FileStore({
    layout,
    files: new RecordFiles(format, !fastSave),
    locks,
    markers: new Markers(layout),
    changes: limits ?? new UncountedChanges(layout.usageLog),
    maxEntryBytes,
    maxBytes,
  });
  // When it fails, since the disk is full, say, then the next who stores keeps them.
  const keeping = limits?.keep().catch(() => undefined);
  return { layout, store, locks, limits, keeping };
}
