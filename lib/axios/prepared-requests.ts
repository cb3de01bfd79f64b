import type { InternalAxiosRequestConfig } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import type { PreparedRequest } from '../cache/prepared-request.js';
import type { EffectiveSettings } from '../cache/settings.js';
import { redactUrl } from '../key/redaction.js';
import { hasHiddenUser } from './hidden-credentials.js';
import { isInsecure } from './messages.js';
import type { OwnCopy } from './own-copy.js';
import type { Preparation } from './prepare-config.js';

/** So many requests are remembered for a cache; then it begins anew. */
const MOST_REQUESTS = 1000;
/** So many of them for one URL: where each has a field of its own, as a trace does, looking for it takes longer than it saves. */
const MOST_OF_ONE_URL = 8;
/** A longer request, in characters, is not remembered. */
const LONGEST_REQUEST = 2000;

/** A request as it was given, all that tells plain ones apart but the URL, and what has been worked out of it. */
interface Known {
  readonly method: unknown;
  readonly baseURL: unknown;
  readonly allowAbsoluteUrls: unknown;
  readonly maxRedirects: unknown;
  readonly socketPath: unknown;
  readonly fieldNames: readonly string[];
  readonly fieldValues: readonly unknown[];
  readonly preparation: Preparation;
}

/** What is remembered, and what it depends on besides the requests themselves. */
interface Remembered {
  readonly settings: EffectiveSettings;
  readonly adapterHeaders: number;
  /** By URL as it was given. Compared one by one: to join all into one text, and look for that, takes longer. */
  readonly byUrl: Map<string, Known[]>;
  count: number;
}

/** By instance, which many may share a cache, and none of which is kept by it. */
const rememberedByCopy = new WeakMap<OwnCopy, WeakMap<CacheCore, Remembered>>();

/**
 * What has been remembered of a request that {@link isPlain}. Most programs ask for the same again and again, and the URL, the key's hashes and the
 * rules are what a hit would spend most of its time on.
 */
export function recall(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
): Preparation | undefined {
  const known = rememberedOf(core, copy)?.byUrl.get(config.url as string);
  if (known === undefined) return undefined;
  for (const one of known) if (isSameRequest(one, config)) return one.preparation;
  return undefined;
}

/**
 * Remembers what has been worked out of a request that {@link isPlain}.
 * @returns the same, to be used in its place
 */
export function remember(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  workedOut: Preparation,
): Preparation {
  if (workedOut.kind !== 'cached') return workedOut;
  const { identity, settings } = workedOut.prepared;
  // A function of the user's is to be asked each time; and what has a partition has credentials in it.
  if (identity.partition !== '' || settings.key.keyFn !== undefined) return workedOut;
  if (hasCredentials(workedOut.prepared)) return workedOut;
  const preparation: Preparation = {
    kind: 'cached',
    prepared: { ...workedOut.prepared, isRemembered: true },
  };
  const known = knownOf(config, preparation);
  if (known === undefined) return workedOut;
  let remembered = rememberedOf(core, copy) ?? begin(core, copy);
  if (remembered.count >= MOST_REQUESTS) remembered = begin(core, copy);
  const url = config.url as string;
  const others = remembered.byUrl.get(url);
  if (others !== undefined && others.length >= MOST_OF_ONE_URL) return workedOut;
  remembered.count += 1;
  if (others === undefined) remembered.byUrl.set(url, [known]);
  else others.push(known);
  return preparation;
}

/** Whether a request has credentials that its key leaves out, as `ignoredParameters` says. */
function hasCredentials({ head, varyHeaders, protect, settings }: PreparedRequest): boolean {
  for (const [name, value] of Object.entries(varyHeaders)) {
    for (const line of [value].flat()) if (protect(name, line) !== line) return true;
  }
  return /[?#@]/.test(head.url) && redactUrl(head.url, settings.key) !== head.url;
}

function knownOf(config: InternalAxiosRequestConfig, preparation: Preparation): Known | undefined {
  const { method, url, baseURL, allowAbsoluteUrls, maxRedirects, socketPath } = config;
  const fields = config.headers as Readonly<Record<string, unknown>>;
  const fieldNames = Object.keys(fields);
  const fieldValues = fieldNames.map((name) => fields[name]);
  let length = (url as string).length + (baseURL ?? '').length;
  for (const [index, value] of fieldValues.entries()) {
    const isAbsent = value === undefined || value === null || value === false;
    if (!isAbsent && typeof value !== 'string') return undefined;
    length += (fieldNames[index] as string).length + (isAbsent ? 0 : value.length);
  }
  if (length > LONGEST_REQUEST) return undefined;
  return {
    method,
    baseURL,
    allowAbsoluteUrls,
    maxRedirects,
    socketPath,
    fieldNames,
    fieldValues,
    preparation,
  };
}

function isSameRequest(known: Known, config: InternalAxiosRequestConfig): boolean {
  if (
    known.method !== config.method ||
    known.baseURL !== config.baseURL ||
    known.allowAbsoluteUrls !== config.allowAbsoluteUrls ||
    known.maxRedirects !== config.maxRedirects ||
    known.socketPath !== config.socketPath
  ) {
    return false;
  }
  const { fieldNames, fieldValues } = known;
  const fields = config.headers as Readonly<Record<string, unknown>>;
  const names = Object.keys(fields);
  if (names.length !== fieldNames.length) return false;
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    if (name !== fieldNames[index] || fields[name] !== fieldValues[index]) return false;
  }
  return true;
}

/**
 * Whether there is nothing to it but a URL and header fields. Left out are requests with a body, parameters, options of their
 * own, or a user, so that no credential is kept in memory.
 */
export function isPlain(config: InternalAxiosRequestConfig): boolean {
  const { method, url, baseURL, cache, decompress, responseType } = config;
  return (
    cache === undefined &&
    (method === 'get' || method === 'head') &&
    typeof url === 'string' &&
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
    byUrl: new Map(),
    count: 0,
  };
  let byCore = rememberedByCopy.get(copy);
  if (byCore === undefined) {
    byCore = new WeakMap();
    rememberedByCopy.set(copy, byCore);
  }
  byCore.set(core, begun);
  return begun;
}
