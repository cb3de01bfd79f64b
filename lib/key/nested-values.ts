import { canonicalJson } from './canonical-json.js';
import { type NameRules, REDACTED } from './ignored-parameters.js';
import { decodedName } from './percent-encoding.js';

/** Without one of these, or an escape that may stand for one, a value has no names in it. */
const MAY_HOLD_NAMES = /[=@{[%]/;
/** What parts the parameters of a URL: the second part of its query, a fragment that has a query of its own, and so on. */
const SEPARATORS = /([?#&;])/;
const USERINFO = /^(\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[\\/]{2})[^\\/?#\s]*@/;
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
  const text = decodedName(value);
  const redacted = redactNestedText(text, rules, depth);
  return redacted === text ? value : encodeURIComponent(redacted);
}

/** A text likewise, which is not escaped: what of it is a URL with userinfo, parameters or JSON is redacted. */
export function redactNestedText(text: string, rules: NameRules, depth = 0): string {
  if (/^\s*[[{]/.test(text)) {
    const json = canonicalJson(text, rules);
    if (json !== undefined) return json.isRedacted ? json.text : text;
  }
  return text
    .replace(USERINFO, '$1')
    .split(SEPARATORS)
    .map((piece) => redactPiece(piece, rules, depth))
    .join('');
}

function redactPiece(piece: string, rules: NameRules, depth: number): string {
  const equals = piece.indexOf('=');
  if (equals === -1) return piece;
  const nameText = piece.slice(0, equals);
  const isHidden = rules.forField(decodedName(nameText).trim()) !== 'keep';
  return `${nameText}=${isHidden ? REDACTED : redactEncodedValue(piece.slice(equals + 1), rules, depth + 1)}`;
}
