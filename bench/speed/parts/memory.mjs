import { inProcess } from './in-process.mjs';

/** What a process holds when many entries of 1 KB are stored, each in a process of its own. */
export async function memory(bench) {
  const ids = ['memory', 'sqlite', ...(bench.hasRivals ? ['interceptor'] : [])];
  console.log(`  bytes of ${bench.entries.toLocaleString('en')} entries of 1 KB, without garbage`);
  // At the same time: nothing is timed.
  const all = await Promise.all(
    ids.map((id) => inProcess(['--expose-gc', 'memory-process.mjs', id, String(bench.entries)])),
  );
  for (const found of all) {
    bench.memory.push({ ...found, entries: bench.entries });
    const each = (bytes) => `${Math.round(bytes / bench.entries)}`.padStart(6);
    const stored = found.stored === undefined ? '' : `; stored: ${each(found.stored)} each`;
    const rss = `resident set ${(found.rss / 2 ** 20).toFixed(0)} MiB`;
    console.log(`    ${found.name.padEnd(44)} ${each(found.inUse)} each${stored}; ${rss}`);
  }
}
