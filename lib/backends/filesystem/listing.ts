import { lstatSync } from 'node:fs';
import { namesOf, unlessAbsent } from './files.js';
import type { Layout, Slot } from './layout.js';
import { Pace } from './pace.js';

/** A file that has the name of a record, and how large it is. */
export interface SizedFile {
  readonly slot: Slot;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

/** Where there are files of records. Those that stay are met exactly once. Lets others run now and then. */
export async function* listSlots(layout: Layout): AsyncGenerator<Slot, void, undefined> {
  const pace = new Pace();
  for (const shelf of namesOf(layout.root)) {
    if (!layout.isShelf(shelf)) continue;
    for (const name of namesOf(layout.shelf(shelf))) {
      await pace.rest();
      const keyHash = layout.hashInName(name);
      if (keyHash !== undefined) yield { keyHash, variantHash: '' };
      const keyWithVariants = layout.hashInDirectoryName(name);
      if (keyWithVariants === undefined) continue;
      for (const file of namesOf(layout.variantsDirectory(keyWithVariants))) {
        const variantHash = layout.hashInName(file);
        if (variantHash !== undefined) yield { keyHash: keyWithVariants, variantHash };
      }
    }
    await pace.rest();
  }
}

export async function* listSizes(layout: Layout): AsyncGenerator<SizedFile, void, undefined> {
  for await (const slot of listSlots(layout)) {
    const found = sizeOf(layout, slot);
    if (found !== undefined) yield found;
  }
}

/** @returns undefined where there is no file any more */
export function sizeOf(layout: Layout, slot: Slot): SizedFile | undefined {
  const found = unlessAbsent(() => lstatSync(layout.file(slot)));
  return found && { slot, bytes: found.size, changedAt: found.mtimeMs };
}
