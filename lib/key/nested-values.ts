import { redactJson } from './canonical-json.js';
import { type NameRules, REDACTED } from './ignored-parameters.js';
import { decodedLeniently, decodedName } from './percent-encoding.js';

/** Without one of these, or an escape that may stand for one, a value has no names in it. */
const MAY_HOLD_NAMES = /[=@{[%]/;
/** What parts the parameters of a URL: the second part of its query, a fragment that has a query of its own, and so on. */
const SEPARATORS = /([?#&;])/;
const USERINFO = /^(\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[\\/]{2})[^\\/?#\s]+@/;
/** Deeper than anybody nests URLs. What goes on beyond is hidden, since taking it apart could go on for ever. */
const MAX_DEPTH = 6;

/**
 * The value of a parameter, redacted where it is itself a URL, a list of parameters or JSON with names whose values are to be
 * hidden (`next=%2Flogin%3Ftoken%3D…`, `variables={"password":…}`), at any depth. Otherwise as it was.
 * @param value as it is written in the URL
 */
export function redactEncodedValue(value: string, rules: NameRules, depth = 0): string {
  if (!MAY_HOLD_NAMES.test(value)) return value;
  if (depth > MAX_DEPTH) return REDACTED;
  const text = decodedLeniently(value);
  const redacted = redactNestedText(text, rules, depth);
  // Half a pair could not be escaped.
  return redacted === text ? value : encodeURIComponent(redacted.replace(/\p{Surrogate}/gu, '\ufffd'));
}

/** A text likewise, which is not escaped: what of it is a URL with userinfo, parameters or JSON is redacted. */
export function redactNestedText(text: string, rules: NameRules, depth = 0): string {
  if (/^\s*[[{"]/.test(text)) {
    const json = redactJson(text, rules, (value) => redactString(value, rules, depth + 1));
    if (json !== undefined) return json;
  }
  return text
    .replace(USERINFO, '$1')
    .split(SEPARATORS)
    .map((piece) => redactPiece(piece, rules, depth))
    .join('');
}

/** A string of JSON, which may be a URL, or JSON again. */
function redactString(value: string, rules: NameRules, depth: number): string {
  if (!MAY_HOLD_NAMES.test(value)) return value;
  return depth > MAX_DEPTH ? REDACTED : redactNestedText(value, rules, depth);
}

function redactPiece(piece: string, rules: NameRules, depth: number): string {
  const equals = piece.indexOf('=');
  // A value that was escaped twice.
  if (equals === -1)
    return decodedLeniently(piece) === piece ? piece : redactEncodedValue(piece, rules, depth + 1);
  const nameText = piece.slice(0, equals);
  const isHidden = rules.forField(decodedName(nameText).trim()) !== 'keep';
  // A row of them is a line in a text, or what fills up Base64: nothing is nested in it.
  let start = equals + 1;
  while (piece[start] === '=') start += 1;
  const between = piece.slice(equals, start);
  return (
    nameText + between + (isHidden ? REDACTED : redactEncodedValue(piece.slice(start), rules, depth + 1))
  );
}
