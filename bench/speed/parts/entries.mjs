import { SIZES } from '../bodies.mjs';
import { measureCell, named } from '../cells.mjs';
import { ours } from '../subjects/ours.mjs';
import { interceptorUncloned } from '../subjects/rivals.mjs';

const FEW = 100;

/**
 * Hits among few entries and among many, all of 1 KB, asked for in an order of chance. They are stored by misses that are
 * answered in the process: those of an origin would take minutes, and store the same.
 */
export async function entries(bench) {
  const bytes = SIZES['1 KB'];
  const makers = [(how) => ours('memory', {}, how), (how) => ours('sqlite', {}, how)];
  if (bench.hasRivals) makers.push(interceptorUncloned);
  for (const make of makers) {
    const contestants = [];
    for (const count of [FEW, bench.entries]) {
      const subject = await make({ isAnswered: true });
      const urlOf = (index) => `${bench.origin.url}/${bytes}/among${index}`;
      for (let index = 0; index < count; index++) await subject.get(urlOf(index));
      const next = indexes(count);
      const among = `among ${count.toLocaleString('en')}`;
      contestants.push({
        ...named(subject),
        id: `${subject.id}-${count === FEW ? 'few' : 'many'}`,
        name: `${subject.name}, ${among}`,
        run: () => subject.get(urlOf(next())),
      });
    }
    const [{ subject }] = contestants;
    const about = { part: 'entries', what: subject.name, bytes };
    await measureCell(bench, about, contestants, { full: 0, notModified: 0 });
    for (const { subject: each } of contestants) await each.close();
  }
}

/** A generator of indexes below `count`: the same series in each run. */
function indexes(count) {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}
