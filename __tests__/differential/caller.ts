import { type Random } from './random.js';
import { type MutableConfig, type Surroundings } from './run.js';
import {
  AUTH,
  BODIES,
  ENCODINGS,
  FUNCTION_ADAPTERS,
  HEADERS,
  LIMITS,
  ODD_URLS,
  PARAMS,
  REDIRECTS,
  STATUSES,
  type Trait,
  type Traits,
  TRANSFORMS,
  URLS,
} from './traits.js';

interface Group {
  readonly traits: Traits;
  /** How likely a caller has one of them. */
  readonly probability: number;
  /** Whether another caller with another of them would ask for something else. */
  readonly isIdentity: boolean;
}

/** In the order in which they are applied: what gives the URL comes first, for others add to it. */
const GROUPS: Readonly<Record<string, Group>> = {
  url: { traits: URLS, probability: 0.15, isIdentity: true },
  auth: { traits: AUTH, probability: 0.12, isIdentity: true },
  params: { traits: PARAMS, probability: 0.25, isIdentity: true },
  body: { traits: BODIES, probability: 0.12, isIdentity: true },
  headers: { traits: HEADERS, probability: 0.25, isIdentity: true },
  redirects: { traits: REDIRECTS, probability: 0.06, isIdentity: true },
  statuses: { traits: STATUSES, probability: 0.2, isIdentity: false },
  transforms: { traits: TRANSFORMS, probability: 0.25, isIdentity: false },
  encoding: { traits: ENCODINGS, probability: 0.12, isIdentity: false },
  limits: { traits: LIMITS, probability: 0.25, isIdentity: false },
  function: { traits: FUNCTION_ADAPTERS, probability: 0.08, isIdentity: true },
  odd: { traits: ODD_URLS, probability: 0.05, isIdentity: true },
};

/** Every option there is, with its group. */
export const TRAIT_NAMES: readonly string[] = Object.entries(GROUPS).flatMap(([group, { traits }]) =>
  Object.keys(traits).map((name) => `${group} ${name}`),
);

export const RESPONSE_TYPES = [
  undefined,
  'json',
  'text',
  'arraybuffer',
  'blob',
  'document',
  'formdata',
  'stream',
] as const;
export type AskedType = (typeof RESPONSE_TYPES)[number];

export const ADAPTERS = [undefined, 'http', 'fetch', ['fetch', 'http']] as const;

/** A request as somebody makes it: everything by name, so that a failure can be read. */
export interface Caller {
  readonly method: string;
  readonly responseType: AskedType;
  readonly adapter: string | readonly string[] | undefined;
  readonly traits: readonly (readonly [group: string, name: string])[];
}

export function randomCaller(random: Random, hasHops: boolean): Caller {
  const method = random.pickWeighted([
    ['get', 60],
    ['GET', 3],
    ['head', 7],
    ['post', 14],
    ['put', 3],
    ['patch', 3],
    ['delete', 4],
    ['options', 3],
    ['query', 3],
  ]);
  const hasBody = ['post', 'put', 'patch', 'query'].includes(method);
  const boost = { body: hasBody ? 8 : 0.5, redirects: hasHops ? 9 : 0.3 } as const;
  return {
    method,
    responseType: random.pickWeighted(
      RESPONSE_TYPES.map((type) => [type, type === undefined ? 2.5 : 1] as const),
    ),
    adapter: random.pickWeighted<Caller['adapter']>([
      [undefined, 4],
      ['http', 2],
      ['fetch', 4],
      [['fetch', 'http'], 0.5],
    ]),
    traits: withoutContradiction(
      Object.keys(GROUPS).flatMap((group) =>
        randomTrait(random, group, boost[group as keyof typeof boost] ?? 1),
      ),
    ),
  };
}

/**
 * In the order in which they are applied: some bring an adapter of their own, of which the last counts. A function would answer,
 * and have stored for all cases, what nobody else can ask; what throws beneath the http adapter ends the process;
 * and fetch takes a time-out that is no number for the shortest there is.
 */
function withoutContradiction(traits: Caller['traits']): Caller['traits'] {
  const ordered = Object.keys(GROUPS).flatMap((group) => traits.filter(([own]) => own === group));
  if (!ordered.some(([group]) => group === 'function')) return ordered;
  const beneath = ordered.find(([, name]) => name.endsWith(' beneath'))?.[1];
  return ordered.filter(
    ([group, name]) =>
      group !== 'odd' &&
      !(beneath === 'http beneath' && group === 'statuses' && name === 'throws') &&
      !(beneath === 'fetch beneath' && name === 'time-out that is no number'),
  );
}

/** Without limits that run a race with a connection that ends early. */
export function withoutRace(caller: Caller): Caller {
  const isRace = ([, name]: readonly [string, string]): boolean => /^maxContentLength \d/.test(name);
  return { ...caller, traits: caller.traits.filter((trait) => !isRace(trait)) };
}

/** Somebody else who asks for the same, but wants it otherwise. */
export function otherCaller(random: Random, first: Caller): Caller {
  const other = randomCaller(random, false);
  const isKept = ([group, name]: readonly [string, string]): boolean =>
    GROUPS[group]?.isIdentity === true || name === 'not decompressed';
  return {
    ...other,
    method: first.method,
    adapter: random.chance(0.7) ? first.adapter : other.adapter,
    traits: withoutContradiction([
      ...first.traits.filter(isKept),
      ...other.traits.filter((trait) => !isKept(trait)),
    ]),
  };
}

function randomTrait(random: Random, group: string, boost: number): readonly (readonly [string, string])[] {
  const { traits, probability } = groupOf(group);
  return random.chance(probability * boost) ? [[group, random.pick(Object.keys(traits))]] : [];
}

function groupOf(name: string): Group {
  const group = GROUPS[name];
  if (group === undefined) throw new Error(`There is no group of traits ${name}.`);
  return group;
}

function traitOf(group: string, name: string): Trait {
  const trait = groupOf(group).traits[name];
  if (trait === undefined) throw new Error(`There is no trait ${name} among the ${group}.`);
  return trait;
}

export function hasTrait({ traits }: Caller, group: string, name?: string): boolean {
  return traits.some(([ownGroup, ownName]) => ownGroup === group && (name === undefined || ownName === name));
}

/** The config that this caller gives to axios, new for each run. */
export function configOf(caller: Caller, around: Surroundings): MutableConfig {
  const { method, responseType, adapter } = caller;
  const config: MutableConfig = {
    method,
    url: around.origin + around.path,
    ...(responseType === undefined ? {} : { responseType }),
    ...(adapter === undefined ? {} : { adapter: adapter as never }),
  };
  for (const [group, name] of caller.traits) traitOf(group, name)(config, around);
  return config;
}
