import { type Described } from './describe.js';
import { type Context, DOCUMENTED, type DocumentedDifference } from './documented-differences.js';
import { OF_THIS_VERSION } from './by-version.js';

export interface Difference {
  readonly path: string;
  readonly plain: string | undefined;
  readonly cached: string | undefined;
}

/** All members that two observations do not have in common, or in which they are not the same. */
export function differences(plain: Described, cached: Described): readonly Difference[] {
  const ofPlain = flat(plain);
  const ofCached = flat(cached);
  return [...new Set([...ofPlain.keys(), ...ofCached.keys()])]
    .map((path) => ({ path, plain: ofPlain.get(path), cached: ofCached.get(path) }))
    .filter((difference) => difference.plain !== difference.cached);
}

/** What explains this difference, undefined: nothing. */
export function explanationOf(
  { path, plain, cached }: Difference,
  isHit: boolean,
  context: Context,
): DocumentedDifference | undefined {
  return [...DOCUMENTED, ...OF_THIS_VERSION].find(
    (known) =>
      (known.when === 'always' || isHit) &&
      known.path.test(path) &&
      known.holds(plain, cached) &&
      (known.concerns?.(context) ?? true),
  );
}

function flat(tree: Described, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof tree === 'string') return into.set(path, tree);
  for (const [name, member] of Object.entries(tree))
    flat(member, path === '' ? name : `${path}.${name}`, into);
  return into;
}
