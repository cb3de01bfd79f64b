import { isStrongMatch, isWeakMatch, parseEntityTag, type EntityTag } from '../http/entity-tag.js';
import { fieldLines, headerFields, type HeaderFields } from '../http/header-fields.js';
import { latestOf } from './latest.js';
import { type Candidate, type ResponseHead, type StoredResponseHead } from './messages.js';

/** Whether a response has something to validate it by: an `ETag` or a `Last-Modified` that is not empty. */
export function hasValidator(headers: HeaderFields): boolean {
  return entityTagOf(headers) !== undefined || lastModifiedOf(headers) !== undefined;
}

/**
 * The fields that ask the origin whether what is stored is still good: `If-None-Match` with the entity tag of the
 * selected response and those of the others, each once, as they were received; `If-Modified-Since` with the
 * `Last-Modified` of the selected response only, since it names no variant.
 *
 * Where the selected response has nothing but a `Last-Modified`, no tags are sent: a server ignores the date beside
 * them (RFC 9110 section 13.1.3).
 *
 * @param selected the stored response that the request would be answered by; `undefined`: none
 * @param others the other stored responses under the same key
 * @returns `undefined` when there is nothing to ask by
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.1
 */
export function conditionalFields(
  selected: ResponseHead | undefined,
  others: readonly ResponseHead[],
): HeaderFields | undefined {
  const fields: [string, string][] = [];
  const tags = askedTags(selected, others);
  if (tags.length > 0) fields.push(['if-none-match', tags.map(({ text }) => text).join(', ')]);
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

function entityTagOf(headers: HeaderFields): EntityTag | undefined {
  return parseEntityTag(fieldLines(headers, 'etag')[0]);
}

function lastModifiedOf(headers: HeaderFields): string | undefined {
  const text = fieldLines(headers, 'last-modified')[0]?.trim();
  return text === '' ? undefined : text;
}
