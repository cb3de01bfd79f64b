import { hasTrait } from './caller.js';
import { type DocumentedDifference, isOfOtherAdapter } from './documented-differences.js';

const any = (): boolean => true;
const isGone = (plain: string | undefined, cached: string | undefined): boolean =>
  plain !== undefined && cached === undefined;

/**
 * Differences that are neither documented nor mended yet. Each has to go: when it is mended, the test asks for its entry to
 * be removed; nothing may be added to make a failure disappear.
 */
export const OPEN_DEFECTS: readonly DocumentedDifference[] = [
  {
    name: 'header entries of the config that are undefined are removed',
    when: 'always',
    path: /config\.headers\.(Content-Type|X-Undefined)$/,
    holds: (plain, cached) => plain === 'undefined' && cached === undefined,
    reason: '`mirrorHeaders` deletes what `has` denies, also what was there with the value undefined.',
  },
  {
    name: 'a hit does not show the header fields that the adapter makes of the body',
    when: 'hit',
    path: /config\.headers\.(Content-Length|Content-Type)$/,
    holds: any,
    reason: 'Only User-Agent and Accept-Encoding are kept and shown again.',
  },
  {
    name: 'a hit’s config sent again has Content-Length in another place',
    when: 'always',
    path: /^received\.0\.header$/,
    holds: (plain, cached) => plain?.split('\n').sort().join() === cached?.split('\n').sort().join(),
    concerns: ({ caller }) => hasTrait(caller, 'body'),
    reason: 'For the same reason.',
  },
  {
    name: 'a hit does not take Authorization away where `auth` replaces it',
    when: 'hit',
    path: /config\.headers\.Authorization$/,
    holds: (plain, cached) => plain === undefined && cached !== undefined,
    reason: 'The http adapter deletes it from the config.',
    concerns: ({ caller }) => hasTrait(caller, 'auth'),
  },
  {
    name: 'what a throwing validateStatus throws is not wrapped in an AxiosError',
    when: 'always',
    path: /^error(\.|$)/,
    holds: any,
    reason: 'The fetch adapter judges the status within its own `try`.',
    concerns: ({ caller }) => hasTrait(caller, 'statuses', 'throws'),
  },
  {
    name: 'headers of a hit are not AxiosHeaders before the transforms have run',
    when: 'hit',
    path: /response\.headers\.(class|isOfThisCopy)$/,
    holds: (plain, cached) => plain !== cached,
    reason: 'axios converts them after `transformResponse`, unless that throws.',
  },
  {
    name: 'what a transform writes into the header of a hit is lost',
    when: 'hit',
    path: /response\.headers\.(order|fields\.X-Changed)$/,
    holds: (plain) => /X-Changed|by transform/.test(plain ?? ''),
    reason: 'It is given a copy, since the header is not of axios’s class.',
  },
  {
    name: 'a request that was given up before it was sent shows our adapter',
    when: 'always',
    path: /^error\.(json\.)?config\.adapter(\.|$)/,
    holds: any,
    reason: 'axios fails before it calls the adapter, and nothing gives the config its own back.',
    concerns: ({ caller }) =>
      hasTrait(caller, 'limits', 'aborted before') || hasTrait(caller, 'limits', 'cancelled before'),
  },
  {
    name: 'a hit by another adapter shows the header of the first',
    when: 'hit',
    path: /config\.headers\.(User-Agent|Accept-Encoding)$|headers\.fields\.content-encoding$|headers\.order$/i,
    holds: any,
    concerns: isOfOtherAdapter,
    reason: 'What fetch shows and http adds is not told apart by the adapter that asks.',
  },
  {
    name: 'the type of a Blob is the field as it came',
    when: 'always',
    path: /\.data\.type$/,
    holds: (plain, cached) => plain === cached?.replace('; ', ';'),
    reason: 'fetch gives a Blob the type in its normal form.',
  },
  {
    name: 'of two byte order marks one is left',
    when: 'always',
    path: /\.data$|message$/,
    holds: (plain, cached) => cached?.includes('\ufeff') === true && plain !== undefined,
    concerns: ({ resource }) => resource.kind === 'two byte order marks',
    reason: 'Node’s fetch strips both.',
  },
  {
    name: 'the stand-in has no url where fetch shows one',
    when: 'hit',
    path: /request\.url$/,
    holds: isGone,
    reason: 'A Request of the web has `url`.',
  },
  {
    name: 'bytes of a function adapter become text',
    when: 'always',
    path: /\.data$/,
    holds: (plain) => plain?.startsWith('Buffer') === true,
    reason: 'It is asked for bytes, and nobody knows that it would have given them anyway.',
    concerns: ({ caller }) => hasTrait(caller, 'function', 'answers bytes'),
  },
  {
    name: 'the method of the stand-in is the first one',
    when: 'hit',
    path: /request\.method$/,
    holds: (plain) => plain === 'GET',
    reason: 'A redirect may have made a GET of it, and a request of Node shows the last.',
  },
  {
    name: 'an unusable responseEncoding is not wrapped in an AxiosError',
    when: 'always',
    path: /^error(\.|$)/,
    holds: any,
    concerns: ({ caller }) => hasTrait(caller, 'encoding', 'nonsense') || hasTrait(caller, 'encoding', ''),
    reason: 'The http adapter decodes within its own `try`.',
  },
  {
    name: 'a hit that is too long shows no header fields of the adapter',
    when: 'hit',
    path: /^error\.(json\.)?config\.headers\.(User-Agent|Accept-Encoding)$/,
    holds: isGone,
    concerns: ({ caller }) =>
      hasTrait(caller, 'limits', 'maxContentLength 0') || hasTrait(caller, 'limits', 'maxContentLength 10'),
    reason: 'The limit is enforced before they are added.',
  },
  {
    name: 'a request without a URL fails otherwise',
    when: 'always',
    path: /^error\./,
    holds: any,
    concerns: ({ caller }) => hasTrait(caller, 'odd', 'no URL'),
    reason: 'The effective URL is taken to be text.',
  },
  {
    name: 'maxBodyLength is not looked at on a hit',
    when: 'hit',
    path: /^(outcome|response|error|upload|download|log)(\.|$)/,
    holds: any,
    concerns: ({ caller }) => hasTrait(caller, 'limits', 'maxBodyLength 3'),
    reason: 'The adapters refuse to send such a body.',
  },
  {
    name: 'the progress of a hit counts other bytes',
    when: 'hit',
    path: /^download(\.|$)/,
    holds: any,
    reason: 'Plain axios counts what came over the wire, and knows no total without Content-Length.',
  },
  {
    name: 'function adapters are judged by validateStatus and maxContentLength',
    when: 'always',
    path: /./,
    holds: any,
    concerns: ({ caller }) =>
      caller.traits.some(([group, name]) => group === 'function' && name.startsWith('answers')) &&
      (hasTrait(caller, 'statuses') || hasTrait(caller, 'limits')),
    reason: 'Plain axios leaves both to the adapter.',
  },
  {
    name: 'a timeout that is no number is not refused on a hit',
    when: 'hit',
    path: /^(outcome|response|error|log)(\.|$)/,
    holds: any,
    concerns: ({ caller }) => hasTrait(caller, 'limits', 'time-out that is no number'),
    reason: 'The http adapter refuses it.',
  },
];
