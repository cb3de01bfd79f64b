// One case of a part: its contestants are checked, timed in turns, and shown.
import { inTurns, median, ratioOf } from './timing.mjs';

/** So often it is looked what the origin is asked for. */
const CHECKED = 5;
const SETTLE_MS = 20;
const MESSAGE_LENGTH = 100;

/**
 * What is measured together, so that ratios between any two of it hold.
 * @typedef {object} Cell
 * @property {string} part
 * @property {string} what the case, for people
 * @property {number} bytes of the body
 * @property {readonly import('./timing.mjs').Timed[]} timed the first is the base
 */

/**
 * @typedef {object} Bench
 * @property {{ url: string, counts: () => Promise<{ full: number, notModified: number }> }} origin
 * @property {number} rounds
 * @property {(text: string) => void} note for what is left out, or has to be known
 * @property {Cell[]} cells
 */

/**
 * What a subject does in a case.
 * @param {import('./subjects/axios-subject.mjs').Subject} subject
 * @param {string} url `{n}` in it stands for a number that was not used before
 * @param {import('./subjects/axios-subject.mjs').Kind} [kind]
 * @returns {import('./timing.mjs').Contestant & { subject: object }}
 */
export function asking(subject, url, kind) {
  const { id, get, timeOf } = subject;
  if (timeOf !== undefined) return { ...named(subject), timeOf: (times) => timeOf(times, url) };
  if (!url.includes('{n}')) return { ...named(subject), run: () => get(url, kind) };
  let number = 0;
  return { ...named(subject), run: () => get(url.replace('{n}', `${id}${number++}`), kind) };
}

/** What all contestants have that are made of a subject. */
export function named(subject) {
  const { id, name, note, isShared } = subject;
  return { id, name, note, isShared, subject };
}

/**
 * Times what is what it is said to be, and leaves out, with a note, what is not: a hit that asks the origin is none.
 * @param {Bench} bench
 * @param {{ part: string, what: string, bytes: number }} about
 * @param {readonly (import('./timing.mjs').Contestant & { subject: object })[]} contestants the first is the base
 * @param {{ full: number | readonly number[], notModified: number }} asked how often the origin is asked for each time, and
 *   what it says; a list where each of its numbers is right, and is to be told
 */
export async function measureCell(bench, about, contestants, asked) {
  const [base, ...others] = contestants;
  const right = [base];
  const expected = bytesOf(await base.run());
  for (const contestant of others) {
    const { complaint, note } = await check(bench, contestant, { asked, expected });
    if (complaint === undefined) right.push(note === undefined ? contestant : { ...contestant, note });
    else bench.note(`${about.part}, ${about.what}: ${contestant.name} is left out: ${complaint}`);
  }
  const isHit = asked.full === 0 && asked.notModified === 0;
  const forgets = asked.full !== 0;
  const afterRound = async () => {
    // Outside of what is timed: nobody is to pay for how much another has stored before.
    if (forgets) for (const { subject } of right) await subject.clear?.();
  };
  const before = await bench.origin.counts();
  const timed = await inTurns(right, { rounds: bench.rounds, afterRound });
  const after = await bench.origin.counts();
  const more = after.full - before.full + after.notModified - before.notModified;
  if (isHit && more > 0) bench.note(`${about.part}, ${about.what}: ${more} of the requests were no hits`);
  const cell = { ...about, timed };
  bench.cells.push(cell);
  show(cell);
}

async function check({ origin }, contestant, { asked, expected }) {
  try {
    // Stores what is to be found, and lets storage end its work.
    await once(contestant);
    await once(contestant);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before = await origin.counts();
    for (let time = 0; time < CHECKED; time++) {
      const found = await once(contestant);
      if (contestant.run !== undefined && bytesOf(found) !== expected) {
        return { complaint: `it gives ${bytesOf(found)} bytes of ${expected}` };
      }
    }
    const after = await origin.counts();
    const full = (after.full - before.full) / CHECKED;
    const notModified = (after.notModified - before.notModified) / CHECKED;
    const isRight = [asked.full].flat().includes(full) && notModified === asked.notModified;
    if (!isRight)
      return { complaint: `each time the origin gave ${full} whole answers and ${notModified} 304` };
    const failure = contestant.subject.failure?.();
    if (failure !== undefined) return { complaint: `its storage failed: ${failure.message}` };
    return Array.isArray(asked.full) ? { note: `requests to the origin: ${full}` } : {};
  } catch (error) {
    // Some messages hold the text of a whole function.
    return { complaint: String(error).replace(/\s+/g, ' ').slice(0, MESSAGE_LENGTH) };
  }
}

/** How much a body is, whatever its form: a hit that brings nothing is none. */
function bytesOf(body) {
  if (typeof body === 'number') return body;
  return typeof body === 'string' ? body.length : (body.byteLength ?? JSON.stringify(body).length);
}

function once({ run, timeOf }) {
  return run === undefined ? timeOf(1) : run();
}

function show({ what, timed }) {
  const [base] = timed;
  console.log(`  ${what}, compared with: ${base.name}`);
  for (const one of timed) {
    const { ratio, quartiles } = ratioOf(one, base);
    const columns = [
      one.name.padEnd(44),
      micros(median(one.times)).padStart(11),
      ratio.toFixed(3).padStart(9),
      `(${quartiles.map((quartile) => quartile.toFixed(2)).join(' – ')})`.padStart(18),
      one.note ?? '',
    ];
    console.log(`    ${columns.join(' ')}`.trimEnd());
  }
}

function micros(number) {
  return `${number.toFixed(1)} µs`;
}
