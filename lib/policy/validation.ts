import {
  isStrongMatch,
  isWeakMatch,
  parseEntityTag,
  parseEntityTagList,
  type EntityTag,
} from '../http/entity-tag.js';
import { fieldLines, fieldValue, headerFields, type HeaderFields } from '../http/header-fields.js';
import { latestOf } from './latest.js';
import type { Candidate, RequestHead, ResponseHead, StoredResponseHead } from './messages.js';

/** Whether a response has something to validate it by: an `ETag` or a `Last-Modified` that is not empty. */
export function hasValidator(headers: HeaderFields): boolean {
  return entityTagOf(headers) !== undefined || lastModifiedOf(headers) !== undefined;
}

/**
 * Whether the origin can be asked about a stored response by the same request in which the caller asks about what it has
 * itself. An `If-None-Match` of the caller's takes the stored tag in, unless it is `*`; beside it a date says nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.1
 */
export function canAskFor(request: RequestHead, stored: ResponseHead): boolean {
  const own = fieldValue(request.headers, 'if-none-match');
  if (own === undefined) return true;
  return parseEntityTagList(own) !== '*' && entityTagOf(stored.headers) !== undefined;
}

/** Whether a 304 speaks of what the caller says that it has: its entity tag is one of those of the caller. */
export function confirmsCallers(request: RequestHead, notModified: ResponseHead): boolean {
  const own = fieldValue(request.headers, 'if-none-match');
  const tag = entityTagOf(notModified.headers);
  if (own === undefined || tag === undefined) return false;
  const asked = parseEntityTagList(own);
  return asked !== '*' && asked.some((one) => isWeakMatch(one, tag));
}

/**
 * The fields that ask the origin whether what is stored is still good: `If-None-Match` with the entity tag of the
 * selected response and those of the others, each once, as they were received; `If-Modified-Since` with the
 * `Last-Modified` of the selected response only, since it names no variant.
 *
 * Where the selected response has nothing but a `Last-Modified`, no tags are sent: a server ignores the date beside
 * them (RFC 9110 section 13.1.3).
 *
 * @param request its own `If-None-Match` goes along; see {@link canAskFor}
 * @param selected the stored response that the request would be answered by; `undefined`: none
 * @param others the other stored responses under the same key
 * @returns `undefined` when there is nothing to ask by
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.1
 */
export function conditionalFields(
  request: RequestHead,
  selected: ResponseHead | undefined,
  others: readonly ResponseHead[],
): HeaderFields | undefined {
  const fields: [string, string][] = [];
  const tags = askedTags(selected, others).map(({ text }) => text);
  if (tags.length > 0) {
    const callers = parseEntityTagList(fieldValue(request.headers, 'if-none-match') ?? '');
    const known = callers === '*' ? [] : callers.map(({ text }) => text);
    fields.push(['if-none-match', [...new Set([...tags, ...known])].join(', ')]);
  }
  const lastModified = selected === undefined ? undefined : lastModifiedOf(selected.headers);
  if (lastModified !== undefined) fields.push(['if-modified-since', lastModified]);
  return fields.length === 0 ? undefined : headerFields(fields);
}

/**
 * The stored response that a 304 speaks of; `undefined` when that is unclear, and the request has to be sent again
 * without conditions.
 *
 * A 304 with an entity tag names the stored response with that tag. Weak comparison is used throughout, because
 * `If-None-Match` is compared that way: a tag that became weak in between still names the same response; but an exact
 * match wins, then the selected response, then the latest. Without a tag, its `Last-Modified` names the one response
 * that has the same. Without either it can only mean the single one that was asked about.
 *
 * @param selected the stored response that was asked about; `undefined`: none matched the request
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.4
 */
export function selectValidated<S extends StoredResponseHead>(
  notModified: ResponseHead,
  candidates: readonly Candidate<S>[],
  selected: S | undefined,
): S | undefined {
  const all = candidates.map(({ stored }) => stored);
  const others = all.filter((stored) => stored !== selected);
  const asked = selected === undefined ? [] : [selected];
  if (askedTags(selected, others).length > 0) {
    asked.push(...others.filter(({ headers }) => entityTagOf(headers) !== undefined));
  }
  const tag = entityTagOf(notModified.headers);
  if (tag !== undefined) {
    const equals = asked.filter(({ headers }) => matchesTag(headers, tag, isWeakMatch));
    const exact = equals.filter(({ headers }) => matchesTag(headers, tag, isStrongMatch));
    return preferred(exact.length > 0 ? exact : equals, selected);
  }
  const lastModified = lastModifiedOf(notModified.headers);
  const single = asked.length === 1 ? asked[0] : undefined;
  if (lastModified === undefined) return single;
  const equals = asked.filter(({ headers }) => lastModifiedOf(headers) === lastModified);
  if (equals.length > 0) return equals.length === 1 ? equals[0] : undefined;
  return single !== undefined && lastModifiedOf(single.headers) === undefined ? single : undefined;
}

/**
 * Whether it cannot be said what a 304 without an entity tag confirms: what the cache asked about, or what the caller says
 * that it has. That is so where the caller has tags of its own, or a date beside which the cache could put none.
 *
 * @param selected the stored response that was asked about
 */
export function isAmbiguous(
  request: RequestHead,
  notModified: ResponseHead,
  selected: ResponseHead | undefined,
): boolean {
  if (entityTagOf(notModified.headers) !== undefined) return false;
  if (fieldValue(request.headers, 'if-none-match') !== undefined) return true;
  const hasDate = fieldValue(request.headers, 'if-modified-since') !== undefined;
  return hasDate && (selected === undefined || lastModifiedOf(selected.headers) === undefined);
}

/**
 * The one stored response that a conditional request asked about, where it asked about no other and the caller about none
 * of its own: then a 304 confirms it even under another entity tag, as servers send that add a suffix when they compress.
 * It confirms nothing else: what it brings must not be stored (RFC 9111 section 4.3.4).
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.3
 */
export function soleAsked<S extends StoredResponseHead>(
  request: RequestHead,
  candidates: readonly Candidate<S>[],
  selected: S | undefined,
): S | undefined {
  const others = candidates.map(({ stored }) => stored).filter((stored) => stored !== selected);
  if (selected === undefined || fieldValue(request.headers, 'if-none-match') !== undefined) return undefined;
  return askedTags(selected, others).length === 1 ? selected : undefined;
}

/** Servers limit the length of a header; more tags than these would make requests fail that succeed without a cache. */
const MOST_TAGS = 16;
const MOST_TAG_CHARACTERS = 2048;

/** The entity tags that `If-None-Match` names: of many, as many of the others' as are safe to send. */
function askedTags(selected: ResponseHead | undefined, others: readonly ResponseHead[]): EntityTag[] {
  const own = selected === undefined ? undefined : entityTagOf(selected.headers);
  if (selected !== undefined && own === undefined) return [];
  const tags = own === undefined ? [] : [own];
  let characters = own?.text.length ?? 0;
  for (const { headers } of others) {
    const tag = entityTagOf(headers);
    if (tag === undefined || tags.some(({ text }) => text === tag.text)) continue;
    characters += tag.text.length;
    if (tags.length >= MOST_TAGS || characters > MOST_TAG_CHARACTERS) break;
    tags.push(tag);
  }
  return tags;
}

function matchesTag(
  headers: HeaderFields,
  tag: EntityTag,
  matches: (a: EntityTag, b: EntityTag) => boolean,
): boolean {
  const own = entityTagOf(headers);
  return own !== undefined && matches(own, tag);
}

function preferred<S extends StoredResponseHead>(
  equals: readonly S[],
  selected: S | undefined,
): S | undefined {
  return selected !== undefined && equals.includes(selected) ? selected : latestOf(equals);
}

/** The entity tag of a response; undefined: it has none. */
export function entityTagOf(headers: HeaderFields): EntityTag | undefined {
  return parseEntityTag(fieldLines(headers, 'etag')[0]);
}

function lastModifiedOf(headers: HeaderFields): string | undefined {
  const text = fieldLines(headers, 'last-modified')[0]?.trim();
  return text === '' ? undefined : text;
}
