import { SIZES } from '../bodies.mjs';
import { measureCell, named } from '../cells.mjs';
import { floor, plainAxios } from '../subjects/floor.mjs';

const AT_ONCE = 64;

/** 64 requests at once: hits of as many URLs, and misses of one that all of them ask for. Times are for all 64. */
export async function concurrent(bench) {
  await hitsAtOnce(bench);
  await missesAtOnce(bench);
}

async function hitsAtOnce(bench) {
  const bytes = SIZES['1 KB'];
  const urls = Array.from({ length: AT_ONCE }, (_, index) => `${bench.origin.url}/${bytes}/at-once${index}`);
  const subjects = [floor(), ...bench.local(), ...(await bench.networked()), ...(await bench.rivals())];
  const contestants = subjects.map((subject) => ({
    ...named(subject),
    run: () => Promise.all(urls.map((url) => subject.get(url))),
  }));
  const about = { part: 'concurrent', what: `${AT_ONCE} hits at once, 1 KB each`, bytes };
  await measureCell(bench, about, contestants, { full: 0, notModified: 0 });
  for (const { close } of subjects) await close();
}

async function missesAtOnce(bench) {
  const bytes = SIZES['1 KB'];
  const subjects = [plainAxios(), ...bench.local(), ...(await bench.rivals())];
  const contestants = subjects.map((subject) => {
    let number = 0;
    return {
      ...named(subject),
      run: () => {
        const url = `${bench.origin.url}/${bytes}/${subject.id}-at-once${number++}`;
        return Promise.all(Array.from({ length: AT_ONCE }, () => subject.get(url)));
      },
    };
  });
  const about = { part: 'concurrent', what: `${AT_ONCE} misses of one URL at once, 1 KB`, bytes };
  // Who does not wait for the first one asks up to as often as there are requests; that is no mistake, but told.
  const full = Array.from({ length: AT_ONCE }, (_, index) => index + 1);
  await measureCell(bench, about, contestants, { full, notModified: 0 });
  for (const { close } of subjects) await close();
}
