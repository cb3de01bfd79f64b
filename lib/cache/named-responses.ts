import { InvalidOptionError } from '../errors.js';
import { resourceOf } from '../key/cache-key.js';
import { rulesFor } from '../key/ignored-parameters.js';
import type { KeySettings } from '../key/request.js';
import { canonicalUri } from '../key/target-uri.js';
import { type OptionSchema, validateOptions } from '../options.js';
import { isUrlGlob, urlTest } from '../policy/url-patterns.js';
import type { Invalidation } from './cache-options.js';
import type { UrlTest } from './in-flight.js';
import type { StoredResponse } from './stored-response.js';
import { expectTags } from './tags.js';

/** Stored responses that are named otherwise than by a key: those that any of it names. */
export interface NamedResponses {
  readonly tags: readonly string[];
  /** Of URLs. */
  readonly resources: readonly string[];
  /** Undefined: no patterns. */
  readonly matches: UrlTest | undefined;
}

/** URLs, globs and RegExps. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectUrls(value: unknown, option: string): asserts value is readonly (string | RegExp)[] {
  const isUrl = (one: unknown): boolean => typeof one === 'string' || one instanceof RegExp;
  if (Array.isArray(value) && [...(value as readonly unknown[])].every(isUrl)) return;
  throw new InvalidOptionError(option, value, 'an array of URLs, globs and RegExps');
}

const INVALIDATION_SCHEMA: OptionSchema = { tags: expectTags, urls: expectUrls };

/** The option `invalidates`. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectInvalidation(value: unknown, option: string): void {
  if (Array.isArray(value)) return expectTags(value, option);
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, 'an array of tags, or an object { tags, urls }');
  }
  validateOptions(value, INVALIDATION_SCHEMA, option);
}

/**
 * What is meant by tags, URLs and patterns that have been checked.
 * @param uriOf completes a URL as that of a request
 * @throws what `uriOf` throws
 */
export function namedResponses(
  { tags = [], urls = [] }: Invalidation,
  settings: KeySettings,
  uriOf: (url: string) => string,
): NamedResponses {
  const tests: UrlTest[] = [];
  const resources: string[] = [];
  for (const url of urls) {
    if (typeof url === 'string' && !isUrlGlob(url)) resources.push(resourceOf(uriOf(url), settings));
    else tests.push(urlTest(url, typeof url === 'string' ? baseOf(url, settings, uriOf) : ''));
  }
  const matches: UrlTest | undefined =
    tests.length === 0 ? undefined : (url) => tests.some((test) => test(url));
  return { tags, resources, matches };
}

/** What a glob that begins with a slash goes on from, in the form in which URLs are stored; `''`: nothing. */
function baseOf(glob: string, settings: KeySettings, uriOf: (url: string) => string): string {
  if (!glob.startsWith('/') || glob.startsWith('//')) return '';
  const whole = uriOf(glob);
  const base = whole.slice(0, Math.max(0, whole.indexOf(glob)));
  if (base === '') return '';
  return canonicalUri(`${base}/`, rulesFor(settings.ignoredParameters)).url.slice(0, -1);
}

/** The URLs that a stored response is found by: its own, and those that redirects led by. Canonical and redacted. */
export function urlsOf({ url, finalUrl, redirects }: StoredResponse): readonly string[] {
  if (finalUrl === undefined && redirects === undefined) return [url];
  const later = (redirects?.history ?? []).slice(1).map((redirect) => redirect.url);
  return [url, ...later, ...(finalUrl === undefined ? [] : [finalUrl])];
}

/** The resources likewise. */
export function resourcesOf({ resource, redirects }: StoredResponse): readonly string[] {
  return redirects === undefined ? [resource] : [resource, ...redirects.hops.map((hop) => hop.resource)];
}

/** Whether it has one of the tags. */
export function hasTag({ tags = [] }: StoredResponse, wanted: readonly string[]): boolean {
  return tags.length > 0 && wanted.some((tag) => tags.includes(tag));
}

/** Whether it is stored for one of the URLs, or redirects led to it by way of one. */
export function isOfUrls(
  stored: StoredResponse,
  { resources, matches }: Pick<NamedResponses, 'resources' | 'matches'>,
): boolean {
  return (
    (resources.length > 0 && resourcesOf(stored).some((resource) => resources.includes(resource))) ||
    (matches !== undefined && urlsOf(stored).some(matches))
  );
}
