import { trimWhiteSpace } from './white-space.js';

/**
 * The members of a list-based field value: split at commas outside quoted strings, without the optional white space
 * around them; empty members are dropped. A quoted string that never ends runs to the end of the value.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.1
 */
export function splitFieldList(value: string): string[] {
  return splitOutsideQuotes(value, ',', '\\');
}

/**
 * A list member and its parameters: split at semicolons outside quoted strings, as {@link splitFieldList} does at
 * commas.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.6
 */
export function splitParameters(member: string): string[] {
  return splitOutsideQuotes(member, ';', '\\');
}

/**
 * A list of entity tags, split as {@link splitFieldList} does, but a backslash does not escape: in an entity tag it
 * is an ordinary character.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.3
 */
export function splitEntityTags(value: string): string[] {
  return splitOutsideQuotes(value, ',', undefined);
}

/**
 * The text of a quoted string, its backslash escapes undone; `undefined` where the value is not one whole quoted string.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.4
 */
export function unquote(value: string): string | undefined {
  if (!/^"(?:[^"\\]|\\[^])*"$/.test(value)) return undefined;
  return value.slice(1, -1).replace(/\\([^])/g, '$1');
}

/** Whether a value opens a quoted string that it does not close. */
export function isQuoteOpen(value: string): boolean {
  return splitOutsideQuotes(`${value},`, ',', '\\').at(-1)?.endsWith(',') ?? false;
}

function splitOutsideQuotes(value: string, separator: string, escape: string | undefined): string[] {
  const members: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === escape && isQuoted) at += 1;
    else if (character === separator && !isQuoted) {
      addMember(members, value.slice(start, at));
      start = at + 1;
    }
  }
  addMember(members, value.slice(start));
  return members;
}

function addMember(members: string[], text: string): void {
  const member = trimWhiteSpace(text);
  if (member !== '') members.push(member);
}
