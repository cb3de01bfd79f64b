import axios, { type AxiosResponseTransformer, type InternalAxiosRequestConfig } from 'axios';
import { type CacheCore } from '../cache/cache-core.js';
import { type StoredResponse } from '../cache/stored-response.js';
import { deepFrozen, freezeJson, type MaybeFrozen } from './deep-frozen.js';
import { RecentValues } from './recent-values.js';

/** Values are kept of bodies that have so many bytes together; they themselves take some times as much. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;
/** So many ways to ask for one response are kept apart: transforms may be other functions each time. */
const MOST_WAYS = 8;

/** All that a value depends on besides the stored response: the transforms themselves, and what axios's own look at. */
type Way = readonly unknown[];

interface Made {
  readonly way: Way;
  readonly value: unknown;
}

/** By cache, so that they go with it. */
const madeByCore = new WeakMap<CacheCore, RecentValues<StoredResponse, Made[]>>();

/** The value of a stored response that is handed to everybody who asks for it in the same way. */
export interface SharedValue {
  /** Whether it has been made already: then no body is needed. */
  readonly isMade: boolean;
  /** Puts it, or its making, in the place of the transforms of a request, for this one response. */
  install(): void;
}

/** For a request with `immutableData` that is answered by a stored response, whole and as it is stored. */
export function sharedValue(
  core: CacheCore,
  config: InternalAxiosRequestConfig,
  stored: StoredResponse,
): SharedValue {
  const transforms = transformsOf(config);
  const way = wayOf(config, transforms);
  const known = valuesOf(core)
    .get(stored)
    ?.find((made) => isSame(made.way, way));
  return {
    isMade: known !== undefined,
    install: () =>
      replaceTransforms(config, (data, headers, status) => {
        if (known !== undefined) return known.value;
        const value = frozen(config, transforms, data, headers, status);
        if (value.isFrozen) keep(core, stored, { way, value: value.value });
        return value.value;
      }),
  };
}

/** Freezes what the transforms of a request make of a response that came from the origin. */
export function freezeTransformed(config: InternalAxiosRequestConfig): void {
  const transforms = transformsOf(config);
  replaceTransforms(
    config,
    (data, headers, status) => frozen(config, transforms, data, headers, status).value,
  );
}

/** Gives a config its own transforms back, where axios has not come to call those in their place. */
export function showOwnTransforms(config: unknown): void {
  const transform = (config as { transformResponse?: unknown } | null | undefined)?.transformResponse;
  if (typeof transform === 'function') restorations.get(transform)?.();
}

type Transform = (this: unknown, data: unknown, headers: unknown, status: unknown) => unknown;

const restorations = new WeakMap<object, () => void>();

function replaceTransforms(config: InternalAxiosRequestConfig, transform: Transform): void {
  const { transformResponse: own } = config;
  const isOwn = Object.hasOwn(config, 'transformResponse');
  const restore = (): void => {
    if (isOwn) config.transformResponse = own as AxiosResponseTransformer;
    else delete config.transformResponse;
  };
  const inTheirPlace: Transform = (data, headers, status) => {
    // Before anything can fail: errors show the config, too.
    restore();
    return transform(data, headers, status);
  };
  restorations.set(inTheirPlace, restore);
  config.transformResponse = inTheirPlace as AxiosResponseTransformer;
}

/** axios's own, if it is as it came: what it makes of a text is that text, or what `JSON.parse` makes of it. */
const PARSER = (axios.defaults.transformResponse as readonly unknown[] | undefined)?.[0];
const isParserKnown =
  typeof PARSER === 'function' &&
  /forcedJSONParsing[^]*JSON\.parse\(/.test(Function.prototype.toString.call(PARSER));

function frozen(
  config: InternalAxiosRequestConfig,
  transforms: readonly Transform[],
  data: unknown,
  headers: unknown,
  status: unknown,
): MaybeFrozen {
  const value = transformed(config, transforms, data, headers, status);
  const isJson =
    isParserKnown &&
    transforms.length === 1 &&
    transforms[0] === PARSER &&
    typeof data === 'string' &&
    (config as { parseReviver?: unknown }).parseReviver === undefined;
  if (!isJson) return deepFrozen(value);
  freezeJson(value);
  return { value, isFrozen: true };
}

/** As axios does it. */
function transformed(
  config: InternalAxiosRequestConfig,
  transforms: readonly Transform[],
  data: unknown,
  headers: unknown,
  status: unknown,
): unknown {
  return transforms.reduce((value, transform) => transform.call(config, value, headers, status), data);
}

function transformsOf({ transformResponse }: InternalAxiosRequestConfig): readonly Transform[] {
  if (!transformResponse) return [];
  return (Array.isArray(transformResponse) ? transformResponse : [transformResponse]) as Transform[];
}

function wayOf(config: InternalAxiosRequestConfig, transforms: readonly Transform[]): Way {
  const { responseType, responseEncoding, transitional } = config;
  const { parseReviver } = config as { parseReviver?: unknown };
  const { silentJSONParsing, forcedJSONParsing } = transitional ?? {};
  return [responseType, responseEncoding, silentJSONParsing, forcedJSONParsing, parseReviver, ...transforms];
}

function isSame(one: Way, other: Way): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

function keep(core: CacheCore, stored: StoredResponse, made: Made): void {
  const values = valuesOf(core);
  const others = (values.get(stored) ?? []).filter(({ way }) => !isSame(way, made.way));
  const all = [...others.slice(1 - MOST_WAYS), made];
  values.set(stored, all, stored.bodyBytes * all.length);
}

function valuesOf(core: CacheCore): RecentValues<StoredResponse, Made[]> {
  let values = madeByCore.get(core);
  if (values === undefined) {
    values = new RecentValues(MOST_BODY_BYTES);
    madeByCore.set(core, values);
  }
  return values;
}
