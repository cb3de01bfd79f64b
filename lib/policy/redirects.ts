import { fieldLines } from '../http/header-fields.js';
import type { RequestHead, ResponseHead, StorageVerdict } from './messages.js';
import { type Exchange, judgeStorability } from './storability.js';
import { nominatedFieldNames } from './vary.js';

/**
 * What the redirects on the way do to the verdict on the response that they led to: it answers the first URL only for as
 * long as every redirect may be reused. With `cacheControl` each is judged by its own header fields; one that may not be
 * stored keeps the response from being stored under the first URL. Without it, only the user's settings decide, and they
 * say nothing of redirects. `Vary: *` counts in both modes.
 *
 * Statuses in `allowableCodes` and `codesExpireAfter` are about responses that callers get, which redirects on the way are not.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3
 */
export function boundByRedirects(
  verdict: StorageVerdict,
  redirects: readonly ResponseHead[],
  exchange: Exchange,
): StorageVerdict {
  if (!verdict.store) return verdict;
  if (redirects.some(({ headers }) => nominatedFieldNames(headers) === '*')) {
    return { store: false, reason: 'a redirect on the way may not be reused: Vary: * never matches' };
  }
  if (!exchange.settings.cacheControl) return verdict;
  let bound = verdict;
  for (const redirect of redirects) {
    const settings = {
      ...exchange.settings,
      allowableCodes: new Set([redirect.status]),
      codeLifetimes: undefined,
    };
    const own = judgeStorability({ ...exchange, response: redirect, settings });
    if (!own.store) return { store: false, reason: `a redirect on the way may not be reused: ${own.reason}` };
    if ((own.expiresAt ?? Infinity) >= (bound.expiresAt ?? Infinity)) continue;
    const { expiresAt, retainUntil, lifetimeSource } = own;
    bound = {
      ...bound,
      expiresAt,
      retainUntil,
      lifetimeSource,
      reason: `bound by a redirect on the way: ${own.reason}`,
    };
  }
  return bound;
}

/** A redirect, and the request that it answered. */
export interface AnsweredRedirect extends ResponseHead {
  readonly method: string;
  readonly url: string;
}

/** The responses of a chain of redirects, each with the request that it answered; the last is the one that was led to. */
export function exchangesOfChain(
  request: RequestHead,
  redirects: readonly AnsweredRedirect[],
  response: ResponseHead,
): readonly { readonly request: RequestHead; readonly response: ResponseHead }[] {
  let asked = request;
  const exchanges = redirects.map((redirect, index) => {
    const exchange = { request: asked, response: redirect };
    const { method, url } = redirects[index + 1] ?? {
      method: redirectedMethod(redirect.method, redirect.status),
      url: locationOf(redirect),
    };
    asked = { ...request, method, url };
    return exchange;
  });
  return [...exchanges, { request: asked, response }];
}

function locationOf({ headers, url }: AnsweredRedirect): string {
  const location = fieldLines(headers, 'location')[0] ?? '';
  return URL.canParse(location, url) ? new URL(location, url).href : url;
}

/**
 * The method of the request that follows a redirect.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4
 */
export function redirectedMethod(method: string, status: number): string {
  if (status === 303) return method === 'HEAD' ? method : 'GET';
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method;
}
