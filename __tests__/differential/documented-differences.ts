import { type Caller, hasTrait } from './caller.js';
import { type Resource } from './resource.js';

/** Who asks, and who asked earlier for the same. */
export interface Context {
  readonly caller: Caller;
  readonly earlier: readonly Caller[];
  readonly resource: Resource;
}

/** A difference between plain axios and a wrapped instance that is meant, and told to users. */
export interface DocumentedDifference {
  readonly name: string;
  /** `hit`: only where nothing was asked of the origin. */
  readonly when: 'hit' | 'always';
  /** Of the member in the observation. */
  readonly path: RegExp;
  /** Whether these two values are what is documented; undefined: there is no such member. */
  readonly holds: (plain: string | undefined, cached: string | undefined) => boolean;
  /** Whether it has to do with what the caller asked for; undefined: always. */
  readonly concerns?: (context: Context) => boolean;
  readonly reason: string;
}

/** Whether the answer may have come through an adapter that shows other things. */
export function isOfOtherAdapter({ caller, earlier }: Context): boolean {
  return !hasTrait(caller, 'function') && earlier.some((other) => isWeb(other) !== isWeb(caller));
}

/** Two options choose an adapter of their own. */
function isWeb(caller: Caller): boolean {
  if (hasTrait(caller, 'limits', 'time-out that is no number')) return false;
  return hasTrait(caller, 'statuses', 'throws') || [caller.adapter].flat()[0] === 'fetch';
}

/** Fields that a hit may lack, or have in addition. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding'];
const OF_HITS = [...OF_THE_CONNECTION, 'set-cookie', 'age'];

const isGone = (plain: string | undefined, cached: string | undefined): boolean =>
  plain !== undefined && cached === undefined;
const isAdded = (plain: string | undefined, cached: string | undefined): boolean =>
  plain === undefined && cached !== undefined;

/** Whether two texts lead to the same place, without what is not sent there in the URL. */
function isSameUrl(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => {
    const url = new URL(text);
    url.username = url.password = url.hash = '';
    return url.href;
  });
  return first === second;
}

function without(text: string | undefined, separator: string, isLeftOut: (part: string) => boolean): string {
  return (text ?? '')
    .split(separator)
    .filter((part) => part !== '' && !isLeftOut(part))
    .join(separator);
}

/**
 * The only differences that there may be, each with its reason. What is not listed is a defect, here or of the library.
 */
export const DOCUMENTED: readonly DocumentedDifference[] = [
  {
    name: 'response.cache',
    when: 'always',
    path: /^(response|error\.response)\.members$/,
    holds: (plain, cached) => plain === without(cached, ' ', (name) => name === 'cache'),
    reason: 'Every response says what the cache did.',
  },
  {
    name: 'fields of the connection',
    when: 'hit',
    path: new RegExp(`headers\\.fields\\.(${OF_THE_CONNECTION.join('|')})$`, 'i'),
    holds: isGone,
    reason: 'They are about a connection that a hit does not have (RFC 9111 section 3.1; README, Limits).',
  },
  {
    name: 'Set-Cookie',
    when: 'hit',
    path: /headers\.fields\.set-cookie(\.|$)/i,
    holds: isGone,
    reason: 'It would hand one session out again and again; `replayCookies` keeps it (README, Limits).',
  },
  {
    name: 'Age',
    when: 'hit',
    path: /headers\.fields\.age$/i,
    holds: isAdded,
    reason: 'With `cacheControl`, a response from a cache tells its age (RFC 9111 section 5.1).',
  },
  {
    name: 'the order of fields',
    when: 'hit',
    path: /headers\.order$/,
    holds: (plain, cached) => {
      const isOfHits = (name: string): boolean => OF_HITS.includes(name.toLowerCase());
      return without(plain, ' ', isOfHits) === without(cached, ' ', isOfHits);
    },
    reason: 'It lists the names above, too.',
  },
  {
    name: 'no request',
    when: 'hit',
    path: /^received\./,
    holds: isGone,
    reason: 'A hit asks nobody.',
  },
  {
    name: 'no redirects',
    when: 'hit',
    path: /^log$/,
    holds: (plain, cached) =>
      without(plain, '\n', (line) => line.startsWith('beforeRedirect(')) === (cached ?? ''),
    reason: 'No redirect is followed on a hit, so `beforeRedirect` has nothing to decide.',
  },
  {
    name: 'no upload',
    when: 'hit',
    path: /^upload(\.|$)/,
    holds: (_plain, cached) => cached === 'none' || cached === undefined,
    reason: 'Nothing is uploaded on a hit.',
  },
  {
    name: 'the class of the request',
    when: 'hit',
    path: /(^|\.)request\.class$/,
    holds: (_plain, cached) => cached === 'Object',
    reason: 'There is no request of Node or of the web; a small object stands in for it (README, Limits).',
  },
  {
    name: 'the spelling of the final URL',
    when: 'hit',
    path: /(^|\.)request\.(finalUrl|responseURL)$/,
    holds: (plain, cached) => plain !== undefined && cached !== undefined && isSameUrl(plain, cached),
    reason: 'User, password and fragment are not kept with a stored response.',
  },
  {
    name: 'the redirects that another adapter saw',
    when: 'hit',
    path: /(^|\.)request\.(finalUrl|responseURL|path|host|method)$/,
    holds: (plain, cached) => plain !== undefined && cached !== undefined,
    concerns: isOfOtherAdapter,
    reason:
      'fetch does not show redirects, so a hit knows more, or less, than the adapter that asks (README, Limits).',
  },
  {
    name: 'members of the request',
    when: 'hit',
    path: /(^|\.)request(\.\w+)?$/,
    holds: (plain, cached) => isAdded(plain, cached) || (plain === 'undefined' && cached === undefined),
    reason: 'The stand-in shows what programs read of the requests of all adapters (README, Limits).',
  },
];
