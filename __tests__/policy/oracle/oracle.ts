/**
 * What RFC 9111 forbids a private cache, read plainly: an oracle for the policy, written from the text of the RFC and
 * not from lib/, of which it imports nothing but types. It is slow, and as simple as could be.
 *
 * It is sound rather than complete: what it forbids is forbidden by every way to read the messages; what it allows may
 * still be refused for good reasons. Requirements are quoted above the line that checks them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html
 */
import { type RequestHead, type ResponseHead } from '../../../lib/policy/messages';
import {
  currentAgeMs,
  freshnessLifetime,
  HEURISTICALLY_CACHEABLE,
  isStalePermitted,
  possibleDates,
  type Conversation,
} from './freshness';
import {
  deltaSeconds,
  directivesOf,
  first,
  generouslyNormalised,
  has,
  hasBare,
  linesOf,
  nominatedNames,
  READINGS,
  type Reading,
} from './readings';

export { type Conversation } from './freshness';

/** What forbids to answer the second request from the first one's response without asking the origin. */
export const RULES = [
  'the method is not cacheable',
  'the method of the second request needs its own response',
  'the status is not final',
  'a 304 is not a response to store',
  'a part does not answer a request for more',
  'the definition of the status forbids storing',
  'must-understand, and nobody knows the status',
  'the response says no-store',
  'the first request says no-store',
  'nothing allows to store it',
  'Vary: *',
  'a nominated field differs',
  'the response says no-cache',
  'the second request says no-cache',
  'the second request says Pragma: no-cache',
  'older than the max-age of the second request',
  'stale, and the second request has max-age without max-stale',
  'not fresh for the min-fresh of the second request',
  'its explicit lifetime is over, and it says must-revalidate',
  'its explicit lifetime is over, and nobody permits stale responses',
  'its heuristic lifetime is over, and it says must-revalidate',
  'its heuristic lifetime is over, and nobody permits stale responses',
] as const;
export type Rule = (typeof RULES)[number];

export type Judgement = { readonly mayReuse: true } | { readonly mayReuse: false; readonly rule: Rule };

/** RFC 6585 sections 3 to 6: "Responses with the … status code MUST NOT be stored by a cache." */
const NEVER_STORED = [428, 429, 431, 511];
/** The registry of status codes. What is not in it, nobody can have understood. */
const REGISTERED = [
  ...[200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422],
  ...[423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
];

/**
 * Whether a plain reading of RFC 9111 allows a private cache, whose user leaves everything to the headers, to answer the
 * second request from the stored response without asking the origin.
 * @param rules only these count
 */
export function judgeByRfc(conversation: Conversation, rules: readonly Rule[] = RULES): Judgement {
  return judge(conversation, rules, (reading, date) => [
    ...rulesOfStorage(conversation, reading),
    ...rulesOfSelection(conversation, reading),
    ...rulesOfValidation(conversation, reading),
    ...rulesOfFreshness(conversation, reading, date),
  ]);
}

/** The same of storing the response at all. */
export function judgeStorageByRfc(conversation: Conversation, rules: readonly Rule[] = RULES): Judgement {
  return judge(conversation, rules, (reading) => rulesOfStorage(conversation, reading));
}

function judge(
  conversation: Conversation,
  rules: readonly Rule[],
  violatedIn: (reading: Reading, date: number) => readonly Rule[],
): Judgement {
  let found: Rule | undefined;
  for (const reading of READINGS) {
    for (const date of possibleDates(conversation)) {
      const rule = violatedIn(reading, date).find((one) => rules.includes(one));
      // One reading that allows it is enough: then the RFC does not clearly forbid it.
      if (rule === undefined) return { mayReuse: true };
      found ??= rule;
    }
  }
  return found === undefined ? { mayReuse: true } : { mayReuse: false, rule: found };
}

/** Section 3: "A cache MUST NOT store a response to a request unless: …". */
function rulesOfStorage({ firstRequest, response }: Conversation, reading: Reading): readonly Rule[] {
  const violated: Rule[] = [];
  const { status, headers } = response;
  const directives = directivesOf(headers, 'cache-control', reading);
  // "the request method is understood by the cache". RFC 9110 section 9.2.3: "This specification defines caching semantics
  // for GET, HEAD, and POST"; QUERY is defined as cacheable. POST "only … when they include explicit freshness
  // information […] and a Content-Location header field" (RFC 9110 section 9.3.3).
  const isPostToKeep =
    firstRequest.method === 'POST' &&
    (has(directives, 'max-age') || linesOf(headers, 'expires').length > 0) &&
    linesOf(headers, 'content-location').length > 0;
  if (!['GET', 'HEAD', 'QUERY'].includes(firstRequest.method) && !isPostToKeep) {
    violated.push('the method is not cacheable');
  }
  // "the response status code is final". RFC 9110 section 15: 1xx are interim responses.
  if (status < 200) violated.push('the status is not final');
  // RFC 9110 section 15.4.5: a 304 tells to use what is stored; it is not a representation of its own.
  if (status === 304) violated.push('a 304 is not a response to store');
  if (NEVER_STORED.includes(status)) violated.push('the definition of the status forbids storing');
  // "if […] the must-understand cache directive (see Section 5.2.2.3) is present: the cache understands the response
  // status code"
  const mustUnderstand = hasBare(directives, 'must-understand');
  if (mustUnderstand && !REGISTERED.includes(status)) {
    violated.push('must-understand, and nobody knows the status');
  }
  // "the no-store cache directive is not present in the response". Section 5.2.2.3: "the cache SHOULD ignore the no-store
  // directive if it understands and implements the status code's caching requirements".
  if (has(directives, 'no-store') && !mustUnderstand) violated.push('the response says no-store');
  // Section 5.2.1.5: "a cache MUST NOT store any part of either this request or any response to it"
  if (has(directivesOf(firstRequest.headers, 'cache-control', reading), 'no-store')) {
    violated.push('the first request says no-store');
  }
  // "the response contains at least one of the following: a public response directive; a private response directive, if
  // the cache is not shared; an Expires header field; a max-age response directive; […] a status code that is defined as
  // heuristically cacheable"
  const isInvited =
    has(directives, 'public') ||
    has(directives, 'private') ||
    linesOf(headers, 'expires').length > 0 ||
    has(directives, 'max-age') ||
    HEURISTICALLY_CACHEABLE.includes(status);
  if (!isInvited) violated.push('nothing allows to store it');
  return violated;
}

/** Section 4: "When presented with a request, a cache MUST NOT reuse a stored response unless: …", its first half. */
function rulesOfSelection(conversation: Conversation, reading: Reading): readonly Rule[] {
  const violated: Rule[] = [];
  const { firstRequest, response, secondRequest } = conversation;
  // "the request method associated with the stored response allows it to be used for the presented request". "A cache
  // MUST write through requests with methods that are unsafe". RFC 9110 section 9.3.2: the response to a GET holds what
  // one to HEAD would; section 9.3.3: one to POST "can be reused to satisfy a later GET or HEAD request".
  const answerable = { GET: ['GET', 'HEAD'], HEAD: ['HEAD'], QUERY: ['QUERY'], POST: ['GET', 'HEAD'] };
  const methods = Object.entries(answerable).find(([method]) => method === firstRequest.method)?.[1] ?? [];
  if (!methods.includes(secondRequest.method)) {
    violated.push('the method of the second request needs its own response');
  }
  // Section 3.3: a cache "MUST NOT use an incomplete response to answer requests unless the response has been made
  // complete, or the request is partial and specifies a range wholly within the incomplete response". Two HEADs ask for
  // no content at all.
  const isAboutContent = firstRequest.method !== 'HEAD' || secondRequest.method !== 'HEAD';
  if (response.status === 206 && isAboutContent && !asksWithinPart(firstRequest, response, secondRequest)) {
    violated.push('a part does not answer a request for more');
  }
  const names = nominatedNames(response.headers, reading);
  // Section 4.1: "A stored response with a Vary header field value containing a member "*" always fails to match."
  if (names.includes('*')) violated.push('Vary: *');
  // Section 4.1: "the cache MUST NOT use that stored response without revalidation unless all the presented request
  // header fields nominated by that Vary field value match those fields in the original request"
  const differs = names.some(
    (name) =>
      generouslyNormalised(firstRequest.headers, name) !==
        generouslyNormalised(secondRequest.headers, name) &&
      !(name === 'accept-language' && isInPreferredLanguage(response, secondRequest)),
  );
  if (differs) violated.push('a nominated field differs');
  return violated;
}

/**
 * Whether a request is for bytes that a 206 has, or is the same question again that was answered by just this part.
 * RFC 9110 section 14.2: for methods other than GET, `Range` means nothing.
 */
function asksWithinPart(first: RequestHead, part: ResponseHead, second: RequestHead): boolean {
  const asked = linesOf(second.headers, 'range').join(',');
  if (second.method !== 'GET' || asked === '') return false;
  if (asked === linesOf(first.headers, 'range').join(',')) return true;
  const contentRange = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+|\*)$/i;
  const has = contentRange.exec(linesOf(part.headers, 'content-range').join(',').trim());
  const list = /^bytes=(.*)$/is.exec(asked.trim())?.[1];
  if (has === null || list === undefined) return false;
  const [firstByte, lastByte, length] = [Number(has[1]), Number(has[2]), Number(has[3])];
  return list.split(',').every((member) => {
    const [, from = '', to = ''] = /^([0-9]*)-([0-9]*)$/.exec(member.trim()) ?? [];
    // Where the length is not known (`*`, here NaN), neither is where the last bytes are.
    const start = from === '' ? Math.max(0, length - Number(to)) : Number(from);
    const end =
      from === '' || to === '' ? length - 1 : Math.min(Number(to), has[3] === '*' ? Infinity : length - 1);
    return start >= firstByte && start <= end && end <= lastByte;
  });
}

/**
 * Whether a response says that it is in the language which a request prefers to all others. Section 4.1 does not name
 * this among the ways in which requests match; the public suite of cache tests expects it of a good cache
 * (`vary-normalise-lang-select`), since a new negotiation could bring nothing better.
 */
function isInPreferredLanguage(response: ResponseHead, request: RequestHead): boolean {
  const language = linesOf(response.headers, 'content-language').join(',').trim().toLowerCase();
  const text = linesOf(request.headers, 'accept-language').join(',').toLowerCase().replace(/\s/g, '');
  const choices = text.split(',').map((choice) => {
    const [, name, weight = '1'] = /^([^;]+)(?:;q=([0-9.]+))?$/.exec(choice) ?? [];
    return { name, weight: Number(weight) };
  });
  const greatest = Math.max(...choices.map(({ weight }) => weight));
  const preferred = choices.filter(({ weight }) => weight === greatest);
  return preferred.length === 1 && preferred[0]?.name === language;
}

/** What asks for validation although the response may be fresh. */
function rulesOfValidation({ response, secondRequest }: Conversation, reading: Reading): readonly Rule[] {
  const violated: Rule[] = [];
  // Section 4: "the stored response does not contain the no-cache directive (Section 5.2.2.4), unless it is successfully
  // validated". The form with field names only covers these fields, which could be left out.
  if (hasBare(directivesOf(response.headers, 'cache-control', reading), 'no-cache')) {
    violated.push('the response says no-cache');
  }
  // Section 5.2.1: request directives are advisory; this library promises to follow them.
  // Section 5.2.1.4: "the client prefers a stored response not be used to satisfy the request without successful
  // validation on the origin server"
  if (has(directivesOf(secondRequest.headers, 'cache-control', reading), 'no-cache')) {
    violated.push('the second request says no-cache');
  }
  // Section 5.4 (and RFC 7234 section 5.4): Pragma is for clients that know no Cache-Control.
  const hasCacheControl = linesOf(secondRequest.headers, 'cache-control').length > 0;
  if (!hasCacheControl && hasBare(directivesOf(secondRequest.headers, 'pragma', reading), 'no-cache')) {
    violated.push('the second request says Pragma: no-cache');
  }
  return violated;
}

/** Section 4, second half: the stored response is either fresh, or "allowed to be served stale". */
function rulesOfFreshness(conversation: Conversation, reading: Reading, date: number): readonly Rule[] {
  const violated: Rule[] = [];
  const request = directivesOf(conversation.secondRequest.headers, 'cache-control', reading);
  const ageMs = currentAgeMs(conversation, date);
  const { isExplicit, lifetimeMs } = freshnessLifetime(conversation, reading, date);
  // Section 4.2: "response_is_fresh = (freshness_lifetime > current_age)"
  const isFresh = lifetimeMs > ageMs;
  // Section 5.2.1.1: "the client prefers a response whose age is less than or equal to the specified number of seconds"
  const maxAge = deltaSeconds(first(request, 'max-age')?.argument);
  if (maxAge !== undefined && ageMs > maxAge * 1000) {
    violated.push('older than the max-age of the second request');
  }
  // Section 5.2.1.1: "Unless the max-stale request directive is also present, the client does not wish to receive a stale
  // response."
  if (maxAge !== undefined && !isFresh && !has(request, 'max-stale')) {
    violated.push('stale, and the second request has max-age without max-stale');
  }
  // Section 5.2.1.3: "the client prefers a response whose freshness lifetime is no less than its current age plus the
  // specified time in seconds"
  const minFresh = deltaSeconds(first(request, 'min-fresh')?.argument);
  if (minFresh !== undefined && lifetimeMs < ageMs + minFresh * 1000) {
    violated.push('not fresh for the min-fresh of the second request');
  }
  if (isFresh) return violated;
  const response = directivesOf(conversation.response.headers, 'cache-control', reading);
  // Section 5.2.2.2: "once the response has become stale, a cache MUST NOT reuse that response to satisfy another request
  // until it has been successfully validated by the origin"
  if (has(response, 'must-revalidate')) {
    violated.push(
      isExplicit
        ? 'its explicit lifetime is over, and it says must-revalidate'
        : 'its heuristic lifetime is over, and it says must-revalidate',
    );
  }
  if (!isStalePermitted(request, response, ageMs - lifetimeMs)) {
    violated.push(
      isExplicit
        ? 'its explicit lifetime is over, and nobody permits stale responses'
        : 'its heuristic lifetime is over, and nobody permits stale responses',
    );
  }
  return violated;
}
