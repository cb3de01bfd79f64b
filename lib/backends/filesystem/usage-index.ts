import { type Slot, slotName, slotNamed } from './layout.js';
import type { Usage } from './usage-log.js';

/** The size of each file, in the order of their last use. */
export class UsageIndex {
  /** By the names of slots; the one that was used last comes last. */
  readonly #bytes = new Map<string, number>();
  #total = 0;

  get entries(): number {
    return this.#bytes.size;
  }

  get bytes(): number {
    return this.#total;
  }

  /** The least recently used, except one. */
  oldest(except: Slot | undefined): Slot | undefined {
    const kept = except && slotName(except);
    for (const name of this.#bytes.keys()) if (name !== kept) return slotNamed(name);
    return undefined;
  }

  bytesOf(slot: Slot): number | undefined {
    return this.#bytes.get(slotName(slot));
  }

  apply(usage: Usage): void {
    const name = slotName(usage.slot);
    const older = this.#bytes.get(name);
    this.#bytes.delete(name);
    const bytes = usage.kind === 'put' ? usage.bytes : usage.kind === 'used' ? older : undefined;
    this.#total += (bytes ?? 0) - (older ?? 0);
    if (bytes !== undefined) this.#bytes.set(name, bytes);
  }
}
