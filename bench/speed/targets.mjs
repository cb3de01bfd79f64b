// What this library promises, as ratios within one run.
import { SIZES } from './bodies.mjs';
import { ratioOf } from './timing.mjs';

const MIN_PYTHON_RATIO = 5;
const MOST_IMPORT_MS = 15;
/** Of the bytes that are stored, and for each entry beyond that. */
const MOST_MEMORY = { ratio: 1.35, each: 400 };

/** By the three sizes: 1 KB, 32 KB, 512 KB. */
const MOST = [
  { part: 'hits', of: 'memory', to: 'floor', most: [1.05, 1.03, 1.02] },
  { part: 'hits', of: 'memory', to: 'interceptor-clone', most: [0.95, 0.6, 0.5] },
  { part: 'hits', of: 'sqlite', to: 'floor', most: [1.3, 1.12, 1.08] },
  { part: 'hits', of: 'filesystem', to: 'floor', most: [3, 1.8, 1.3] },
  { part: 'hits', of: 'memory-immutable', to: 'interceptor', most: [1, 1, 1] },
  { part: 'misses', of: 'memory', to: 'plain', most: [1.1, 1.1, 1.1] },
  { part: 'misses', of: 'sqlite', to: 'plain', most: [1.25, 1.25, 1.25] },
];

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {string} target
 * @property {string} measured
 * @property {number | undefined} value
 * @property {boolean | null} isMet null: was not measured
 */

/** @returns {Target[]} of the parts that were measured */
export function judge({ cells, memory, imports, parts }) {
  const found = [];
  for (const { part, of, to, most } of MOST) {
    if (!parts.includes(part)) continue;
    for (const [place, limit] of most.entries()) {
      found.push(ratioTarget(cells, { part, place, of, to }, { limit, isLimitLeast: false }));
    }
  }
  if (parts.includes('hits')) {
    for (const place of [0, 1, 2]) {
      const about = { part: 'hits', place, of: 'requests-cache', to: 'sqlite' };
      found.push(ratioTarget(cells, about, { limit: MIN_PYTHON_RATIO, isLimitLeast: true }));
    }
  }
  return [...found, ...imports.map(importTarget), ...memoryTargets(memory)];
}

function ratioTarget(cells, { part, place, of, to }, { limit, isLimitLeast }) {
  const [size, bytes] = Object.entries(SIZES)[place];
  const timed = cells.find((cell) => cell.part === part && cell.bytes === bytes)?.timed ?? [];
  const [one, base] = [of, to].map((wanted) => timed.find(({ id }) => id === wanted));
  const about = { what: `${part}, ${size}: ${of} ÷ ${to}`, target: `${isLimitLeast ? '≥' : '≤'} ${limit}` };
  if (one === undefined || base === undefined) {
    return { ...about, measured: 'not available', value: undefined, isMet: null };
  }
  const { ratio: value } = ratioOf(one, base);
  return {
    ...about,
    measured: value.toFixed(3),
    value,
    isMet: isLimitLeast ? value >= limit : value <= limit,
  };
}

function importTarget({ kind, addedMs, drivers }) {
  const loaded = drivers.length === 0 ? 'no driver' : drivers.join(', ');
  return {
    what: `import, ${kind}: beyond axios, and drivers`,
    target: `≤ ${MOST_IMPORT_MS} ms, no driver`,
    measured: `${addedMs.toFixed(1)} ms, ${loaded}`,
    value: addedMs,
    isMet: addedMs <= MOST_IMPORT_MS && drivers.length === 0,
  };
}

function memoryTargets(memory) {
  return memory
    .filter(({ id }) => id === 'memory')
    .map(({ inUse, stored, entries }) => {
      const limit = MOST_MEMORY.ratio * stored + MOST_MEMORY.each * entries;
      const each = (bytes) => `${Math.round(bytes / entries)} bytes`;
      return {
        what: `memory, ${entries.toLocaleString('en')} entries of ${each(stored)}: in use for each`,
        target: `≤ ${each(limit)} (${MOST_MEMORY.ratio} × + ${MOST_MEMORY.each})`,
        measured: each(inUse),
        value: inUse / entries,
        isMet: inUse <= limit,
      };
    });
}
