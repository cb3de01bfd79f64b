/**
 * A value without the optional white space around it, which is spaces and tabs and nothing else: `trim` would also take
 * away what HTTP counts as part of the value, such as a no-break space.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.3
 */
export function trimWhiteSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text[start])) start += 1;
  while (end > start && isWhiteSpace(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isWhiteSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
