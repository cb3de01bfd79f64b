import { isPointer } from '../../cache/redirect-pointers.js';
import { findTarget } from '../../cache/redirect-records.js';
import type { StoredResponse } from '../../cache/stored-response.js';
import { decode } from '../../maintenance/record-store.js';
import type { StoredRecord } from '../../storage/backend.js';
import { selected, type WalkListeners } from '../finding.js';
import type { OpenedStore } from '../open-store.js';
import type { Selection } from '../selection.js';
import type { Stop } from '../stop.js';

/** A response with its record; or a record that redirects have left, which leads to one. */
export type Exported =
  | { readonly kind: 'response'; readonly record: StoredRecord; readonly stored: StoredResponse }
  | { readonly kind: 'pointer'; readonly record: StoredRecord };

const NO_BODY = new Uint8Array(0);

/** Whole records: first all responses that are meant, then what leads to them. Records that cannot be read are left out. */
export async function* exportedRecords(
  store: OpenedStore,
  selection: Selection,
  stop: Stop,
  listeners: WalkListeners,
): AsyncGenerator<Exported, void, undefined> {
  const { records } = store;
  for await (const { meta } of selected(store, selection, stop, listeners)) {
    // Head and body together, since either may have been replaced since the scan saw it.
    const record = await records.read(meta);
    const stored = record && decode(record).decoded?.stored;
    if (record === undefined || stored === undefined) listeners.onUnreadable?.(meta);
    else yield { kind: 'response', record, stored };
  }
  for await (const meta of records.pointers()) {
    stop.check();
    const target = await findTarget(records.access, meta);
    // What leads to nothing counts for nothing.
    if (target === undefined || !selection.includes(target.stored)) continue;
    const present = await records.use('get', (backend) => backend.get(meta.key));
    const pointer = present.find((one) => one.variant === meta.variant);
    if (pointer !== undefined && isPointer(pointer))
      yield { kind: 'pointer', record: { ...pointer, body: NO_BODY } };
  }
}
