import type { EpochMs } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import { parseExpirationRule, type ExpirationRule, type ExpirationTime } from './expiration.js';
import { compileGlob } from './glob.js';
import type { LifetimeRule } from './messages.js';

/**
 * Expiration times by URL. The first pattern that matches counts, in the order given.
 *
 * A text is a glob without a scheme (one that is there is ignored): `*` is any text, also across `/` and into the
 * query, `?` one character, `[a-z]` and `[!a-z]` one of a set. It has to match from the start of the host (which URLs
 * have in lower case), and matches everything below too: `example.com/static` covers `example.com/static/a/b?c=1`,
 * and a leading `*` covers any host. A `RegExp` is searched for in the whole URL, with its scheme.
 *
 * An object puts keys that look like whole numbers first, whatever the order written; an array of pairs keeps its
 * order always, and takes a `RegExp`.
 *
 * @example { 'api.example.com/live': 10, '*.example.com': '1d', '*': DO_NOT_CACHE }
 * @example [[/\/users\/\d+$/, 60], ['*', NEVER_EXPIRE]]
 */
export type UrlPatterns<T extends ExpirationRule = ExpirationTime> =
  Readonly<Record<string, T>> | readonly (readonly [pattern: string | RegExp, expireAfter: T])[];

/** One pattern, ready for use. */
export interface CompiledUrlPattern {
  /** The pattern as it was written. */
  readonly pattern: string;
  readonly lifetime: LifetimeRule;
  /** The expiration time as it was given. */
  readonly expireAfter: ExpirationRule;
  readonly matches: (url: string) => boolean;
}

/** Patterns ready for use, in order. */
export type CompiledUrlPatterns = readonly CompiledUrlPattern[];

const ACCEPTED =
  'an object of patterns and expiration times, or an array of [pattern, expiration time] pairs';

/**
 * Checks and compiles {@link UrlPatterns}; `undefined` gives none.
 * @param option the option's name, for errors
 * @param now for the century of HTTP dates with a two-digit year
 * @throws `ERR_CACHE_INVALID_OPTION` naming the pattern, as in `urlsExpireAfter["example.com"]`
 */
export function compileUrlPatterns(patterns: unknown, option: string, now: EpochMs): CompiledUrlPatterns {
  if (patterns === undefined) return [];
  return entriesOf(patterns, option).map(([pattern, expireAfter]) => {
    const text = String(pattern);
    const lifetime = parseExpirationRule(expireAfter, `${option}[${JSON.stringify(text)}]`, now);
    const matches = typeof pattern === 'string' ? globMatcher(pattern) : searcher(pattern);
    return { pattern: text, lifetime, expireAfter: expireAfter as ExpirationRule, matches };
  });
}

/**
 * The first pattern that matches a URL.
 * @param url absolute, with its query
 */
export function matchUrlPattern(
  compiled: CompiledUrlPatterns,
  url: string,
): { readonly pattern: string; readonly lifetime: LifetimeRule } | undefined {
  return compiled.find(({ matches }) => matches(url));
}

/**
 * The expiration time that patterns give a URL, as it stands in them; `undefined` when none matches.
 * @throws `ERR_CACHE_INVALID_OPTION`
 */
export function getUrlExpiration<T extends ExpirationRule>(
  url: string,
  patterns: UrlPatterns<T>,
  now: EpochMs,
): T | undefined {
  const found = compileUrlPatterns(patterns, 'urlsExpireAfter', now).find(({ matches }) => matches(url));
  return found?.expireAfter as T | undefined;
}

/** Whether a text stands for many URLs. A URL may well have a question mark or brackets in it. */
export function isUrlGlob(text: string): boolean {
  return text.includes('*');
}

/**
 * Tells which URLs a pattern matches, by the rules of {@link UrlPatterns}.
 * @param base URL that is put before a glob, as it is; for those that begin with a slash
 */
export function urlTest(pattern: string | RegExp, base = ''): (url: string) => boolean {
  return typeof pattern === 'string' ? globMatcher(pattern, base) : searcher(pattern);
}

function entriesOf(patterns: unknown, option: string): (readonly [string | RegExp, unknown])[] {
  if (typeof patterns !== 'object' || patterns === null)
    throw new InvalidOptionError(option, patterns, ACCEPTED);
  if (!Array.isArray(patterns)) {
    const prototype: unknown = Object.getPrototypeOf(patterns);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      throw new InvalidOptionError(option, patterns, ACCEPTED);
    }
    return Object.entries(patterns).map(([pattern, value]) => [checkedPattern(pattern, option), value]);
  }
  return patterns.map((pair: unknown, index) => {
    const where = `${option}[${index}]`;
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new InvalidOptionError(where, pair, 'a pair: [pattern, expiration time]');
    }
    return [checkedPattern(pair[0], where), pair[1] as unknown];
  });
}

function checkedPattern(pattern: unknown, option: string): string | RegExp {
  if (pattern instanceof RegExp || (typeof pattern === 'string' && pattern.trim() !== '')) return pattern;
  throw new InvalidOptionError(option, pattern, 'as pattern a text that is not empty, or a RegExp');
}

function globMatcher(pattern: string, base = ''): (url: string) => boolean {
  const matches = compileGlob(`${pattern.replace(/^[^/]*:\/\//, '')}*`, withoutScheme(base));
  return (url) => matches(withoutScheme(url));
}

function withoutScheme(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
}

function searcher(pattern: RegExp): (url: string) => boolean {
  // The flags g and y would make it remember where the last search ended.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (url) => stateless.test(url);
}
