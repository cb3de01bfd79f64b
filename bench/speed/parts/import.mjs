import { median, quantile } from '../timing.mjs';
import { inProcess } from './in-process.mjs';

const LEAST_RUNS = 15;

/** What `import` and `require` of the entry take beyond axios, in fresh processes that take turns; and what they load. */
export async function imports(bench) {
  const runs = Math.max(LEAST_RUNS, bench.rounds);
  console.log(`  medians of ${runs} fresh processes`);
  for (const [kind, script] of [
    ['ESM', 'import-process.mjs'],
    ['CJS', 'import-process.cjs'],
  ]) {
    const times = { axios: [], both: [] };
    for (let run = 0; run < runs; run++) {
      const order = run % 2 === 0 ? ['axios', 'both'] : ['both', 'axios'];
      for (const what of order) times[what].push((await inProcess([script, what])).ms);
    }
    const { drivers } = await inProcess([...(kind === 'ESM' ? hooks() : []), script, 'both']);
    const added = times.both.map((ms, run) => ms - times.axios[run]);
    const found = {
      kind,
      axiosMs: median(times.axios),
      bothMs: median(times.both),
      addedMs: median(times.both) - median(times.axios),
      addedQuartilesMs: [quantile(added, 0.25), quantile(added, 0.75)],
      drivers,
    };
    bench.imports.push(found);
    const ms = (number) => `${number.toFixed(1)} ms`;
    const loaded = drivers.length === 0 ? 'no driver is loaded' : `loads ${drivers.join(', ')}`;
    console.log(
      `    ${kind}: axios ${ms(found.axiosMs)}, with this library ${ms(found.bothMs)}, ${ms(found.addedMs)} more; ${loaded}`,
    );
  }
}

/** Has the loader of modules say what it loads: ES modules are in no cache that one could look into. */
function hooks() {
  return ['--import', './import-hooks.mjs'];
}
