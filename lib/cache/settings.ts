import type { EpochMs } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import type { KeySettings } from '../key/request.js';
import {
  expectBoolean,
  expectFunction,
  expectLimit,
  expectNonEmptyString,
  expectOneOf,
  type OptionCheck,
  type OptionSchema,
  optionPath,
  validateOptions,
} from '../options.js';
import { parseCodeLifetimes } from '../policy/code-lifetimes.js';
import { DEFAULT_LIFETIME } from '../policy/effective-lifetime.js';
import { NEVER_EXPIRE, parseExpirationRule, parseStaleWindow } from '../policy/expiration.js';
import type { LifetimeRule, PolicySettings } from '../policy/messages.js';
import { CACHE_MODES } from '../policy/modes.js';
import { parseRefreshAhead } from '../policy/refresh-ahead.js';
import { type CompiledUrlPatterns, compileUrlPatterns, matchUrlPattern } from '../policy/url-patterns.js';
import type { FilterableResponse, RequestCacheOptions } from './cache-options.js';
import { expectInvalidation } from './named-responses.js';
import { expectTagSource, joinSources, type TagSources } from './tags.js';

/** The options that may be set for all requests and be overridden for one. */
export type SharedOptions = Omit<RequestCacheOptions, 'refresh' | 'forceRefresh' | 'key' | 'invalidates'>;

/** Options to change; `undefined` puts the default back. */
export type SettingsChange = {
  readonly [Name in keyof SharedOptions]?: SharedOptions[Name] | undefined;
};

/** All that steers one request, ready to use. */
export interface EffectiveSettings {
  readonly policy: PolicySettings;
  readonly key: KeySettings;
  /** `config.cache.key` */
  readonly customKey: string | undefined;
  /** What a promise resolves with counts. */
  readonly filterFn: ((response: FilterableResponse) => boolean | Promise<boolean>) | undefined;
  /** Undefined: responses get no tags. */
  readonly tags: TagSources | undefined;
  readonly replayCookies: boolean;
  readonly immutableData: boolean;
  readonly maxEntryBytes: number | undefined;
}

/** Settings of one request before its URL is known, on which the lifetime by pattern depends. */
export interface RequestSettings {
  forUrl(url: string): EffectiveSettings;
}

/** What applies where the user has set nothing: requests-cache's defaults. */
export const DEFAULT_OPTIONS = Object.freeze({
  expireAfter: NEVER_EXPIRE,
  cacheControl: false,
  heuristicFraction: 0,
  allowableCodes: Object.freeze([200]),
  allowableMethods: Object.freeze(['GET', 'HEAD']),
  alwaysRevalidate: false,
  matchHeaders: false,
  staleIfError: false,
  staleWhileRevalidate: false,
  refreshAhead: false,
  mode: 'default',
  onlyIfCached: false,
  readOnly: false,
  disabled: false,
  replayCookies: false,
  immutableData: false,
}) satisfies SharedOptions;

const checkFraction: OptionCheck = (value, option) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw new InvalidOptionError(option, value, 'a number from 0 (off) to 1');
  }
};

/** An array whose members all pass; the message shows the first that does not. */
function eachOf(isMember: (value: unknown) => boolean, accepted: string): OptionCheck {
  return (value, option) => {
    if (!Array.isArray(value)) throw new InvalidOptionError(option, value, accepted);
    const wrong = value.findIndex((member) => !isMember(member));
    if (wrong !== -1) throw new InvalidOptionError(option, value[wrong], accepted);
  };
}

const checkCodes = eachOf(
  (code) => Number.isInteger(code) && (code as number) >= 200 && (code as number) <= 599,
  'an array of statuses, each a whole number from 200 to 599',
);

const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;

const checkMethods = eachOf(
  (method) => typeof method === 'string' && TOKEN.test(method),
  "an array of methods, such as ['GET', 'HEAD']",
);

const checkNames: OptionCheck = (value, option) => {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string' || name === '')) {
    throw new InvalidOptionError(option, value, 'an array of non-empty names');
  }
};

const checkMatchHeaders: OptionCheck = (value, option) => {
  if (typeof value === 'boolean') return;
  if (!Array.isArray(value))
    throw new InvalidOptionError(option, value, 'true, false, or an array of header names');
  checkNames(value, option);
};

/** Parsed when the options are resolved, which is always at once, and which checks them. */
const checkedWhenResolved: OptionCheck = () => undefined;

/** The checks of what both `withCache` and a request take. */
const SHARED_SCHEMA: OptionSchema = {
  expireAfter: checkedWhenResolved,
  urlsExpireAfter: checkedWhenResolved,
  codesExpireAfter: checkedWhenResolved,
  cacheControl: expectBoolean,
  heuristicFraction: checkFraction,
  allowableCodes: checkCodes,
  allowableMethods: checkMethods,
  alwaysRevalidate: expectBoolean,
  ignoredParameters: checkNames,
  matchHeaders: checkMatchHeaders,
  contentRootKey: expectNonEmptyString,
  filterFn: expectFunction,
  tags: expectTagSource,
  keyFn: expectFunction,
  staleIfError: checkedWhenResolved,
  staleWhileRevalidate: checkedWhenResolved,
  refreshAhead: checkedWhenResolved,
  mode: expectOneOf(CACHE_MODES),
  onlyIfCached: expectBoolean,
  readOnly: expectBoolean,
  disabled: expectBoolean,
  replayCookies: expectBoolean,
  immutableData: expectBoolean,
  maxEntryBytes: expectLimit,
};

const REQUEST_SCHEMA: OptionSchema = {
  ...SHARED_SCHEMA,
  refresh: expectBoolean,
  forceRefresh: expectBoolean,
  key: expectNonEmptyString,
  invalidates: expectInvalidation,
};

/** Checks of options that other layers know (`backend`, …) are added by the caller, and go before those of here. */
export function validateCacheOptions(options: unknown, others: OptionSchema): void {
  validateOptions(options, { ...SHARED_SCHEMA, ...others }, '');
}

/** The names of the options that may change while the cache is in use. */
export const SHARED_OPTION_NAMES = Object.freeze(
  Object.keys(SHARED_SCHEMA),
) as readonly (keyof SharedOptions)[];

interface Resolved {
  readonly effective: EffectiveSettings;
  readonly patterns: CompiledUrlPatterns;
}

/** The options given to `withCache`, which may be changed while it is in use, and their compiled form. */
export class SessionSettings {
  #options: SharedOptions;
  #resolved: Resolved;
  /** Those of requests that have none of their own. */
  #ofRequests: RequestSettings | undefined;

  /** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
  constructor(options: SharedOptions, now: EpochMs) {
    this.#options = pickShared(options);
    this.#resolved = resolve(this.#options, DEFAULT_RESOLVED, '', now);
  }

  /** What the user has set, by option name. */
  get options(): Readonly<SharedOptions> {
    return this.#options;
  }

  /** The settings without a request's own: for keys and lifetimes in maintenance. */
  get effective(): EffectiveSettings {
    return this.#resolved.effective;
  }

  /**
   * Changes options for the requests that follow; what is stored stays as it is. All are checked before any is changed.
   * `undefined` puts the default back.
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
   */
  change(options: SettingsChange, now: EpochMs): void {
    validateOptions(options, SHARED_SCHEMA, '');
    const changed = pickShared({ ...this.#options, ...options });
    this.#resolved = resolve(changed, DEFAULT_RESOLVED, '', now);
    this.#ofRequests = undefined;
    this.#options = changed;
  }

  /** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
  forRequest(options: RequestCacheOptions | undefined, now: EpochMs): RequestSettings {
    if (options === undefined) return (this.#ofRequests ??= requestSettings(this.#resolved));
    validateOptions(options, REQUEST_SCHEMA, 'cache');
    return requestSettings(resolve(options, this.#resolved, 'cache', now));
  }
}

const DEFAULT_RESOLVED: Resolved = {
  effective: {
    policy: {
      cacheControl: DEFAULT_OPTIONS.cacheControl,
      heuristicFraction: DEFAULT_OPTIONS.heuristicFraction,
      allowableCodes: new Set(DEFAULT_OPTIONS.allowableCodes),
      allowableMethods: new Set(DEFAULT_OPTIONS.allowableMethods),
      alwaysRevalidate: DEFAULT_OPTIONS.alwaysRevalidate,
      staleIfError: DEFAULT_OPTIONS.staleIfError,
      staleIfErrorForced: false,
      staleWhileRevalidate: DEFAULT_OPTIONS.staleWhileRevalidate,
      staleWhileRevalidateForced: false,
      refreshAhead: undefined,
      mode: DEFAULT_OPTIONS.mode,
      onlyIfCached: DEFAULT_OPTIONS.onlyIfCached,
      readOnly: DEFAULT_OPTIONS.readOnly,
      disabled: DEFAULT_OPTIONS.disabled,
      refresh: false,
      forceRefresh: false,
      requestLifetime: undefined,
      patternLifetime: undefined,
      codeLifetimes: undefined,
      sessionLifetime: DEFAULT_LIFETIME,
    },
    key: { ignoredParameters: undefined, matchHeaders: false, contentRootKey: undefined, keyFn: undefined },
    customKey: undefined,
    filterFn: undefined,
    tags: undefined,
    replayCookies: DEFAULT_OPTIONS.replayCookies,
    immutableData: DEFAULT_OPTIONS.immutableData,
    maxEntryBytes: undefined,
  },
  patterns: [],
};

function pickShared(options: SettingsChange): SharedOptions {
  const given = options as Readonly<Record<string, unknown>>;
  return Object.freeze(
    Object.fromEntries(
      SHARED_OPTION_NAMES.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
    ),
  );
}

/** Lays options over settings that are resolved already. They have been checked, but for their times. */
function resolve(options: RequestCacheOptions, base: Resolved, path: string, now: EpochMs): Resolved {
  const { policy, key } = base.effective;
  const ofRequest = path !== '';
  const parsed = <T>(
    name: keyof RequestCacheOptions,
    parse: (value: unknown, option: string, now: EpochMs) => T,
    otherwise: T,
  ): T => (options[name] === undefined ? otherwise : parse(options[name], optionPath(path, name), now));
  const lifetime = parsed<LifetimeRule | undefined>('expireAfter', parseExpirationRule, undefined);
  const effective: EffectiveSettings = {
    policy: {
      ...policy,
      ...switches(options, policy),
      allowableCodes:
        options.allowableCodes === undefined ? policy.allowableCodes : new Set(options.allowableCodes),
      allowableMethods:
        options.allowableMethods === undefined
          ? policy.allowableMethods
          : new Set(options.allowableMethods.map((method) => method.toUpperCase())),
      staleIfError: parsed('staleIfError', parseStaleWindow, policy.staleIfError),
      staleIfErrorForced: ofRequest && options.staleIfError !== undefined,
      staleWhileRevalidate: parsed('staleWhileRevalidate', parseStaleWindow, policy.staleWhileRevalidate),
      staleWhileRevalidateForced: ofRequest && options.staleWhileRevalidate !== undefined,
      refreshAhead: parsed('refreshAhead', parseRefreshAhead, policy.refreshAhead),
      requestLifetime: ofRequest ? lifetime : undefined,
      codeLifetimes: parsed('codesExpireAfter', parseCodeLifetimes, policy.codeLifetimes),
      sessionLifetime: ofRequest ? policy.sessionLifetime : (lifetime ?? policy.sessionLifetime),
    },
    key: keySettings(options, key),
    customKey: options.key,
    filterFn: options.filterFn ?? base.effective.filterFn,
    tags: joinSources(base.effective.tags, options.tags),
    replayCookies: options.replayCookies ?? base.effective.replayCookies,
    immutableData: options.immutableData ?? base.effective.immutableData,
    maxEntryBytes: options.maxEntryBytes ?? base.effective.maxEntryBytes,
  };
  const patterns = parsed('urlsExpireAfter', compileUrlPatterns, base.patterns);
  return { effective, patterns };
}

function switches(
  options: RequestCacheOptions,
  policy: PolicySettings,
): Pick<
  PolicySettings,
  | 'cacheControl'
  | 'heuristicFraction'
  | 'alwaysRevalidate'
  | 'mode'
  | 'onlyIfCached'
  | 'readOnly'
  | 'disabled'
  | 'refresh'
  | 'forceRefresh'
> {
  return {
    cacheControl: options.cacheControl ?? policy.cacheControl,
    heuristicFraction: options.heuristicFraction ?? policy.heuristicFraction,
    alwaysRevalidate: options.alwaysRevalidate ?? policy.alwaysRevalidate,
    mode: options.mode ?? policy.mode,
    onlyIfCached: options.onlyIfCached ?? policy.onlyIfCached,
    readOnly: options.readOnly ?? policy.readOnly,
    disabled: options.disabled ?? policy.disabled,
    refresh: options.refresh ?? policy.refresh,
    forceRefresh: options.forceRefresh ?? policy.forceRefresh,
  };
}

function keySettings(options: RequestCacheOptions, key: KeySettings): KeySettings {
  const { ignoredParameters, matchHeaders, contentRootKey, keyFn } = options;
  const isUnchanged = [ignoredParameters, matchHeaders, contentRootKey, keyFn].every(
    (option) => option === undefined,
  );
  if (isUnchanged) return key;
  return {
    ignoredParameters: ignoredParameters ?? key.ignoredParameters,
    matchHeaders: matchHeaders ?? key.matchHeaders,
    contentRootKey: contentRootKey ?? key.contentRootKey,
    keyFn: keyFn ?? key.keyFn,
  };
}

function requestSettings({ effective, patterns }: Resolved): RequestSettings {
  return {
    forUrl: (url) => {
      const match = patterns.length === 0 ? undefined : matchUrlPattern(patterns, url);
      if (match === undefined) return effective;
      return { ...effective, policy: { ...effective.policy, patternLifetime: match.lifetime } };
    },
  };
}
