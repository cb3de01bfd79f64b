import { parseCacheControl } from '../http/cache-control.js';
import type { EpochMs } from '../clock.js';
import { fieldLines } from '../http/header-fields.js';
import { trimWhiteSpace } from '../http/white-space.js';
import { explicitLifetime } from './freshness-lifetime.js';
import type { PolicySettings, RequestHead, RequestVerdict, ResponseHead } from './messages.js';
import { judgeRequest } from './request-verdict.js';

/**
 * How the answer to a POST may be kept for later GETs of the same URL; undefined where it may not: the cache does not
 * judge by header fields, or it treats POST as the user said (`allowableMethods`). The POST itself is never answered
 * from storage.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.3
 */
export function judgePost(request: RequestHead, settings: PolicySettings): RequestVerdict | undefined {
  if (!settings.cacheControl || request.method !== 'POST' || settings.allowableMethods.has('POST')) {
    return undefined;
  }
  const verdict = judgeRequest({ ...request, method: 'GET' }, settings);
  return verdict.mayRead && verdict.mayWrite ? { ...verdict, mayRead: false } : undefined;
}

/**
 * Successes without the content that a GET would bring: nothing at all (RFC 9110 sections 15.3.5 and 15.3.6), or a part
 * of it (section 15.3.7).
 */
const WITHOUT_WHOLE_CONTENT: ReadonlySet<number> = new Set([204, 205, 206]);

/**
 * Whether the answer to a POST is what a GET of the same URL would bring: it is successful and has content, says
 * explicitly how long it is fresh, and its `Content-Location` is the URL of the request.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.3
 */
export function answersLaterGet(
  request: RequestHead,
  response: ResponseHead,
  responseReceivedAt: EpochMs,
): boolean {
  if (response.status < 200 || response.status > 299) return false;
  if (WITHOUT_WHOLE_CONTENT.has(response.status)) return false;
  const directives = parseCacheControl(fieldLines(response.headers, 'cache-control'));
  if (explicitLifetime(response, directives, responseReceivedAt) === undefined) return false;
  const [location, ...others] = fieldLines(response.headers, 'content-location');
  if (location === undefined || trimWhiteSpace(location) === '' || others.length > 0) return false;
  try {
    const target = new URL(request.url);
    target.hash = '';
    return new URL(location, target).href === target.href;
  } catch {
    return false;
  }
}
