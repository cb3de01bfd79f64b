const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const MALFORMED_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * Brings percent-escapes into one form: upper-case hex digits, unreserved characters decoded, all others left
 * escaped, so that `%2F` stays different from `/`.
 *
 * A text with a malformed escape is left wholly as it is: decoding a part of it could create an escape that was not there
 * (`%%341` → `%41`).
 *
 * @see https://www.rfc-editor.org/rfc/rfc3986.html#section-6.2.2
 */
export function normalEscapes(text: string): string {
  if (!text.includes('%') || MALFORMED_ESCAPE.test(text)) return text;
  return text.replace(ESCAPE, (escape, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
}

/**
 * The name that a server reads out of an encoded parameter name: `+` is a space, escapes are UTF-8. What cannot be
 * decoded is returned as it is.
 */
export function decodedName(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The same, but that in what cannot be decoded as a whole (an escape of another encoding) each escape of ASCII is. */
export function decodedLeniently(text: string): string {
  const decoded = decodedName(text);
  if (decoded !== text) return decoded;
  return text.replace(/%[0-7][0-9A-Fa-f]/g, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
}
