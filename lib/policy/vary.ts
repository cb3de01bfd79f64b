import { splitFieldList, splitParameters } from '../http/field-list.js';
import { fieldLines, type HeaderFields, nameTable } from '../http/header-fields.js';
import { trimWhiteSpace } from '../http/white-space.js';
import type { NominatedValues } from './messages.js';

/** Replaces a value by what may be stored: a keyed hash where the field carries credentials, else the value itself. */
export type ProtectValue = (name: string, value: string) => string;

/** Fields without list syntax: a comma is part of the value, and the white space around it too. */
const SINGLE_VALUED: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-location',
  'content-type',
  'cookie',
  'date',
  'from',
  'host',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'origin',
  'proxy-authorization',
  'referer',
  'user-agent',
]);

/** Fields whose members are choices with a weight (`q`), and whether the order of equal weights can mean something. */
const WEIGHTED: ReadonlyMap<string, { readonly isOrdered: boolean; readonly foldsParameters: boolean }> =
  new Map([
    // Many servers take the first of equally good types: another order may bring another format.
    ['accept', { isOrdered: true, foldsParameters: false }],
    // RFC 9110 section 12.5.4: that the order of languages means anything "cannot be relied upon".
    ['accept-language', { isOrdered: false, foldsParameters: true }],
    // Here every acceptable choice carries the same content.
    ['accept-encoding', { isOrdered: false, foldsParameters: true }],
    ['accept-charset', { isOrdered: false, foldsParameters: true }],
  ]);

/**
 * The request fields that a response nominates by `Vary`, in lower case, each once, sorted; `'*'` where any member is
 * `*`, and the response matches no other request; `undefined` without a `Vary`, or with an empty one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1
 */
export function nominatedFieldNames(headers: HeaderFields): readonly string[] | '*' | undefined {
  const names = fieldLines(headers, 'vary')
    .flatMap(splitFieldList)
    .map((name) => name.toLowerCase());
  if (names.includes('*')) return '*';
  return names.length === 0 ? undefined : [...new Set(names)].sort();
}

/**
 * What a request presents for the nominated fields, normalised; `null` for a field that it does not have.
 *
 * Normalised is only what cannot change the meaning (RFC 9111 section 4.1): several lines are joined; white space around
 * the commas of a list goes; in `Accept`, `Accept-Language`, `Accept-Encoding` and `Accept-Charset` upper and lower case
 * are equal, `q=1` is left out, and members are sorted by falling weight. Members of equal weight keep their order in
 * `Accept`, since many servers take the first, and are sorted in the other three. In fields such as
 * `Cookie` or `User-Agent`, where a comma is part of the value, only white space at both ends goes.
 *
 * @param names in lower case
 * @param protect called for every value
 */
export function nominate(
  names: readonly string[],
  requestHeaders: HeaderFields,
  protect: ProtectValue,
): NominatedValues {
  const values = nameTable<string | null>();
  for (const name of names) values[name] = presentedValue(name, requestHeaders, protect);
  return values;
}

/**
 * Whether a request presents the same values as those that a stored response was selected by. A field that was absent
 * only matches an absent one.
 *
 * @param nominated `undefined`: the response did not vary, and matches
 * @param protect the same as in {@link nominate}
 * @param negotiated the stored response's fields, where its `Content-Language` may speak for itself: then a response in
 * the one language that a request prefers to all others matches its `Accept-Language`, whatever that was before. Not
 * given: the values alone count.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1
 */
export function matchesNominated(
  nominated: NominatedValues | undefined,
  requestHeaders: HeaderFields,
  protect: ProtectValue,
  negotiated?: HeaderFields,
): boolean {
  if (nominated === undefined) return true;
  return Object.entries(nominated).every(
    ([name, value]) =>
      presentedValue(name, requestHeaders, protect) === value ||
      (name === 'accept-language' && negotiated !== undefined && isInPreferred(negotiated, requestHeaders)),
  );
}

/** Whether a response is in the language that a request gives the greatest weight, and no other the same. */
function isInPreferred(response: HeaderFields, request: HeaderFields): boolean {
  const [language, ...others] = fieldLines(response, 'content-language').flatMap(splitFieldList);
  if (language === undefined || others.length > 0) return false;
  const choices = fieldLines(request, 'accept-language')
    .flatMap(splitFieldList)
    .map((member) => weightedChoice(member, true));
  if (choices.some((choice) => choice === undefined)) return false;
  const wanted = choices.filter((choice) => choice !== undefined);
  const greatest = Math.max(0, ...wanted.map(({ weight }) => weight));
  const preferred = wanted.filter(({ weight }) => weight === greatest);
  return greatest > 0 && preferred.length === 1 && preferred[0]?.choice === language.toLowerCase();
}

function presentedValue(name: string, headers: HeaderFields, protect: ProtectValue): string | null {
  const lines = fieldLines(headers, name);
  if (lines.length === 0) return null;
  return protect(name, normalisedValue(name, lines));
}

function normalisedValue(name: string, lines: readonly string[]): string {
  if (SINGLE_VALUED.has(name))
    return lines.map((line) => trimWhiteSpace(line)).join(name === 'cookie' ? '; ' : ', ');
  const members = lines.flatMap(splitFieldList);
  const weighted = WEIGHTED.get(name);
  if (weighted === undefined) return members.join(', ');
  const choices = members.map((member) => weightedChoice(member, weighted.foldsParameters));
  // With a weight that cannot be read nobody knows what the server makes of the field.
  if (choices.includes(undefined)) return members.join(', ');
  return choices
    .filter((choice) => choice !== undefined)
    .sort((a, b) => b.weight - a.weight || (weighted.isOrdered ? 0 : compareText(a.text, b.text)))
    .map(({ text }) => text)
    .join(', ');
}

interface WeightedChoice {
  /** In lower case, without parameters. */
  readonly choice: string;
  readonly weight: number;
  /** The member in its normal form, with its weight unless that is 1. */
  readonly text: string;
}

/** @see https://www.rfc-editor.org/rfc/rfc9110.html#section-12.4.2 */
function weightedChoice(member: string, foldsParameters: boolean): WeightedChoice | undefined {
  const [choice = '', ...parameters] = splitParameters(member);
  const weights: string[] = [];
  const kept = [choice.toLowerCase()];
  for (const parameter of parameters) {
    const weightText = /^q\s*=\s*(.*)$/i.exec(parameter)?.[1];
    if (weightText !== undefined) weights.push(weightText);
    else kept.push(foldsParameters ? parameter.toLowerCase() : foldName(parameter));
  }
  // Of two weights nobody knows which one the server takes.
  const [weightText = '1', ...others] = weights;
  if (others.length > 0 || !/^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(weightText)) return undefined;
  const weight = Number(weightText);
  if (weight !== 1) kept.push(`q=${weight}`);
  return { choice: choice.toLowerCase(), weight, text: kept.join(';') };
}

/** A parameter's name is case-insensitive, its value need not be. */
function foldName(parameter: string): string {
  return parameter.replace(/^[^=]*/, (name) => name.toLowerCase());
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
