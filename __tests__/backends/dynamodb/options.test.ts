import * as sdk from '@aws-sdk/client-dynamodb';
import { clientOptions, type DynamoPackage, openClient } from '../../../lib/backends/dynamodb/client.js';
import { DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import { type CacheOptions, initBackend, InvalidOptionError, withCache } from '../../../lib/index.js';
import { MissingPackageError } from '../../../lib/errors.js';
import { loadOptionalPackage } from '../../../lib/optional-package.js';
import axios from 'axios';

const driver = sdk as unknown as DynamoPackage;

describe('options of dynamodb', () => {
  it.each<[string, unknown, RegExp]>([
    ['tableName', 'a', /3 to 255 letters/],
    ['tableName', 'with space', /3 to 255 letters/],
    ['namespace', '', /non-empty/],
    ['createTable', 'yes', /true or false/],
    ['region', '', /non-empty/],
    ['endpoint', 'localhost:8000', /a URL such as/],
    ['endpoint', 'ftp://x', /a URL such as/],
    ['credentials', { accessKeyId: 'x' }, /accessKeyId, secretAccessKey/],
    ['client', {}, /a DynamoDBClient/],
    ['clientOptions', 1, /an object/],
    ['ttl', 1, /true or false/],
    ['consistentRead', 1, /true or false/],
    ['operationTimeout', 0, /greater than 0/],
    ['operationTimeout', 2 ** 31, /at most/],
  ])('%s = %p is refused at once', (name, value, accepted) => {
    const given = { backend: { name: 'dynamodb', [name]: value } } as unknown as CacheOptions;
    const create = (): unknown => withCache(axios.create(), given);
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(`"backend.${name}"`);
    expect(create).toThrow(accepted);
  });

  it('an endpoint that is refused is not shown, since it may have a password', () => {
    const create = (): unknown => new DynamodbBackend('x', { endpoint: 'ftp://u:SECRET@host' });
    expect(create).toThrow(/"endpoint".*\(hidden\)/);
    expect(create).not.toThrow(/SECRET/);
  });

  it.each([
    [{ serializer: 'json' }, 'serializer'],
    [{ decodeContent: true }, 'decodeContent'],
    [{ serializer: 'binary', decodeContent: true }, 'decodeContent'],
    [{ serializer: 'bson', decodeContent: 1 }, 'decodeContent'],
  ])('%j is refused at once', (options, option) => {
    expect(() => new DynamodbBackend('x', options as object)).toThrow(`"${option}"`);
  });

  it('a mistyped name is told', () => {
    expect(() => new DynamodbBackend('x', { tablename: 'x' } as never)).toThrow('Did you mean "tableName"?');
  });

  it.each(['region', 'endpoint', 'credentials', 'clientOptions'])(
    '%s says nothing beside a client',
    (name) => {
      const client = new sdk.DynamoDBClient({ region: 'x' });
      const values: Record<string, unknown> = {
        region: 'eu-west-1',
        endpoint: 'http://u:SECRET@localhost:1',
        credentials: { accessKeyId: 'SECRET', secretAccessKey: 'SECRET' },
        clientOptions: { endpoint: 'http://u:SECRET@localhost:1' },
      };
      const create = (): unknown => new DynamodbBackend('x', { client, [name]: values[name] });
      expect(create).toThrow(/nothing together with "client"/);
      expect(create).not.toThrow(/SECRET/);
    },
  );

  it('accepts a client of the SDK, also by its type', async () => {
    const backend = initBackend('x', 'dynamodb', { client: new sdk.DynamoDBClient({ region: 'x' }) });
    await backend.close();
    const another = initBackend('x', 'dynamodb', { client: () => new sdk.DynamoDBClient({ region: 'x' }) });
    await another.close();
  });

  it('a package that is missing is named, with the command that installs it', async () => {
    const load = (): Promise<DynamoPackage> =>
      loadOptionalPackage<DynamoPackage>({
        backend: 'dynamodb',
        packageName: '@aws-sdk/client-dynamodb',
        range: '^3.0.0',
        load: () =>
          Promise.reject(
            Object.assign(new Error("Cannot find package '@aws-sdk/client-dynamodb'"), {
              code: 'ERR_MODULE_NOT_FOUND',
            }),
          ),
      });
    const backend = new DynamodbBackend('x', {}, { load });
    const error: unknown = await backend.get('key').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MissingPackageError);
    expect((error as Error).message).toContain('npm install @aws-sdk/client-dynamodb@"^3.0.0"');
    await backend.close();
  });
});

describe('where DynamoDB is', () => {
  const made = { accessKeyId: 'local', secretAccessKey: 'local' };

  it.each([
    ['nothing is said', {}, {}, {}],
    ['a region', { region: 'eu-west-1' }, {}, { region: 'eu-west-1' }],
    [
      'an endpoint on this machine: any region and keys do',
      { endpoint: 'http://127.0.0.1:8000' },
      {},
      { endpoint: 'http://127.0.0.1:8000', region: 'us-east-1', credentials: made },
    ],
    [
      'an endpoint on this machine by the environment',
      {},
      { AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost:9000' },
      { region: 'us-east-1', credentials: made },
    ],
    [
      'the same for all services',
      {},
      { AWS_ENDPOINT_URL: 'http://[::1]:4566' },
      { region: 'us-east-1', credentials: made },
    ],
    [
      'an endpoint of the environment that is not to be used',
      {},
      { AWS_ENDPOINT_URL: 'http://localhost:9000', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      {},
    ],
    [
      'an endpoint elsewhere: keys are not made up',
      { endpoint: 'https://dynamodb.example.com' },
      {},
      { endpoint: 'https://dynamodb.example.com', region: 'us-east-1' },
    ],
    [
      'an endpoint that only begins like this machine',
      { endpoint: 'http://127.0.0.1.example.com' },
      {},
      { endpoint: 'http://127.0.0.1.example.com', region: 'us-east-1' },
    ],
    [
      'keys and region of the environment win over made-up ones',
      { endpoint: 'http://127.0.0.1:8000' },
      { AWS_ACCESS_KEY_ID: 'x', AWS_REGION: 'eu-west-1' },
      { endpoint: 'http://127.0.0.1:8000' },
    ],
    [
      'a profile, too',
      { endpoint: 'http://127.0.0.1:8000' },
      { AWS_PROFILE: 'x' },
      { endpoint: 'http://127.0.0.1:8000' },
    ],
    [
      'options win over all',
      {
        endpoint: 'http://127.0.0.1:8000',
        region: 'eu-west-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        clientOptions: { region: 'ignored', maxAttempts: 5 },
      },
      { AWS_REGION: 'ignored' },
      {
        endpoint: 'http://127.0.0.1:8000',
        region: 'eu-west-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        maxAttempts: 5,
      },
    ],
  ])('%s', (_, options, env, expected) => {
    expect(clientOptions(options, env)).toEqual({ maxAttempts: 1, ...expected });
  });

  describe('where nothing says it', () => {
    const saved = { ...process.env };
    beforeEach(() => {
      for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
      // No files of whoever runs the tests.
      process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent/aws';
    });
    afterEach(() => {
      for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
      Object.assign(process.env, saved);
    });

    const placeOf = async (options = {}): Promise<string> => {
      const client = (await openClient(driver, options)) as sdk.DynamoDBClient;
      const { hostname, port } = (await client.config.endpoint?.()) ?? { hostname: 'AWS', port: undefined };
      const region = await client.config.region();
      client.destroy();
      return `${hostname}:${port ?? ''} ${region}`;
    };

    it('it is the server at its standard port', async () => {
      expect(await placeOf()).toBe('127.0.0.1:8000 us-east-1');
    });

    it('it is AWS as soon as there is a region', async () => {
      process.env['AWS_REGION'] = 'eu-west-1';
      expect(await placeOf()).toBe('AWS: eu-west-1');
      expect(await placeOf({ region: 'us-west-2' })).toBe('AWS: us-west-2');
    });

    it('it is what the environment names', async () => {
      process.env['AWS_ENDPOINT_URL_DYNAMODB'] = 'http://localhost:9001';
      expect(await placeOf()).toContain('us-east-1');
    });
  });
});
