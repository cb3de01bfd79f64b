import { type InternalAxiosRequestConfig } from 'axios';
import { type CacheCore } from '../cache/cache-core.js';
import { type EffectiveSettings } from '../cache/settings.js';
import { hasHiddenUser } from './hidden-credentials.js';
import { isInsecure } from './messages.js';
import { type OwnCopy } from './own-copy.js';
import { type Preparation } from './prepare-config.js';

/** So many requests are remembered for a cache; then it begins anew. */
const MOST_REQUESTS = 1000;
/** A longer request, in characters, is not remembered. */
const LONGEST_REQUEST = 2000;

/** What is remembered, and what it depends on besides the requests themselves. */
interface Remembered {
  readonly settings: EffectiveSettings;
  readonly adapterHeaders: number;
  readonly bySignature: Map<string, Preparation>;
}

/** By instance, which many may share a cache, and none of which is kept by it. */
const rememberedByCopy = new WeakMap<OwnCopy, WeakMap<CacheCore, Remembered>>();

/**
 * What has been worked out of plain requests: most programs ask for the same again and again, and the URL, the key's hashes and
 * the rules are what a hit would spend most of its time on. Left out are requests with a body, parameters, options of their
 * own, or a user, so that no credential is kept in memory.
 *
 * @returns what to look for and to remember by; undefined: it is not remembered
 */
export function signatureOf(config: InternalAxiosRequestConfig): string | undefined {
  if (!isPlain(config)) return undefined;
  const { method, url, baseURL, allowAbsoluteUrls, maxRedirects, socketPath, headers } = config;
  let signature =
    lengthPrefixed(String(method)) +
    lengthPrefixed(String(url)) +
    lengthPrefixed(baseURL ?? '-') +
    lengthPrefixed(`${String(allowAbsoluteUrls)} ${String(maxRedirects)} ${String(socketPath)}`);
  const fields = headers as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined || value === null || value === false) continue;
    if (typeof value !== 'string') return undefined;
    signature += lengthPrefixed(name) + lengthPrefixed(value);
  }
  return signature.length <= LONGEST_REQUEST ? signature : undefined;
}

/** Whether there is nothing to it but a URL and header fields. */
function isPlain(config: InternalAxiosRequestConfig): boolean {
  const { method, baseURL, cache, decompress, responseType } = config;
  return (
    cache === undefined &&
    (method === 'get' || method === 'head') &&
    isNothing(config.params) &&
    isNothing(config.data) &&
    isNothing(config.auth) &&
    decompress !== false &&
    responseType !== 'document' &&
    (baseURL === undefined || typeof baseURL === 'string') &&
    !hasHiddenUser(config) &&
    !isInsecure(config)
  );
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function lengthPrefixed(text: string): string {
  return `${text.length}:${text}`;
}

/** What has been remembered of such a request. */
export function recall(core: CacheCore, copy: OwnCopy, signature: string): Preparation | undefined {
  return rememberedOf(core, copy)?.bySignature.get(signature);
}

export function remember(core: CacheCore, copy: OwnCopy, signature: string, preparation: Preparation): void {
  if (preparation.kind !== 'cached') return;
  const { identity, settings } = preparation.prepared;
  // A function of the user's is to be asked each time; and what has a partition has credentials in it.
  if (identity.partition !== '' || settings.key.keyFn !== undefined) return;
  const { bySignature } = rememberedOf(core, copy) ?? begin(core, copy);
  if (bySignature.size >= MOST_REQUESTS) bySignature.clear();
  bySignature.set(signature, preparation);
}

function rememberedOf(core: CacheCore, copy: OwnCopy): Remembered | undefined {
  const remembered = rememberedByCopy.get(copy)?.get(core);
  const isCurrent =
    remembered !== undefined &&
    remembered.settings === core.settings.effective &&
    remembered.adapterHeaders === copy.adapterHeaders.version;
  return isCurrent ? remembered : undefined;
}

function begin(core: CacheCore, copy: OwnCopy): Remembered {
  const begun: Remembered = {
    settings: core.settings.effective,
    adapterHeaders: copy.adapterHeaders.version,
    bySignature: new Map(),
  };
  let byCore = rememberedByCopy.get(copy);
  if (byCore === undefined) {
    byCore = new WeakMap();
    rememberedByCopy.set(copy, byCore);
  }
  byCore.set(core, begun);
  return begun;
}
