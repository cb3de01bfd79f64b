import { SIZES } from '../bodies.mjs';
import { asking, measureCell } from '../cells.mjs';
import { floor } from '../subjects/floor.mjs';

const NOTHING = { full: 0, notModified: 0 };

/** What is stored is asked for again, as JSON, by one after the other. */
export async function hits(bench) {
  const subjects = [floor(), ...(await bench.everybody())];
  for (const [size, bytes] of Object.entries(SIZES)) {
    const contestants = subjects.map((subject) => asking(subject, `${bench.origin.url}/${bytes}/hit`));
    await measureCell(bench, { part: 'hits', what: size, bytes }, contestants, NOTHING);
  }
  for (const { close } of subjects) await close();
}

/** The same as text, as bytes, and as a stream that is read to its end. */
export async function kinds(bench) {
  const subjects = [floor(), ...bench.local(), ...(await bench.rivals())];
  const bytes = SIZES['32 KB'];
  for (const kind of ['json', 'text', 'arraybuffer', 'stream']) {
    const url = `${bench.origin.url}/${bytes}/${kind}`;
    const contestants = subjects.map((subject) => asking(subject, url, kind));
    await measureCell(bench, { part: 'kinds', what: `32 KB as ${kind}`, bytes }, contestants, NOTHING);
  }
  for (const { close } of subjects) await close();
}
