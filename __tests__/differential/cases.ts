import { type Caller, hasTrait, otherCaller, randomCaller, withoutRace } from './caller.js';
import { Random } from './random.js';
import { hasZstd, randomResource, type Resource, withLargeBody } from './resource.js';

/** The caches through which cases go. */
export const SESSIONS = ['memory', 'sqlite', 'rfc9111'] as const;
export type SessionName = (typeof SESSIONS)[number];

/** What is sent to what, and what else is tried with it. */
export interface Case {
  readonly name: string;
  readonly seed: number;
  readonly resource: Resource;
  /** The first asks, and asks again; the others come later. */
  readonly callers: readonly Caller[];
  readonly session: SessionName;
  /** Whether `response.config` is sent again. */
  readonly isSentAgain: boolean;
  /** How the first caller gives up while the origin is silent. */
  readonly givesUp: 'never' | 'by signal' | 'by timeout';
}

const MAX_AGE = ['Cache-Control', 'max-age=3600'] as const;

/** The case of a seed: always the same. */
export function randomCase(seed: number): Case {
  const random = new Random(seed);
  const session = random.pick(SESSIONS);
  const givesUp = random.pickWeighted<Case['givesUp']>([
    ['never', 96],
    ['by signal', 2.5],
    ['by timeout', 1.5],
  ]);
  const resource = resourceOf(random, session, givesUp);
  const first = randomCaller(random, resource.hops.length > 0);
  const others = Array.from({ length: random.below(3) }, () => otherCaller(random, first));
  const callers = givesUp === 'never' ? [first, ...others] : [first];
  return {
    name: `case-${seed}`,
    seed,
    resource,
    callers: resource.fault === 'none' ? callers : callers.map(withoutRace),
    session,
    isSentAgain:
      random.chance(0.25) &&
      givesUp === 'never' &&
      !SENT_ONCE_BODIES.some((body) => hasTrait(first, 'body', body)),
    givesUp,
  };
}

/** Bodies of 20 MB, one for each of the usual ways. */
export function largeCases(): readonly Case[] {
  const ways = [
    { adapter: undefined, responseType: 'arraybuffer', coding: 'identity', framing: 'length' },
    { adapter: undefined, responseType: undefined, coding: 'gzip', framing: 'chunked' },
    { adapter: 'http', responseType: 'stream', coding: hasZstd ? 'zstd' : 'br', framing: 'chunked' },
    { adapter: 'fetch', responseType: 'arraybuffer', coding: 'deflate', framing: 'length' },
    { adapter: 'fetch', responseType: 'blob', coding: 'identity', framing: 'chunked' },
    { adapter: 'fetch', responseType: 'stream', coding: 'identity', framing: 'length' },
  ] as const;
  return ways.map(({ adapter, responseType, coding, framing }, index) => {
    const random = new Random(index);
    const resource = withLargeBody({ ...randomResource(random), coding, framing }, random);
    const caller: Caller = { method: 'get', adapter, responseType, traits: [] };
    const session = SESSIONS[index % 2] ?? 'memory';
    return {
      name: `large-${index}`,
      seed: index,
      resource,
      callers: [caller],
      session,
      isSentAgain: false,
      givesUp: 'never',
    };
  });
}

function resourceOf(random: Random, session: SessionName, givesUp: Case['givesUp']): Resource {
  const resource = withAnEnd(randomResource(random));
  const lines = session === 'rfc9111' ? [MAX_AGE, ...resource.lines] : resource.lines;
  if (givesUp === 'never') return { ...resource, lines };
  // Two clocks of axios run a race when a part of the answer is there.
  if (givesUp === 'by timeout') return { ...resource, lines, fault: 'silent', hops: [] };
  return { ...resource, lines, fault: random.pick(['silent', 'stalled']) };
}

/** Node's own `fetch` waits for ever where something that is no gzip ends with the connection; and there is one fault at a time. */
function withAnEnd(resource: Resource): Resource {
  if (resource.fault !== 'none' && /gzip/.test(resource.coding)) return { ...resource, coding: 'gzip' };
  const isEndless = resource.coding === 'broken gzip' && resource.framing === 'until close';
  return isEndless ? { ...resource, framing: 'chunked' } : resource;
}

/** How the callers of a case look in a message. */
export function toText({ session, resource, callers, givesUp }: Case): string {
  const { body, lines, hops, ...others } = resource;
  return [
    `session ${session}, gives up ${givesUp}, body of ${body.length} bytes, ${JSON.stringify({ ...others, lines, hops })}`,
    ...callers.map((caller) => JSON.stringify(caller)),
  ].join('\n  ');
}

/** Answers to these methods and statuses are stored by the sessions. */
export const STORED_METHODS = ['GET', 'HEAD', 'POST', 'QUERY', 'OPTIONS'];
const NEVER_STORED_STATUSES = [304];
/** Those of RFC 6585, with `cacheControl`. */
const NEVER_STORED_BY_RFC = [428, 429, 431, 511];

/** Bodies that can be read only once have no key. */
const UNKEYABLE_BODIES = ['stream'];
/**
 * Plain axios waits for ever when a form of the npm package is sent a second time, and sends a wrong length when a transform
 * makes more of the body each time.
 */
const SENT_ONCE_BODIES = [
  ...UNKEYABLE_BODIES,
  'form-data package',
  'as form',
  'form serializer',
  'transformed request',
];
/** Requests that fail, or are no requests, before anything could be stored. */
const FUTILE: readonly (readonly [group: string, name?: string])[] = [
  ['odd'],
  ['params', 'serializer throws'],
  ['body', 'transform throws'],
  ['function', 'rejects'],
  ['function', 'rejects with text'],
  ['function', 'throws'],
  ['limits', 'time-out that is no number'],
  ['limits', 'aborted before'],
  ['limits', 'cancelled before'],
];

/** Whether what the first caller gets must be stored, and its next request a hit. */
export function mustBeStored({ resource, callers, session, givesUp }: Case): boolean {
  const [first] = callers;
  if (first === undefined || givesUp !== 'never') return false;
  const method = first.method.toUpperCase();
  const methods = session === 'rfc9111' ? ['GET', 'HEAD', 'QUERY'] : STORED_METHODS;
  return (
    methods.includes(method) &&
    !NEVER_STORED_STATUSES.includes(resource.status) &&
    !(session === 'rfc9111' && NEVER_STORED_BY_RFC.includes(resource.status)) &&
    resource.fault === 'none' &&
    !(hasTrait(first, 'function', 'answers simply') && hasTrait(first, 'statuses')) &&
    // These answer without a lifetime.
    !(
      session === 'rfc9111' &&
      first.traits.some(([group, name]) => group === 'function' && /^answers/.test(name))
    ) &&
    !UNKEYABLE_BODIES.some((name) => hasTrait(first, 'body', name)) &&
    !FUTILE.some(([group, name]) => hasTrait(first, group, name))
  );
}
