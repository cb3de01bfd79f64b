import axios, { type AxiosResponseTransformer, type InternalAxiosRequestConfig } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import type { BodyShape, StoredResponse } from '../cache/stored-response.js';
import type { AdapterFamily } from './adapter-family.js';
import { deepFrozen, freezeJson, type MaybeFrozen } from './deep-frozen.js';
import { RecentValues } from './recent-values.js';

/** Values are kept of bodies that count for so many bytes together; they themselves take some times as much. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;
/** A small body counts for what is kept beside its value, too. */
const LEAST_BYTES = 2048;
/** So many ways to ask for one response are kept apart. */
const MOST_WAYS = 8;

/** All that a value depends on besides the stored response: the transforms themselves, and what is made for them of its body. */
type Way = readonly unknown[];

interface Made {
  readonly way: Way;
  readonly value: unknown;
}

/** By cache, so that they go with it. */
const madeByCore = new WeakMap<CacheCore, RecentValues<StoredResponse, Made[]>>();

/** What was once seen as a transform: one that is made for each request is none of these, and nothing is kept for it. */
const seenTransforms = new WeakSet<object>();

/** The value of a stored response that is handed to everybody who asks for it in the same way. */
export interface SharedValue {
  /** What takes the place of the body, where that is known and passes axios's own transform as it is; else undefined. */
  readonly made: object | undefined;
  /** Sees to it that what the transforms make is the shared value. @param data what they are to be given */
  install(data: unknown): void;
}

/**
 * For a request with `immutableData` that is answered by a stored response, whole and as it is stored, by an adapter that
 * axios calls itself.
 */
export function sharedValue(
  core: CacheCore,
  config: InternalAxiosRequestConfig,
  stored: StoredResponse,
  family: AdapterFamily,
  bodyShape: BodyShape,
): SharedValue {
  const transforms = transformsOf(config);
  const way = wayOf(config, transforms, family, bodyShape);
  const known = valuesOf(core)
    .get(stored)
    ?.find((made) => isSame(made.way, way));
  const { value } = known ?? {};
  if (isContainer(value) && isParsedOnly(config, transforms))
    return { made: value, install: () => undefined };
  return {
    made: undefined,
    install: (data) => {
      if (known !== undefined) return handOut(config, transforms, data, known.value);
      const isWorthKeeping = transforms.every(wasSeen);
      capture(config, transforms, data, (found) => {
        if (found.isFrozen && isWorthKeeping) keep(core, stored, { way, value: found.value });
      });
    },
  };
}

/** Freezes what the transforms of a request make of a text that came from the origin. */
export function freezeTransformed(config: InternalAxiosRequestConfig, data: unknown): void {
  // What a function gave as a value is its own.
  if (typeof data === 'string') capture(config, transformsOf(config), data, () => undefined);
}

/** Gives a config its own transforms back, where axios has not come to call them. */
export function showOwnTransforms(config: unknown): void {
  const transform = (config as { transformResponse?: unknown } | null | undefined)?.transformResponse;
  if (typeof transform === 'function') restorations.get(transform)?.();
}

type Transform = (this: unknown, data: unknown, headers: unknown, status: unknown) => unknown;

const restorations = new WeakMap<object, () => void>();

/** Hands out what is known, in the place of the transforms, without calling them. */
function handOut(
  config: InternalAxiosRequestConfig,
  transforms: readonly Transform[],
  data: unknown,
  value: unknown,
): void {
  inPlaceOf(config, transforms, (given, run) => (given === data ? value : run()));
}

/** Freezes what the transforms make, and tells it. */
function capture(
  config: InternalAxiosRequestConfig,
  transforms: readonly Transform[],
  data: unknown,
  tell: (found: MaybeFrozen) => void,
): void {
  inPlaceOf(config, transforms, (given, run) => {
    const value = run();
    if (given !== data) return value;
    const found = frozen(value, typeof given === 'string' && isParsedOnly(config, transforms));
    tell(found);
    return found.value;
  });
}

/**
 * Puts a function in the place of a config's transforms, for one response. A config may get into other hands before axios
 * calls it, and be sent again (a caller has given up, an interceptor tries once more): then it does what they do.
 */
function inPlaceOf(
  config: InternalAxiosRequestConfig,
  transforms: readonly Transform[],
  act: (given: unknown, run: () => unknown) => unknown,
): void {
  const { transformResponse: own } = config;
  const isOwn = Object.hasOwn(config, 'transformResponse');
  let isOver = false;
  const restore = (): void => {
    isOver = true;
    if (config.transformResponse !== inTheirPlace) return;
    if (isOwn) config.transformResponse = own as AxiosResponseTransformer;
    else delete config.transformResponse;
  };
  const inTheirPlace: Transform & AxiosResponseTransformer = function (this: unknown, data, headers, status) {
    const run = (): unknown =>
      transforms.reduce<unknown>((value, one) => one.call(this, value, headers, status), data);
    if (isOver || this !== config) return run();
    // Before anything can fail: errors show the config, too.
    restore();
    return act(data, run);
  };
  restorations.set(inTheirPlace, restore);
  config.transformResponse = inTheirPlace;
}

/** axios's own, if it is as it came: what it makes of a text is that text, or what `JSON.parse` makes of it; the rest it leaves. */
const PARSER = (axios.defaults.transformResponse as readonly unknown[] | undefined)?.[0];
const isParserKnown =
  typeof PARSER === 'function' &&
  /forcedJSONParsing[^]*JSON\.parse\(/.test(Function.prototype.toString.call(PARSER));

function isParsedOnly(config: InternalAxiosRequestConfig, transforms: readonly Transform[]): boolean {
  return (
    isParserKnown &&
    transforms.length === 1 &&
    transforms[0] === PARSER &&
    (config as { parseReviver?: unknown }).parseReviver === undefined
  );
}

function frozen(value: unknown, isParsed: boolean): MaybeFrozen {
  if (!isParsed) return deepFrozen(value);
  freezeJson(value);
  return { value, isFrozen: true };
}

function transformsOf({ transformResponse }: InternalAxiosRequestConfig): readonly Transform[] {
  if (!transformResponse) return [];
  return (Array.isArray(transformResponse) ? transformResponse : [transformResponse]) as Transform[];
}

function wasSeen(transform: Transform): boolean {
  if (transform === PARSER || seenTransforms.has(transform)) return true;
  seenTransforms.add(transform);
  return false;
}

function wayOf(
  config: InternalAxiosRequestConfig,
  transforms: readonly Transform[],
  family: AdapterFamily,
  bodyShape: BodyShape,
): Way {
  const { responseType, responseEncoding, transitional } = config;
  const { parseReviver } = config as { parseReviver?: unknown };
  const { silentJSONParsing, forcedJSONParsing } = transitional ?? {};
  const flags = [responseType, responseEncoding, silentJSONParsing, forcedJSONParsing, parseReviver];
  return [family, bodyShape, ...flags, ...transforms];
}

function isSame(one: Way, other: Way): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function keep(core: CacheCore, stored: StoredResponse, made: Made): void {
  const values = valuesOf(core);
  const others = (values.get(stored) ?? []).filter(({ way }) => !isSame(way, made.way));
  const all = [...others.slice(1 - MOST_WAYS), made];
  values.set(stored, all, Math.max(LEAST_BYTES, stored.bodyBytes) * all.length);
}

function valuesOf(core: CacheCore): RecentValues<StoredResponse, Made[]> {
  let values = madeByCore.get(core);
  if (values === undefined) {
    values = new RecentValues(MOST_BODY_BYTES);
    madeByCore.set(core, values);
  }
  return values;
}
