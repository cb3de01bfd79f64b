import { type AxiosInstance } from 'axios';
import { type Case, mustBeStored } from './cases.js';
import { type Caller, configOf } from './caller.js';
import { type Difference, differences, explanationOf } from './compare.js';
import { type Observation, observe } from './observe.js';
import { type MutableConfig, Run } from './run.js';
import { type Context } from './documented-differences.js';
import { type World } from './world.js';

/** One request of a wrapped instance beside the same of plain axios. */
export interface Comparison {
  readonly step: 'first' | 'second' | 'other caller' | 'sent again' | 'sent again by plain axios';
  readonly caller: Caller;
  readonly isHit: boolean;
  readonly plain: Observation;
  readonly cached: Observation;
  /** What nobody has been told of. */
  readonly undocumented: readonly Difference[];
  /** Names of those that are documented. */
  readonly documented: readonly string[];
}

/** Which instance stands for plain axios, and which is compared with it. */
export interface Sides {
  readonly plain: AxiosInstance;
  readonly cached: AxiosInstance;
}

const TIMEOUT_MS = 40;

/** Sends everything that a case says, by both sides. */
export async function sideBySide(
  world: World,
  { plain, cached }: Sides,
  one: Case,
): Promise<readonly Comparison[]> {
  world.origins.serve(one.name, one.resource);
  const comparisons: Comparison[] = [];
  const [first, ...others] = one.callers as readonly [Caller, ...Caller[]];
  const add = (
    step: Comparison['step'],
    caller: Caller,
    ofPlain: Observation,
    ofCached: Observation,
    mustHit = false,
  ): void => {
    const earlier = comparisons.map((comparison) => comparison.caller);
    comparisons.push(compare(step, { caller, earlier, resource: one.resource }, ofPlain, ofCached, mustHit));
  };
  const send = (instance: AxiosInstance, caller: Caller): Promise<Observation> =>
    sendOnce(world, instance, one, caller);
  try {
    const asPlain = await send(plain, first);
    const miss = await send(cached, first);
    add('first', first, asPlain, miss);
    const isStored = isWhole(miss, first) && mustBeStored(one);
    const second = await send(cached, first);
    add('second', first, asPlain, second, isStored);
    for (const other of others) {
      add('other caller', other, await send(plain, other), await send(cached, other));
    }
    if (!one.isSentAgain || asPlain.config === undefined || second.config === undefined) return comparisons;
    const again = await resend(world, plain, one, asPlain, asPlain.config);
    add('sent again', first, again, await resend(world, cached, one, second, second.config));
    add('sent again by plain axios', first, again, await resend(world, plain, one, second, second.config));
    return comparisons;
  } finally {
    world.origins.forget(one.name);
  }
}

async function sendOnce(
  world: World,
  instance: AxiosInstance,
  one: Case,
  caller: Caller,
): Promise<Observation> {
  const run = new Run(world.labels);
  const origin = `http://${world.origins.host(0)}`;
  const path = `/${one.name}/${one.resource.hops.length > 0 ? 'hop0' : 'final'}`;
  const config = configOf(caller, { run, origin, other: `http://${world.origins.host(1)}`, path });
  if (one.givesUp === 'by timeout') config.timeout = TIMEOUT_MS;
  if (one.givesUp === 'by signal') {
    config.signal = run.controller.signal;
    run.whenHeld = () => run.controller.abort();
  }
  const observation = await observe(instance, config, run, world.origins, one.name);
  // Whether the origin has heard of it before the time is up, is a matter of time.
  if (one.givesUp !== 'by timeout') return observation;
  return { ...observation, tree: { ...(observation.tree as object), received: {} } };
}

/** What a caller was shown, sent as it is. */
function resend(
  world: World,
  instance: AxiosInstance,
  one: Case,
  earlier: Observation,
  config: MutableConfig,
): Promise<Observation> {
  return observe(instance, config, new Run(earlier.run.labels), world.origins, one.name);
}

interface Shown {
  readonly data?: { readonly stream?: string; readonly bytes?: string };
}

/** Whether the origin's whole answer came, and was read, whatever the caller thinks of its status. */
function isWhole({ tree }: Observation, { responseType }: Caller): boolean {
  const { outcome, response, error } = tree as {
    readonly outcome?: string;
    readonly response?: Shown;
    readonly error?: { readonly message?: string; readonly response?: Shown };
  };
  const data = (response ?? error?.response)?.data;
  if (responseType === 'stream' && (data?.stream === undefined || data.bytes === undefined)) return false;
  return outcome === 'resolved' || (error?.message ?? '').startsWith('"Request failed with status code');
}

function compare(
  step: Comparison['step'],
  callers: Context,
  plain: Observation,
  cached: Observation,
  mustHit: boolean,
): Comparison {
  // Errors of transforms and of refusals show no response, and so not where it came from.
  const isOfHit = cached.fromCache || plain.asked > 0 || cached.showsStandIn;
  const isHit = step !== 'first' && cached.asked === 0 && isOfHit;
  const undocumented: Difference[] = [];
  const documented: string[] = [];
  for (const difference of differences(plain.tree, cached.tree)) {
    const found = explanationOf(difference, isHit, callers);
    if (found === undefined) undocumented.push(difference);
    else documented.push(found.name);
  }
  if (mustHit && !isHit) undocumented.push({ path: 'isHit', plain: 'true', cached: 'false' });
  return { step, caller: callers.caller, isHit, plain, cached, undocumented, documented };
}
