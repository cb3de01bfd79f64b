import { type Case, toText } from './cases.js';
import { type Comparison } from './side-by-side.js';

/** How often something was met. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, this.count(name) + 1);
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Those of a list that were met less often than that. */
  rarerThan(minimum: number, names: readonly string[]): string[] {
    return names.filter((name) => this.count(name) < minimum).map((name) => `${name}: ${this.count(name)}`);
  }
}

/** Counts what a comparison was about, so that nobody takes for tested what was never there. */
export function count(
  tally: Tally,
  { resource, session }: Case,
  { step, caller, isHit, plain, documented }: Comparison,
): void {
  const { outcome } = plain.tree as { readonly outcome: string };
  const adapter = [caller.adapter].flat()[0] ?? 'default';
  const kind = isHit ? 'hit' : 'miss';
  for (const name of [
    'requests',
    kind,
    `${kind} ${outcome}`,
    `${kind} ${step}`,
    `${kind} ${session}`,
    `${kind} ${adapter}`,
    `${kind} ${caller.method.toUpperCase()}`,
    `${kind} type ${caller.responseType ?? 'none'}`,
    `${kind} type ${caller.responseType ?? 'none'} ${adapter}`,
    `${kind} coding ${resource.coding}`,
    `${kind} framing ${resource.framing}`,
    `${kind} body ${resource.kind}`,
    `${kind} status ${Math.floor(resource.status / 100)}xx`,
    `fault ${resource.fault}`,
    ...(resource.hops.length > 0 ? [`${kind} redirected`] : []),
    ...resource.hops.map(({ status, location }) => `hop ${status} ${location}`),
    ...caller.traits.map(([group, trait]) => `trait ${group} ${trait}`),
    ...new Set(documented),
  ]) {
    tally.add(name);
  }
}

/** What nobody has been told of, as text with all that is needed to see it again. */
export function report(one: Case, { step, caller, isHit, undocumented }: Comparison): string {
  const shown = undocumented
    .slice(0, 12)
    .map(
      ({ path, plain, cached }) =>
        `${path}\n      plain:  ${plain ?? '(none)'}\n      cached: ${cached ?? '(none)'}`,
    );
  return [
    `seed ${one.seed}, ${step}${isHit ? ', a hit' : ''}: ${undocumented.length} differences for ${JSON.stringify(caller)}`,
    toText(one),
    ...shown,
  ].join('\n    ');
}
