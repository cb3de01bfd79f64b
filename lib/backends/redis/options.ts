import { InvalidOptionError } from '../../errors.js';
import {
  expectBoolean,
  expectLimit,
  expectNonEmptyString,
  expectNonNegativeNumber,
  expectObject,
  expectOneOf,
  expectPositiveInteger,
  type OptionCheck,
  optionPath,
  validateOptions,
} from '../../options.js';
import type { BackendTraits } from '../../storage/backend.js';
import type { RedisOptions } from '../../storage/options/redis.js';

/** The package, and the versions that work. */
export const REDIS_PACKAGE = { packageName: 'redis', range: '^5.0.0 || ^6.0.0' } as const;

export const DEFAULT_URL = 'redis://127.0.0.1:6379';
export const DEFAULT_COMMAND_TIMEOUT_MS = 2000;
const LONGEST_TIMER_MS = 2_147_483_647;

const SCHEMA = {
  url: expectRedisUrl,
  cluster: (value: unknown, option: string) =>
    validateOptions(value, { nodes: listOf(expectRedisUrl), options: expectObject }, option),
  sentinel: (value: unknown, option: string) =>
    validateOptions(
      value,
      { name: expectNonEmptyString, nodes: listOf(expectAddress), options: expectObject },
      option,
    ),
  client: expectClient,
  clientOptions: expectObject,
  namespace: expectNonEmptyString,
  layout: expectOneOf(['string', 'hash']),
  ttl: expectBoolean,
  ttlOffset: expectNonNegativeNumber,
  maxEntryBytes: expectLimit,
  commandTimeout: expectTimeout,
};

/** What a store may be reached by; one of them at most. */
const TARGETS = ['url', 'cluster', 'sentinel', 'client'] as const;

/** Checks the options of the backend `redis`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateRedisOptions(options: unknown, path: string): asserts options is RedisOptions {
  validateOptions(options, SCHEMA, path);
  const given = options as RedisOptions;
  const [first, second] = TARGETS.filter((name) => given[name] !== undefined);
  if (second !== undefined) {
    throw new InvalidOptionError(optionPath(path, second), given[second], `nothing together with "${first}"`);
  }
  if (given.client !== undefined && given.clientOptions !== undefined) {
    const option = optionPath(path, 'clientOptions');
    throw new InvalidOptionError(option, given.clientOptions, 'nothing together with "client"');
  }
  requireMember(given.cluster, 'nodes', optionPath(path, 'cluster'));
  requireMember(given.sentinel, 'nodes', optionPath(path, 'sentinel'));
  requireMember(given.sentinel, 'name', optionPath(path, 'sentinel'));
}

export const REDIS_TRAITS: BackendTraits = Object.freeze({ persistent: true, shared: true });

function requireMember(given: object | undefined, name: string, path: string): void {
  if (given === undefined || (given as Record<string, unknown>)[name] !== undefined) return;
  throw new InvalidOptionError(optionPath(path, name), undefined, 'a value: it cannot be left out');
}

function expectRedisUrl(value: unknown, option: string): void {
  const accepted = 'a URL such as redis://user:password@host:6379/0 or rediss://host:6380';
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'redis:' || url?.protocol === 'rediss:') return;
  // The text may hold a password, so that it is not shown.
  throw new InvalidOptionError(option, typeof value === 'string' ? '(hidden)' : value, accepted);
}

function expectAddress(value: unknown, option: string): void {
  validateOptions(value, { host: expectNonEmptyString, port: expectPort }, option);
  requireMember(value as object, 'host', option);
  requireMember(value as object, 'port', option);
}

function expectPort(value: unknown, option: string): void {
  expectPositiveInteger(value, option);
  if (value > 65_535) throw new InvalidOptionError(option, value, 'at most 65535');
}

function listOf(check: OptionCheck): OptionCheck {
  return (value, option) => {
    if (!Array.isArray(value) || value.length === 0) {
      throw new InvalidOptionError(option, value, 'an array that is not empty');
    }
    value.forEach((one, index) => check(one, `${option}[${index}]`));
  };
}

function expectClient(value: unknown, option: string): void {
  if (typeof value === 'function') return;
  const candidate = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const has = (name: string): boolean => typeof candidate[name] === 'function';
  if (has('sendCommand') && has('on') && has('off') && typeof candidate['isOpen'] === 'boolean') return;
  throw new InvalidOptionError(
    option,
    value,
    'a client of the package redis 5 or 6, or a function that gives one',
  );
}

function expectTimeout(value: unknown, option: string): void {
  expectPositiveInteger(value, option);
  if (value > LONGEST_TIMER_MS) throw new InvalidOptionError(option, value, `at most ${LONGEST_TIMER_MS}`);
}
