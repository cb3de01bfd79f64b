import type { RedirectResponse } from '../cache/stored-redirects.js';
import type { StoredResponse } from '../cache/stored-response.js';
import { fieldValue } from '../http/header-fields.js';
import { recreateKey } from '../key/cache-key.js';
import { REDACTED, rulesFor } from '../key/ignored-parameters.js';
import { protectFieldValue, redactHeaders, redactResponseHeaders, redactUrl } from '../key/redaction.js';
import type { KeySettings } from '../key/request.js';
import { canonicalUri } from '../key/target-uri.js';
import { variantKey } from '../key/variant-key.js';
import type { NominatedValues } from '../policy/messages.js';

/**
 * A stored response as it would be stored by other settings of the key: under the key that these give, with what they
 * ignore redacted. A key of the user's own making stays.
 */
export function recreated(stored: StoredResponse, settings: KeySettings): StoredResponse {
  const { request, url, partition } = stored;
  const address = recreateKey({ ...request, url, partition }, settings);
  const redacted = redactedContent(stored, settings);
  return {
    ...redacted,
    ...address,
    key: stored.isCustomKey ? stored.key : address.key,
    variant: variantKey(redacted.nominated, stored.isCustomKey ? address.partition : ''),
  };
}

/**
 * A stored response where it is, with what the settings of the key ignore redacted. Its key and variant stay, and so say
 * what they were made of, by hashes only.
 */
export function redactedContent(stored: StoredResponse, settings: KeySettings): StoredResponse {
  const { redirects, finalUrl } = stored;
  return {
    ...stored,
    ...redactedRequest(stored, settings),
    headers: redactResponseHeaders(stored.headers, settings),
    finalUrl: finalUrl && redactUrl(finalUrl, settings),
    redirects: redirects && {
      ...redirects,
      history: redirects.history.map((redirect) => redactedRedirect(redirect, settings)),
    },
  };
}

type AboutRequest = Pick<StoredResponse, 'url' | 'nominated' | 'request'>;

/** What is kept of a request likewise: with a response, or with a pointer to one. */
export function redactedRequest<T extends AboutRequest>(about: T, settings: KeySettings): T {
  const { url, request } = about;
  return {
    ...about,
    url: canonicalUri(url, rulesFor(settings.ignoredParameters)).url,
    nominated: protectedValues(about, settings),
    request: { ...request, headers: redactHeaders(request.headers, settings) },
  };
}

function redactedRedirect(redirect: RedirectResponse, settings: KeySettings): RedirectResponse {
  return {
    ...redirect,
    url: canonicalUri(redirect.url, rulesFor(settings.ignoredParameters)).url,
    headers: redactResponseHeaders(redirect.headers, settings),
  };
}

/** Values that are hashes already stay as they are: what they were made of is lost. */
function protectedValues(
  { nominated, request }: Pick<StoredResponse, 'nominated' | 'request'>,
  settings: KeySettings,
): NominatedValues | undefined {
  if (nominated === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(nominated).map(([name, value]) => {
      const isHash = fieldValue(request.headers, name) === REDACTED;
      return [name, value === null || isHash ? value : protectFieldValue(name, value, settings)];
    }),
  );
}
