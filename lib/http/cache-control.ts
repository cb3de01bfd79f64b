import { parseDeltaSeconds } from './delta-seconds.js';
import { isQuoteOpen, splitFieldList, unquote } from './field-list.js';
import { trimWhiteSpace } from './white-space.js';

/**
 * A parsed `Cache-Control` field, of a request or of a response. A directive that is absent is `false`, or has no
 * property where it would be a number.
 *
 * What cannot be read is taken the safe way: a directive that restricts still restricts, one that permits gives nothing.
 */
export interface CacheDirectives {
  readonly noStore: boolean;
  /** An array for the qualified form, `no-cache="set-cookie"`: field names in lower case. */
  readonly noCache: boolean | readonly string[];
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly public: boolean;
  /** An array for the qualified form: field names in lower case. */
  readonly private: boolean | readonly string[];
  readonly immutable: boolean;
  readonly noTransform: boolean;
  readonly onlyIfCached: boolean;
  /** Whole seconds, ≥ 0, at most 2³¹. 0 also where the value cannot be read: such a response counts as stale. */
  readonly maxAgeSeconds?: number;
  /** Like `maxAgeSeconds`. A private cache ignores it. */
  readonly sMaxAgeSeconds?: number;
  /** `Infinity` where the value cannot be read: then only what never expires is fresh enough. */
  readonly minFreshSeconds?: number;
  /** `Infinity` for the bare form: any staleness. Absent where the value cannot be read. */
  readonly maxStaleSeconds?: number;
  /** Absent where the value cannot be read. */
  readonly staleIfErrorSeconds?: number;
  /** Absent where the value cannot be read. */
  readonly staleWhileRevalidateSeconds?: number;
  /** Names of known directives that came with a value which cannot be read, in lower case. */
  readonly unreadable: readonly string[];
}

type Draft = { -readonly [K in keyof CacheDirectives]: CacheDirectives[K] } & { unreadable: string[] };
type FlagName =
  | 'noStore'
  | 'mustRevalidate'
  | 'proxyRevalidate'
  | 'mustUnderstand'
  | 'public'
  | 'immutable'
  | 'noTransform'
  | 'onlyIfCached';
type NumberName =
  | 'maxAgeSeconds'
  | 'sMaxAgeSeconds'
  | 'minFreshSeconds'
  | 'maxStaleSeconds'
  | 'staleIfErrorSeconds'
  | 'staleWhileRevalidateSeconds';

/** How a directive is read, and what it means when its value cannot be read. */
type Rule =
  | { readonly kind: 'flag'; readonly property: FlagName; readonly unreadable: boolean }
  | { readonly kind: 'fields'; readonly property: 'noCache' | 'private' }
  | {
      readonly kind: 'seconds';
      readonly property: NumberName;
      readonly unreadable: number | undefined;
      /** Meaning without a value; where it has none, the bare form is unreadable. */
      readonly bare?: number;
    };

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['no-store', { kind: 'flag', property: 'noStore', unreadable: true }],
  ['no-cache', { kind: 'fields', property: 'noCache' }],
  ['private', { kind: 'fields', property: 'private' }],
  ['must-revalidate', { kind: 'flag', property: 'mustRevalidate', unreadable: true }],
  ['proxy-revalidate', { kind: 'flag', property: 'proxyRevalidate', unreadable: true }],
  // With `no-store` beside it this directive permits storing, so that a doubtful one must not count.
  ['must-understand', { kind: 'flag', property: 'mustUnderstand', unreadable: false }],
  ['public', { kind: 'flag', property: 'public', unreadable: false }],
  ['immutable', { kind: 'flag', property: 'immutable', unreadable: false }],
  ['no-transform', { kind: 'flag', property: 'noTransform', unreadable: true }],
  ['only-if-cached', { kind: 'flag', property: 'onlyIfCached', unreadable: true }],
  ['max-age', { kind: 'seconds', property: 'maxAgeSeconds', unreadable: 0 }],
  ['s-maxage', { kind: 'seconds', property: 'sMaxAgeSeconds', unreadable: 0 }],
  ['min-fresh', { kind: 'seconds', property: 'minFreshSeconds', unreadable: Infinity }],
  ['max-stale', { kind: 'seconds', property: 'maxStaleSeconds', unreadable: undefined, bare: Infinity }],
  ['stale-if-error', { kind: 'seconds', property: 'staleIfErrorSeconds', unreadable: undefined }],
  [
    'stale-while-revalidate',
    { kind: 'seconds', property: 'staleWhileRevalidateSeconds', unreadable: undefined },
  ],
]);

const RESTRICTIVE = new Set(['no-store', 'no-cache', 'private', 'must-revalidate', 'proxy-revalidate']);

/** The directives of a message without `Cache-Control`. */
export const NO_DIRECTIVES: CacheDirectives = Object.freeze({
  ...emptyDraft(),
  unreadable: Object.freeze([]),
});

/**
 * Parses a `Cache-Control` field, of a request or of a response; never throws.
 *
 * Names are case-insensitive; a value may be a token or a quoted string (`max-age="60"` is 60). Of a number that is
 * given twice the first one counts (RFC 9111 section 4.2.1); flags and field names add up.
 *
 * @param value the field's value, or its lines; `undefined` where the field is absent
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2
 */
export function parseCacheControl(value: string | readonly string[] | undefined): CacheDirectives {
  if (value === undefined || value.length === 0) return NO_DIRECTIVES;
  const draft = emptyDraft();
  for (const line of typeof value === 'string' ? [value] : value) {
    for (const member of splitFieldList(line)) addMember(draft, member);
  }
  return draft;
}

function emptyDraft(): Draft {
  return {
    noStore: false,
    noCache: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
    public: false,
    private: false,
    immutable: false,
    noTransform: false,
    onlyIfCached: false,
    unreadable: [],
  };
}

function addMember(draft: Draft, member: string): void {
  const equals = member.indexOf('=');
  const name = equals < 0 ? member : member.slice(0, equals);
  addDirective(draft, name, equals < 0 ? undefined : member.slice(equals + 1));
  if (!isQuoteOpen(member)) return;
  // A quote that is never closed swallows the rest of the line. What may restrict in there is not lost.
  for (const piece of member.split(',').slice(1)) {
    const hidden = trimWhiteSpace(piece.replace(/[="].*$/, '')).toLowerCase();
    if (RESTRICTIVE.has(hidden)) addDirective(draft, hidden, undefined);
  }
}

/** @param argument what follows the equals sign, as it stands; `undefined` for the bare form */
function addDirective(draft: Draft, rawName: string, argument: string | undefined): void {
  const name = trimWhiteSpace(rawName).toLowerCase();
  const rule = RULES.get(name);
  if (rule === undefined) return;
  // White space around the equals sign is not in the grammar: such a value cannot be trusted.
  const isSpaced = name.length !== rawName.length;
  const value = argument === undefined || isSpaced ? undefined : argumentText(argument);
  const isReadable = argument === undefined || value !== undefined;
  switch (rule.kind) {
    case 'flag':
      addFlag(draft, rule, name, argument === undefined);
      break;
    case 'fields':
      if (!isReadable) draft.unreadable.push(name);
      addFieldNames(draft, rule.property, argument?.startsWith('"') === true ? value : undefined);
      break;
    case 'seconds':
      addSeconds(draft, rule, name, argument === undefined ? rule.bare : parseDeltaSeconds(value ?? ''));
      break;
  }
}

function addFlag(draft: Draft, rule: Rule & { kind: 'flag' }, name: string, isBare: boolean): void {
  if (!isBare) draft.unreadable.push(name);
  if (isBare || rule.unreadable) draft[rule.property] = true;
}

function addFieldNames(draft: Draft, property: 'noCache' | 'private', value: string | undefined): void {
  const names = value === undefined ? [] : splitFieldList(value).map((name) => name.toLowerCase());
  const earlier = draft[property];
  // The plain form covers more than the qualified one, and stays.
  // What is not a quoted list of field names may have been meant as anything.
  if (earlier === true || names.length === 0 || !names.every(isToken)) draft[property] = true;
  else draft[property] = [...(earlier === false ? [] : earlier), ...names];
}

function addSeconds(
  draft: Draft,
  rule: Rule & { kind: 'seconds' },
  name: string,
  seconds: number | undefined,
): void {
  const isFirst = draft[rule.property] === undefined && !draft.unreadable.includes(name);
  if (seconds === undefined) draft.unreadable.push(name);
  const meaning = seconds ?? rule.unreadable;
  if (isFirst && meaning !== undefined) draft[rule.property] = meaning;
}

/** A token as it stands, or the text of a quoted string; `undefined` for anything else. */
function argumentText(argument: string): string | undefined {
  if (argument.startsWith('"')) return unquote(argument);
  return isToken(argument) ? argument : undefined;
}

function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}
