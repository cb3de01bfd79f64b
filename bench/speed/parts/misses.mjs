import { SIZES } from '../bodies.mjs';
import { asking, measureCell } from '../cells.mjs';
import { plainAxios } from '../subjects/floor.mjs';

/** Each time what was never asked for: it comes from the origin, and is stored. */
export async function misses(bench) {
  const subjects = [plainAxios(), ...(await bench.everybody())];
  for (const [size, bytes] of Object.entries(SIZES)) {
    const url = `${bench.origin.url}/${bytes}/{n}`;
    const contestants = subjects.map((subject) => asking(subject, url));
    await measureCell(bench, { part: 'misses', what: size, bytes }, contestants, { full: 1, notModified: 0 });
  }
  for (const { close } of subjects) await close();
}

/** What is stored is stale and has an ETag: the origin is asked each time, and says 304. Without a cache it sends all. */
export async function revalidations(bench) {
  const subjects = [plainAxios(), ...bench.local({ cacheControl: true }), ...(await bench.rivals())];
  for (const size of ['1 KB', '32 KB', '512 KB']) {
    const bytes = SIZES[size];
    const url = `${bench.origin.url}/${bytes}/stale/same`;
    const contestants = subjects.map((subject) => asking(subject, url));
    const about = { part: 'revalidations', what: size, bytes };
    await measureCell(bench, about, contestants, { full: 0, notModified: 1 });
  }
  for (const { close } of subjects) await close();
}
