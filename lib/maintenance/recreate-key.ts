import { type StoredResponse } from '../cache/stored-response.js';
import { fieldValue } from '../http/header-fields.js';
import { recreateKey } from '../key/cache-key.js';
import { REDACTED } from '../key/ignored-parameters.js';
import { protectFieldValue, redactHeaders, redactResponseHeaders, redactUrl } from '../key/redaction.js';
import { type KeySettings } from '../key/request.js';
import { variantKey } from '../key/variant-key.js';
import { type NominatedValues } from '../policy/messages.js';

/**
 * A stored response as it would be stored by other settings of the key: under the key that these give, with what they
 * ignore redacted. A key of the user's own making stays.
 */
export function recreated(stored: StoredResponse, settings: KeySettings): StoredResponse {
  const { request, url, partition } = stored;
  const address = recreateKey({ ...request, url, partition }, settings);
  const nominated = protectedValues(stored, settings);
  return {
    ...stored,
    ...address,
    key: stored.isCustomKey ? stored.key : address.key,
    nominated,
    variant: variantKey(nominated, stored.isCustomKey ? address.partition : ''),
    headers: redactResponseHeaders(stored.headers, settings),
    finalUrl: stored.finalUrl && redactUrl(stored.finalUrl, settings),
    request: { ...request, headers: redactHeaders(request.headers, settings) },
  };
}

/** Values that are hashes already stay as they are: what they were made of is lost. */
export function protectedValues(
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
