import type { Layout, ListedEnvelope } from './layouts.js';
import { SeenIds } from './seen-ids.js';

/** Ids that are remembered at a time where nothing else is wanted. About 8 MB. */
export const REMEMBERED_IDS = 250_000;

/**
 * Pages of all envelopes, each once, while Redis may list a key several times. Ids are remembered for a part of them at a time,
 * so that memory is bounded, however many there are.
 */
export async function* listOnce(
  layout: Layout,
  rememberedIds: number,
): AsyncGenerator<readonly ListedEnvelope[], void, undefined> {
  const seen = new SeenIds();
  let from = 0;
  const estimate = await layout.estimate();
  let width = estimate > rememberedIds ? rememberedIds / estimate : 1;
  for (;;) {
    const to = from + width;
    let listed = 0;
    const isNew = (id: string): boolean => {
      listed += 1;
      return seen.addWithin(from, to, id);
    };
    yield* layout.list(isNew);
    if (to >= 1) return;
    // What the server has may be mostly that of others, and index: how many ids there are is known only now.
    const parts = Math.max(1, Math.ceil(((1 - to) * listed) / rememberedIds));
    from = to;
    width = parts === 1 ? 1 : (1 - to) / parts;
    seen.clear();
  }
}
