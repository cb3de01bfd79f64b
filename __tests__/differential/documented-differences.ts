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
export function isWeb(caller: Caller): boolean {
  if (hasTrait(caller, 'limits', 'time-out that is no number')) return false;
  return hasTrait(caller, 'statuses', 'throws') || [caller.adapter].flat()[0] === 'fetch';
}

/** The `responseType` that counts: an option may bring one of its own. */
function askedType(caller: Caller): string | undefined {
  return hasTrait(caller, 'transforms', 'not silent') ? 'json' : caller.responseType;
}

/** Forms whose header fields are made when they are sent. */
export function hasForm(caller: Caller): boolean {
  const forms = ['as form', 'form serializer', 'form data', 'form-data package'];
  return forms.some((name) => hasTrait(caller, 'body', name));
}

/** Whether this caller's adapter fails where the other kind may not. */
function isRefusedByAdapter({ caller, resource }: Context): boolean {
  const isWithoutBody = ['get', 'head'].includes(caller.method.toLowerCase());
  if (isWeb(caller)) return hasTrait(caller, 'body') && (isWithoutBody || resource.hops.length > 0);
  return (
    hasTrait(caller, 'params', 'serializer encode') ||
    ['refused', 'maxRedirects 1', 'maxRedirects 2'].some((name) => hasTrait(caller, 'redirects', name))
  );
}

/** Of members that hang together: whether there is an error, and which. */
export const ANYTHING = /^(outcome|response|error|log|download)(\.|$)/;

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

/** Names of fields without those that hits or one of the adapters may lack. */
function sorted(names: string | undefined): string {
  const isLeftOut = (name: string): boolean => [...OF_HITS, 'content-encoding'].includes(name.toLowerCase());
  return without(names, ' ', isLeftOut).split(' ').sort().join(' ');
}

function isJudged(line: string): boolean {
  return line.startsWith('validateStatus(');
}

/** The lines of a header in any order. */
function lines(header: string | undefined): string {
  return (header ?? '').split('\n').sort().join('\n');
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
    reason:
      'They are about a connection that a hit does not have (RFC 9111 section 3.1; examples/guides/limits.md).',
  },
  {
    name: 'Set-Cookie',
    when: 'hit',
    path: /headers\.fields\.set-cookie(\.|$)/i,
    holds: isGone,
    reason:
      'It would hand one session out again and again; `replayCookies` keeps it (examples/guides/limits.md).',
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
    reason:
      'There is no request of Node or of the web; a small object stands in for it (examples/guides/limits.md).',
  },
  {
    name: 'the spelling of URLs',
    when: 'hit',
    path: /(^|\.)request\.(finalUrl|responseURL|url)$/,
    holds: (plain, cached) => plain !== undefined && cached !== undefined && isSameUrl(plain, cached),
    reason: 'User, password and fragment are not kept with a stored response.',
  },
  {
    name: 'the redirects that another adapter saw',
    when: 'hit',
    path: /(^|\.)request\.(finalUrl|responseURL|path|host|method)$/,
    holds: (plain, cached) => plain !== undefined && cached !== undefined,
    concerns: (context) => isOfOtherAdapter(context) && context.resource.hops.length > 0,
    reason:
      'fetch does not show redirects, so a hit knows more, or less, than the adapter that asks (examples/guides/limits.md).',
  },
  {
    name: 'the order of fields that another adapter shows',
    when: 'hit',
    path: /headers\.order$/,
    holds: (plain, cached) => sorted(plain) === sorted(cached),
    concerns: isOfOtherAdapter,
    reason:
      'Stored fields are in the order in which they came; those of fetch are in alphabetical order (examples/guides/limits.md).',
  },
  {
    name: 'Content-Encoding, which another adapter does not show',
    when: 'hit',
    path: /headers\.fields\.content-encoding$/,
    holds: isGone,
    concerns: (context) => isOfOtherAdapter(context) && isWeb(context.caller),
    reason: 'The http adapter takes it away where it decodes, fetch leaves it (examples/guides/limits.md).',
  },
  {
    name: 'what another adapter would not have sent',
    when: 'always',
    path: ANYTHING,
    holds: () => true,
    concerns: (context) => isOfOtherAdapter(context) && isRefusedByAdapter(context),
    reason:
      'fetch sends no body with GET, nor a second time; the http adapter follows only so many redirects, and sends no spaces: hits send nothing (examples/guides/limits.md).',
  },
  {
    name: 'the progress of a compressed body of unknown length',
    when: 'hit',
    path: /^download\.(loaded|sumOfBytes)$/,
    holds: (plain, cached) => plain !== undefined && cached !== undefined,
    concerns: ({ caller, resource }) =>
      !isWeb(caller) && resource.coding !== 'identity' && resource.framing !== 'length',
    reason:
      'How many bytes came over the wire is not stored, so the decoded ones are told (examples/guides/limits.md).',
  },
  {
    name: 'the header fields of a form',
    when: 'hit',
    path: /(^|\.)config\.headers\.Content-(Type|Length)$/,
    holds: (plain, cached) => /boundary=/.test(plain ?? '') || isGone(plain, cached),
    concerns: ({ caller }) => hasForm(caller),
    reason:
      'A boundary and the length are made by the adapter when it sends a form (examples/guides/limits.md).',
  },
  {
    name: 'the length of a form',
    when: 'hit',
    path: ANYTHING,
    holds: () => true,
    concerns: ({ caller }) => hasForm(caller) && hasTrait(caller, 'limits', 'maxBodyLength 3'),
    reason: 'How long a form would be is not known before it is sent (examples/guides/limits.md).',
  },
  {
    name: 'a function that gives bytes',
    when: 'always',
    path: ANYTHING,
    holds: () => true,
    concerns: ({ caller }) =>
      hasTrait(caller, 'function', 'answers bytes') &&
      (askedType(caller) !== 'arraybuffer' || hasTrait(caller, 'limits')),
    reason:
      'It is asked for bytes, and taken for an adapter like that of axios, which gives something else where that is asked for (examples/guides/limits.md).',
  },
  {
    name: 'a function that does not judge',
    when: 'always',
    path: ANYTHING,
    holds: () => true,
    concerns: ({ caller }) =>
      hasTrait(caller, 'function', 'answers simply') &&
      ['none but 404', 'noted', 'throws'].some((name) => hasTrait(caller, 'statuses', name)),
    reason:
      'Hits are judged by `validateStatus`, whether or not a function would have asked it (examples/guides/limits.md).',
  },
  {
    name: 'a function that gives a plain object of header fields',
    when: 'hit',
    path: /(^|\.)response\.headers\.(class|isOfThisCopy|order|fields\.X-Changed)$/,
    holds: (_plain, cached) => /^(AxiosHeaders|true|.*X-Changed|"by transform")$/.test(cached ?? ''),
    concerns: ({ caller }) => hasTrait(caller, 'function', 'answers simply'),
    reason:
      'On hits they are AxiosHeaders, in which what a transform changes stays changed (examples/guides/limits.md).',
  },
  {
    name: 'a status that is judged twice',
    when: 'always',
    path: /^log$/,
    holds: (plain, cached) => without(cached, '\n', isJudged) === without(plain, '\n', isJudged),
    concerns: ({ caller }) => hasTrait(caller, 'function') && hasTrait(caller, 'statuses', 'noted'),
    reason:
      'Where a function rejects with a response, `validateStatus` is asked whether that is for its status (examples/guides/limits.md).',
  },
  {
    name: 'a status that is judged too late',
    when: 'always',
    path: /^log$/,
    holds: (plain, cached) => without(plain, '\n', isJudged) === (cached ?? ''),
    concerns: ({ caller }) =>
      hasTrait(caller, 'statuses', 'noted') &&
      ['maxContentLength 0', 'maxContentLength 10'].some((name) => hasTrait(caller, 'limits', name)),
    reason:
      'The http adapter may ask `validateStatus` when it has failed already because a body was too long.',
  },
  {
    name: 'the order of the header of a form',
    when: 'always',
    path: /^received\.\d+\.header$/,
    holds: (plain, cached) => lines(plain) === lines(cached),
    concerns: ({ caller }) => hasForm(caller),
    reason:
      'Its length is added by the adapter when the config of a hit is sent once more, and so comes later.',
  },
  {
    name: 'the body of a response that must not have one',
    when: 'hit',
    path: ANYTHING,
    holds: () => true,
    concerns: (context) => isOfOtherAdapter(context) && context.resource.status === 205,
    reason:
      'With status 205 fetch does not show, and so not store, what the http adapter would (examples/guides/limits.md).',
  },
  {
    name: 'the progress of a stream that nobody gets',
    when: 'hit',
    path: /^download(\.|$)/,
    holds: (_plain, cached) => cached === undefined || cached === 'none',
    concerns: ({ caller }) =>
      caller.responseType === 'stream' &&
      (hasTrait(caller, 'statuses', 'throws') ||
        ['chain', 'length', 'throws'].some((name) => hasTrait(caller, 'transforms', name))),
    reason:
      'Adapters begin to read a stream also where a function throws, or takes it away, so that nobody does.',
  },
  {
    name: 'the class of a stream',
    when: 'always',
    path: /response\.data\./,
    holds: (plain, cached) => /of class \w+$/.test(plain ?? '') && cached === 'an object of class Readable',
    concerns: ({ caller }) => caller.responseType === 'stream',
    reason:
      'It is read twice, by the caller and for the store, and so no IncomingMessage (examples/guides/limits.md).',
  },
  {
    name: 'members of the request',
    when: 'hit',
    path: /(^|\.)request(\.\w+)?$/,
    holds: (plain, cached) => isAdded(plain, cached) || (plain === 'undefined' && cached === undefined),
    reason:
      'The stand-in shows what programs read of the requests of all adapters (examples/guides/limits.md).',
  },
];
