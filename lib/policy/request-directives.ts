import { NO_DIRECTIVES, parseCacheControl, type CacheDirectives } from '../http/cache-control.js';
import { splitFieldList } from '../http/field-list.js';
import { fieldLines, type HeaderFields } from '../http/header-fields.js';
import type { PolicySettings, RequestHead } from './messages.js';
import { neverAsks } from './modes.js';

const NO_CACHE: CacheDirectives = Object.freeze({ ...NO_DIRECTIVES, noCache: true });

/**
 * The directives of a request. `Pragma: no-cache` counts as `no-cache` where there is no `Cache-Control`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.4
 */
export function requestDirectives(headers: HeaderFields): CacheDirectives {
  const lines = fieldLines(headers, 'cache-control');
  if (lines.length > 0) return parseCacheControl(lines);
  // Nearly all requests have neither.
  if (!Object.hasOwn(headers, 'pragma')) return NO_DIRECTIVES;
  const hasPragma = fieldLines(headers, 'pragma')
    .flatMap(splitFieldList)
    .some((pragma) => pragma.toLowerCase() === 'no-cache');
  return hasPragma ? NO_CACHE : NO_DIRECTIVES;
}

/**
 * Whether a request must not reach the origin: by the settings, or by its directive `only-if-cached`.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.7
 */
export function isOnlyIfCached(request: RequestHead, settings: PolicySettings): boolean {
  return neverAsks(settings) || requestDirectives(request.headers).onlyIfCached;
}
