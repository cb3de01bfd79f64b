import { InvalidOptionError } from '../../errors.js';
import {
  expectBoolean,
  expectNonEmptyString,
  expectObject,
  expectPositiveInteger,
  optionPath,
  validateOptions,
} from '../../options.js';
import type { BackendTraits } from '../../storage/backend.js';
import { NATIVE_FORM, requireNativeForm } from '../../storage/native-form.js';
import type { DynamodbOptions } from '../../storage/options/dynamodb.js';

/** The package, and the versions that work. */
export const DYNAMO_PACKAGE = { packageName: '@aws-sdk/client-dynamodb', range: '^3.0.0' } as const;

export const DEFAULT_TABLE = 'http_cache';
export const DEFAULT_OPERATION_TIMEOUT_MS = 2000;
/** Timers take at most this. */
const LONGEST_TIMER_MS = 2_147_483_647;
const TABLE_NAME = /^(?:[\w.-]{3,255}|arn:[\w.:/-]{1,1000})$/;

const SCHEMA = {
  tableName: expectTableName,
  namespace: expectNonEmptyString,
  createTable: expectBoolean,
  region: expectNonEmptyString,
  endpoint: expectEndpoint,
  credentials: expectCredentials,
  client: (value: unknown, option: string): void => {
    if (typeof value !== 'function') expectClient(value, option);
  },
  clientOptions: expectObject,
  ttl: expectBoolean,
  consistentRead: expectBoolean,
  operationTimeout: expectTimeout,
  ...NATIVE_FORM,
};

/** What a client of the user's own has decided already. */
const OF_THE_CLIENT = ['region', 'endpoint', 'credentials', 'clientOptions'] as const;

/** Checks the options of the backend `dynamodb`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateDynamodbOptions(options: unknown, path: string): asserts options is DynamodbOptions {
  validateOptions(options, SCHEMA, path);
  const given = options as DynamodbOptions;
  requireNativeForm(given, path);
  if (given.client === undefined) return;
  for (const name of OF_THE_CLIENT) {
    if (given[name] === undefined) continue;
    const value = name === 'region' ? given[name] : '(hidden)';
    throw new InvalidOptionError(optionPath(path, name), value, 'nothing together with "client"');
  }
}

export const DYNAMODB_TRAITS: BackendTraits = Object.freeze({ persistent: true, shared: true });

function expectTableName(value: unknown, option: string): void {
  if (typeof value === 'string' && TABLE_NAME.test(value)) return;
  throw new InvalidOptionError(option, value, '3 to 255 letters, digits, "_", "." and "-", or an ARN');
}

function expectEndpoint(value: unknown, option: string): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return;
  // The text may hold a password, so that it is not shown.
  const given = typeof value === 'string' ? '(hidden)' : value;
  throw new InvalidOptionError(option, given, 'a URL such as http://127.0.0.1:8000');
}

function expectCredentials(value: unknown, option: string): void {
  if (typeof value === 'function') return;
  const keys = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  if (typeof keys['accessKeyId'] === 'string' && typeof keys['secretAccessKey'] === 'string') return;
  throw new InvalidOptionError(
    option,
    typeof value === 'string' ? '(hidden)' : value,
    'an object { accessKeyId, secretAccessKey }, or a function that gives a promise of one',
  );
}

export function expectClient(value: unknown, option: string): void {
  const candidate = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  if (typeof candidate['send'] === 'function' && typeof candidate['destroy'] === 'function') return;
  throw new InvalidOptionError(option, value, 'a DynamoDBClient, or a function that gives one');
}

function expectTimeout(value: unknown, option: string): void {
  expectPositiveInteger(value, option);
  if (value > LONGEST_TIMER_MS) throw new InvalidOptionError(option, value, `at most ${LONGEST_TIMER_MS}`);
}
