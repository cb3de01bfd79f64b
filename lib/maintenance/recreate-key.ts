import { type StoredResponse } from '../cache/stored-response.js';
import { recreateKey } from '../key/cache-key.js';
import { type KeySettings } from '../key/request.js';

/** What of a stored response depends on the settings of the key. */
export type Address = Pick<StoredResponse, 'key' | 'resource' | 'url' | 'partition'>;

/**
 * Where a stored response belongs by other settings than it was stored with. Its variant stays, since that is a matter of
 * `Vary`; a key of the user's own making stays too.
 */
export function recreatedAddress(stored: StoredResponse, settings: KeySettings): Address {
  const { request, url, partition } = stored;
  const recreated = recreateKey({ ...request, url, partition }, settings);
  return stored.isCustomKey ? { ...recreated, key: stored.key } : recreated;
}
