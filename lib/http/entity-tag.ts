import { splitEntityTags } from './field-list.js';
import { trimWhiteSpace } from './white-space.js';

/** An entity tag. */
export interface EntityTag {
  readonly isWeak: boolean;
  /** What is between the quotes; the whole of a tag that has none. */
  readonly opaque: string;
  /** As it was received: this is what `If-None-Match` sends back. */
  readonly text: string;
}

/**
 * Parses an `ETag` field. Tolerant: a tag without quotes is taken as it stands, since the server that sent it will
 * recognise it. `undefined` where there is nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.3
 */
export function parseEntityTag(value: string | undefined): EntityTag | undefined {
  const text = trimWhiteSpace(value ?? '');
  if (text === '') return undefined;
  return tagOf(text);
}

/**
 * Parses the entity tags of an `If-None-Match` or `If-Match` field; `*` where it names any. Commas inside quotes
 * belong to the tag, and a backslash is an ordinary character there.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1.2
 */
export function parseEntityTagList(value: string): readonly EntityTag[] | '*' {
  if (trimWhiteSpace(value) === '*') return '*';
  return splitEntityTags(value).map(tagOf);
}

/**
 * Whether a tag has the quotes that it must have. Nothing tells whether one without them is weak or strong.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.3
 */
export function isQuoted(tag: EntityTag): boolean {
  return tag.text !== tag.opaque;
}

/** Strong comparison: byte for byte the same. @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.3.2 */
export function isStrongMatch(a: EntityTag, b: EntityTag): boolean {
  return !a.isWeak && !b.isWeak && a.opaque === b.opaque;
}

/** Weak comparison: equivalent. @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.3.2 */
export function isWeakMatch(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

function tagOf(text: string): EntityTag {
  if (!/^(?:W\/)?"[^"]*"$/i.test(text)) return { isWeak: false, opaque: text, text };
  const isWeak = !text.startsWith('"');
  return { isWeak, opaque: text.slice(isWeak ? 3 : 1, -1), text };
}
