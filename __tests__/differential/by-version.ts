import axios from 'axios';
import { hasTrait } from './caller.js';
import { ANYTHING, type DocumentedDifference, isOfOtherAdapter, isWeb } from './documented-differences.js';

/**
 * What older versions of axios do in another way than the newest, by which hits go. examples/guides/limits.md, says so for all of them.
 */
export const OLDER: readonly DocumentedDifference[] = [
  {
    name: 'errors of fetch in errors of axios',
    when: 'always',
    path: /^error\.(members|enumerable|toJSON|cause(\..+)?)$/,
    holds: (plain, cached) =>
      /toJSON|AxiosError|Request failed|^ERR_|undefined|true/.test(plain ?? 'true') &&
      !/cause/.test(cached ?? ''),
    concerns: ({ caller }) => isWeb(caller) || hasTrait(caller, 'function', 'fetch beneath'),
    reason: 'The fetch adapter wrapped the error for a status, which is an AxiosError already, in another.',
  },
  {
    name: 'limits that nobody kept',
    when: 'hit',
    path: ANYTHING,
    holds: () => true,
    concerns: ({ caller }) =>
      (isWeb(caller) || caller.responseType === 'stream') &&
      ['maxContentLength 0', 'maxContentLength 10', 'maxBodyLength 3'].some((name) =>
        hasTrait(caller, 'limits', name),
      ),
    reason: 'The fetch adapter, and streams of the http adapter, knew no limits.',
  },
  {
    name: 'what the older fetch adapter would have done',
    when: 'hit',
    path: ANYTHING,
    holds: () => true,
    concerns: (context) =>
      isOfOtherAdapter(context) &&
      (hasTrait(context.caller, 'auth', 'in the URL') ||
        hasTrait(context.caller, 'redirects', 'maxRedirects 0')),
    reason: 'It refused passwords in URLs, and followed redirects whatever `maxRedirects` was.',
  },
  {
    name: 'cookies that the older fetch adapter lost',
    when: 'hit',
    path: /headers\.fields\.set-cookie(\.|$)/,
    holds: () => true,
    concerns: isOfOtherAdapter,
    reason: 'Of several `Set-Cookie` it kept the last.',
  },
  {
    name: 'a download of unknown length',
    when: 'hit',
    path: /^download\.(total|lengthComputable)$/,
    holds: (plain, cached) => /^(NaN|true)$/.test(plain ?? '') && /^(undefined|false)$/.test(cached ?? ''),
    reason: 'The http adapter told of NaN bytes.',
  },
  {
    name: 'a download of more than its length',
    when: 'hit',
    path: /^download\.(loaded|progress|sumOfBytes)$/,
    holds: (plain, cached) => Number(plain) > Number(cached),
    concerns: ({ caller, resource }) => isWeb(caller) && resource.coding !== 'identity',
    reason: 'The fetch adapter told of more bytes than were to come, where they came compressed.',
  },
  {
    name: 'progress of nothing',
    when: 'always',
    path: ANYTHING,
    holds: () => true,
    concerns: ({ caller, resource }) =>
      isWeb(caller) &&
      (/^head$/i.test(caller.method) || [204, 205, 304].includes(resource.status)) &&
      (caller.responseType === 'stream' || hasTrait(caller, 'limits', 'download watched')),
    reason: 'The fetch adapter failed where it was to watch a body that is not there.',
  },
];

/** What only newer versions do. */
export const NEWER: readonly DocumentedDifference[] = [
  {
    name: 'a config without data',
    when: 'always',
    path: /^error\.config\.data$/,
    holds: (plain, cached) => plain === undefined && cached === 'undefined',
    concerns: ({ caller }) => hasTrait(caller, 'odd', 'broken scheme'),
    reason:
      'Where fetch finds the URL at fault, its error has a copy of the config; ours has the config itself.',
  },
];

/** What holds for the version that is tested. */
export const OF_THIS_VERSION = axios.VERSION.startsWith('1.7.') ? OLDER : NEWER;
