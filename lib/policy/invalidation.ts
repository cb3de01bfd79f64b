import { fieldLines, type HeaderFields } from '../http/header-fields.js';
import { isSafeMethod } from '../http/status-and-methods.js';
import type { PolicySettings, RequestHead, ResponseHead } from './messages.js';

/**
 * The URLs whose stored responses have to go because of a request that may have changed them: the target, and what
 * `Location` and `Content-Location` name, where that has the same origin.
 *
 * Only for methods that are not known to be safe and are not cached themselves (`allowableMethods`), and when the
 * response is no error (2xx or 3xx). In both modes of `cacheControl`; never when the cache is disabled or read-only.
 *
 * @returns absolute URLs without fragments, each once; empty when there is nothing to do
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.4
 */
export function invalidatedUrls(
  request: RequestHead,
  response: ResponseHead,
  settings: PolicySettings,
): readonly string[] {
  if (settings.disabled || settings.readOnly) return [];
  const method = request.method.toUpperCase();
  if (isSafeMethod(method) || settings.allowableMethods.has(method)) return [];
  if (response.status < 200 || response.status > 399) return [];
  const named = ['location', 'content-location'].flatMap((name) =>
    sameOriginUrl(response.headers, name, request.url),
  );
  return [...new Set([request.url, ...named])];
}

function sameOriginUrl(headers: HeaderFields, name: string, base: string): string[] {
  const reference = fieldLines(headers, name)[0];
  if (reference === undefined) return [];
  try {
    const target = new URL(base);
    const url = new URL(reference, target);
    url.hash = '';
    // A different origin could otherwise empty the cache of others. An opaque origin equals nothing.
    return url.origin === target.origin && url.origin !== 'null' ? [url.href] : [];
  } catch {
    return [];
  }
}
