import type { StoredResponse } from '../cache/stored-response.js';
import { momentBefore } from '../policy/expiration.js';
import { compileUrlPatterns } from '../policy/url-patterns.js';
import type { ScanRange } from '../storage/backend.js';
import { compileGlob } from '../policy/glob.js';
import { UsageError } from './failure.js';

/** Which responses are meant, as options say it. All that are given must hold; of one that is given several times, any. */
export interface SelectionOptions {
  readonly url?: readonly string[] | undefined;
  readonly host?: readonly string[] | undefined;
  readonly status?: readonly string[] | undefined;
  readonly method?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly expired?: boolean | undefined;
  readonly fresh?: boolean | undefined;
  readonly olderThan?: string | undefined;
}

/** Which responses are meant. */
export interface Selection {
  /** What storage can tell by itself. */
  readonly range: ScanRange;
  /** Whether it names any condition at all. */
  readonly isLimited: boolean;
  includes(stored: StoredResponse): boolean;
}

type Test = (stored: StoredResponse) => boolean;

/** @throws UsageError, InvalidOptionError */
export function selectionOf(options: SelectionOptions, now: number): Selection {
  if (options.expired === true && options.fresh === true) {
    throw new UsageError('--expired and --fresh exclude each other');
  }
  const range: ScanRange = {
    ...(options.expired === true ? { expiredBy: now } : {}),
    ...(options.fresh === true ? { freshAt: now } : {}),
    ...(options.olderThan === undefined
      ? {}
      : { createdBefore: momentBefore(options.olderThan, '--older-than', now) }),
  };
  const tests = [
    anyOf(options.url, urlTest(now)),
    anyOf(options.host, hostTest),
    anyOf(options.status?.flatMap(parts), statusTest),
    anyOf(options.method?.flatMap(parts), methodTest),
    anyOf(options.tag, tagTest),
  ].filter((test) => test !== undefined);
  return {
    range,
    isLimited: tests.length > 0 || Object.keys(range).length > 0,
    includes: (stored) => isInRange(stored, range) && tests.every((test) => test(stored)),
  };
}

/** Also what has not come by a scan of the range. */
function isInRange({ expiresAt, createdAt }: StoredResponse, range: ScanRange): boolean {
  const { expiredBy, freshAt, createdBefore } = range;
  if (expiredBy !== undefined && !(expiresAt !== undefined && expiresAt <= expiredBy)) return false;
  if (freshAt !== undefined && expiresAt !== undefined && expiresAt <= freshAt) return false;
  return createdBefore === undefined || createdAt < createdBefore;
}

function anyOf(wanted: readonly string[] | undefined, testOf: (text: string) => Test): Test | undefined {
  if (wanted === undefined || wanted.length === 0) return undefined;
  const tests = wanted.map(testOf);
  return (stored) => tests.some((test) => test(stored));
}

function parts(list: string): readonly string[] {
  return list.split(',').map((one) => one.trim());
}

function urlTest(now: number): (text: string) => Test {
  return (text) => {
    const matches = urlMatcher(text, now);
    return ({ url }) => matches(url);
  };
}

/**
 * What a URL, a glob or a regular expression between slashes means: a whole URL; a pattern as in `urlsExpireAfter`, without
 * scheme and with anything after it.
 * @throws UsageError
 */
export function urlMatcher(text: string, now: number): (url: string) => boolean {
  const expression = regularExpression(text);
  const [compiled] = compileUrlPatterns([[expression ?? text, -1]], '--url', now);
  return (url) => url === text || compiled?.matches(url) === true;
}

/** Whether it is meant as a pattern, and not as one URL or key. */
export function isPattern(text: string): boolean {
  return text.includes('*') || regularExpression(text) !== undefined;
}

function regularExpression(text: string): RegExp | undefined {
  const [, source, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  if (source === undefined) return undefined;
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new UsageError(`${text} is no regular expression: ${error instanceof Error ? error.message : ''}`);
  }
}

function hostTest(text: string): Test {
  const matches = compileGlob(text.toLowerCase());
  return ({ url }) => {
    const { host, hostname } = hostOf(url);
    return matches(host) || matches(hostname);
  };
}

/** Of a URL, with its port and without; empty where it has none. */
export function hostOf(url: string): { readonly host: string; readonly hostname: string } {
  if (!URL.canParse(url)) return { host: '', hostname: '' };
  const { host, hostname } = new URL(url);
  return { host, hostname };
}

function statusTest(text: string): Test {
  if (/^[1-5]xx$/i.test(text)) {
    const hundreds = Number(text[0]);
    return ({ status }) => Math.floor(status / 100) === hundreds;
  }
  if (!/^\d{3}$/.test(text)) throw new UsageError(`--status takes 200, 4xx or a list of them, not "${text}"`);
  const wanted = Number(text);
  return ({ status }) => status === wanted;
}

function methodTest(text: string): Test {
  const wanted = text.toUpperCase();
  return (stored) => stored.method === wanted || shownMethod(stored) === wanted;
}

/** The method that is shown: `HEAD` where header fields are all that is stored. */
export function shownMethod({ method, parts: stored }: StoredResponse): string {
  return stored?.spans.length === 0 ? 'HEAD' : method;
}

function tagTest(text: string): Test {
  return (stored) => tagsOf(stored).includes(text);
}

/** What the response was tagged with; nothing where it is of an earlier release. */
export function tagsOf({ tags = [] }: StoredResponse): readonly string[] {
  return tags;
}
