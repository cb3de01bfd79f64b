import { loadOptionalPackage } from '../../optional-package.js';
import type { DynamodbClientLike, DynamodbOptions } from '../../storage/options/dynamodb.js';
import type { Command } from './connection.js';
import { DYNAMO_PACKAGE, expectClient } from './options.js';

/** What is used of the package. */
export type DynamoPackage = {
  readonly [Name in `${Command}Command`]: new (input: object) => object;
} & {
  readonly DynamoDBClient: new (options: object) => DynamodbClientLike;
};

export function loadDynamo(): Promise<DynamoPackage> {
  return loadOptionalPackage<DynamoPackage>({
    backend: 'dynamodb',
    ...DYNAMO_PACKAGE,
    load: () => import('@aws-sdk/client-dynamodb'),
  });
}

/** Where servers for development listen. */
const LOCAL_ENDPOINT = 'http://127.0.0.1:8000';
/** For servers that do not care. Those of them that keep regions and keys apart see the same ones each time. */
const ANY_REGION = 'us-east-1';
const MADE_UP_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The client that the options ask for. It has sent nothing yet. */
export async function openClient(
  driver: DynamoPackage,
  options: DynamodbOptions,
): Promise<DynamodbClientLike> {
  const { client } = options;
  if (typeof client === 'function') {
    const made = await client();
    expectClient(made, 'client()');
    return made;
  }
  if (client !== undefined) return client;
  const given = clientOptions(options, process.env);
  if ('region' in given) return new driver.DynamoDBClient(given);
  const found = new driver.DynamoDBClient(given);
  if (await hasRegion(found)) return found;
  found.destroy();
  return new driver.DynamoDBClient(clientOptions({ ...options, endpoint: LOCAL_ENDPOINT }, process.env));
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Options of the client. What the SDK finds for itself is left out. */
export function clientOptions(
  { region, endpoint, credentials, clientOptions: more = {} }: DynamodbOptions,
  env: Environment,
): Readonly<Record<string, unknown>> {
  const given = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const url = endpoint ?? more['endpoint'] ?? environmentEndpoint(env);
  const isElsewhere = url !== undefined;
  const isLocal = typeof url === 'string' && isLoopback(url);
  return {
    // What is worth repeating is repeated here, within the time of the operation.
    maxAttempts: 1,
    ...(isElsewhere && !env['AWS_REGION'] && !env['AWS_PROFILE'] ? { region: ANY_REGION } : {}),
    ...(isLocal && !env['AWS_ACCESS_KEY_ID'] && !env['AWS_PROFILE']
      ? { credentials: MADE_UP_CREDENTIALS }
      : {}),
    ...more,
    ...given,
  };
}

/** What the SDK goes by, too. */
function environmentEndpoint(env: Environment): string | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined;
  return env['AWS_ENDPOINT_URL_DYNAMODB'] || env['AWS_ENDPOINT_URL'] || undefined;
}

function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d+){3}$/.test(host);
}

/** Whether the SDK has found a region by itself. */
async function hasRegion(client: DynamodbClientLike): Promise<boolean> {
  const { config } = client as { config?: { region?: unknown } };
  if (typeof config?.region !== 'function') return true;
  try {
    return Boolean(await (config.region as () => Promise<unknown>)());
  } catch {
    return false;
  }
}
