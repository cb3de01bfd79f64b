import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import axios, { type AxiosRequestConfig } from 'axios';
import {
  type BackendSpec,
  BACKENDS,
  binarySerializer,
  bsonSerializer,
  type CachedAxiosInstance,
  type CacheOptions,
  encrypted,
  gzip,
  initBackend,
  initSerializer,
  jsonSerializer,
  SerializerPipeline,
  SERIALIZERS,
  type SerializerSpec,
  signed,
  Stage,
  v8Serializer,
  withCache,
  yamlSerializer,
} from '../../lib/index.js';
import { MemoryBackend } from '../../lib/backends/index.js';
import { listAll } from '../../lib/backend-suite/records.js';
import { OriginServer } from '../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { SECRET } from './records.js';

const TEXT = '{"greeting":"Grüße"}';

let origin: OriginServer;
let directory: TemporaryDirectory;
let opened: CachedAxiosInstance[];
const told: string[] = [];

beforeAll(async () => {
  origin = await OriginServer.start();
});
afterAll(() => origin.close());
beforeEach(() => {
  origin.requests.length = 0;
  origin.handle(() => ({ headers: { 'Content-Type': 'application/json' }, body: TEXT }));
  directory = aTemporaryDirectory();
  opened = [];
  told.length = 0;
});
afterEach(async () => {
  for (const instance of opened) await instance.cache.close();
  directory.remove();
});

function cached(options: CacheOptions): CachedAxiosInstance {
  const instance = withCache(axios.create({ baseURL: origin.url }), {
    cacheName: directory.path('cache'),
    ...options,
  });
  // Otherwise it would be printed.
  instance.cache.on('backendError', ({ error }) => told.push(error.code));
  opened.push(instance);
  return instance;
}

/** All bytes of all files of the cache. */
function storedBytes(): string {
  const names = readdirSync(directory.path(), { recursive: true, encoding: 'utf8', withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

async function bodyOf(instance: CachedAxiosInstance, url: string, config: AxiosRequestConfig = {}) {
  const { data, cache } = await instance.get<string>(url, { responseType: 'text', ...config });
  return [data, cache.fromCache];
}

it('has one ready object for each name', () => {
  expect(SERIALIZERS).toEqual(['binary', 'json', 'yaml', 'bson', 'v8']);
  const ready = [binarySerializer, jsonSerializer, yamlSerializer, bsonSerializer, v8Serializer];
  for (const one of ready) expect(typeof one.dumps).toBe('function');
});

describe('what is stored, by how the serializer is given', () => {
  const decoded = initSerializer('json', { decodeContent: true });
  it.each<[string, CacheOptions, string]>([
    ['by name', { serializer: 'json' }, '{"json":{"text":"{\\"greeting\\":\\"Grüße\\"}"}}'],
    ['as a ready object', { serializer: jsonSerializer }, '{"json":{"text":"{\\"greeting'],
    ['with options', { serializer: decoded }, '{"json":{"json":{"greeting":"Grüße"}}}'],
    ['with the backend', { backend: { name: 'sqlite', serializer: 'yaml' } }, `text: '{"greeting"`],
    [
      'with the backend and its options',
      { backend: { name: 'sqlite', serializer: 'json', decodeContent: true } },
      '{"json":{"json":{"greeting":"Grüße"}}}',
    ],
    [
      'as a pipeline',
      { serializer: new SerializerPipeline([initSerializer('json'), signed(SECRET)]) },
      '{"json":{"text":"{\\"greeting',
    ],
    [
      'as an object of the user',
      {
        serializer: { dumps: (value) => `own ${JSON.stringify(value)}`, loads: (text) => parsed(text, 4) },
      },
      'own {"text":"{\\"greeting',
    ],
    [
      'as JSON in files',
      { backend: 'filesystem', serializer: 'json' },
      '"body": "{\\"greeting\\":\\"Grüße\\"}"',
    ],
    [
      'as JSON in files, decoded',
      { backend: 'filesystem', serializer: decoded },
      '"bodyJson": {\n    "greeting": "Grüße"',
    ],
    [
      'as YAML in files',
      { backend: { name: 'filesystem', serializer: 'yaml' } },
      'body: \'{"greeting":"Grüße"}\'',
    ],
    [
      'as YAML in files, decoded',
      { backend: { name: 'filesystem', serializer: 'yaml', decodeContent: true } },
      'bodyJson:\n  greeting: Grüße',
    ],
    [
      'as JSON of superjson in files',
      { backend: 'filesystem', serializer: new SerializerPipeline([jsonSerializer]) },
      '{"json":{"text":"{\\"greeting',
    ],
  ])('%s', async (_how, options, expected) => {
    const instance = cached(options);
    expect(await bodyOf(instance, '/a')).toEqual([TEXT, false]);
    expect(await bodyOf(instance, '/a')).toEqual([TEXT, true]);
    expect(await bodyOf(cached(options), '/a')).toEqual([TEXT, true]);
    // Not `toContain`, which would print a whole database.
    expect(storedBytes().includes(expected)).toBe(true);
    expect(origin.count()).toBe(1);
  });

  it('in a backend that is given as an object, and by initBackend', async () => {
    const backend = new MemoryBackend();
    const instance = cached({ backend, serializer: 'json' });
    await bodyOf(instance, '/a');
    const [record] = await listAll(backend.scan());
    const stored = backend.body(record as { key: string; variant: string });
    expect(Buffer.from(stored as Uint8Array).toString()).toContain('{"json":{"text"');
    const wrapped = initBackend('', backend, { serializer: 'json' });
    expect((await listAll(wrapped.scan())).map(({ key }) => key)).toEqual([record?.key]);
    const read = await wrapped.body(record as { key: string; variant: string });
    expect(Buffer.from(read as Uint8Array).toString()).toBe(TEXT);
  });

  it('encrypted: nothing can be read but times and lengths', async () => {
    const serializer = new SerializerPipeline([
      initSerializer('v8'),
      gzip({ threshold: 0 }),
      encrypted(SECRET),
    ]);
    await bodyOf(cached({ serializer }), '/path/of/it');
    const bytes = storedBytes();
    for (const word of ['greeting', 'Grüße', '/path/of/it', 'application/json', '127.0.0.1']) {
      expect(bytes).not.toContain(word);
    }
  });
});

function parsed(text: unknown, skipped: number): unknown {
  if (typeof text !== 'string') throw new TypeError('a text was written, and a text is to be given');
  return JSON.parse(text.slice(skipped)) as unknown;
}

describe('refuses at once', () => {
  it.each<[string, unknown, RegExp, string]>([
    [
      'an unknown name',
      { serializer: 'pickle' },
      /"pickle".*binary, json, yaml, bson, v8/,
      'ERR_CACHE_UNKNOWN_SERIALIZER',
    ],
    [
      'the name of a property of objects',
      { serializer: 'constructor' },
      /constructor/,
      'ERR_CACHE_UNKNOWN_SERIALIZER',
    ],
    ['a number', { serializer: 5 }, /"serializer".*5/, 'ERR_CACHE_INVALID_OPTION'],
    ['null', { serializer: null }, /"serializer".*null/, 'ERR_CACHE_INVALID_OPTION'],
    ['half a stage', { serializer: { dumps: () => '' } }, /"serializer".*loads/, 'ERR_CACHE_INVALID_OPTION'],
    ['a class', { serializer: Stage }, /"serializer"/, 'ERR_CACHE_INVALID_OPTION'],
    [
      'an unknown name with the backend',
      { backend: { name: 'sqlite', serializer: 'pickle' } },
      /pickle/,
      'ERR_CACHE_UNKNOWN_SERIALIZER',
    ],
    [
      'something else with the backend',
      { backend: { name: 'filesystem', serializer: {} } },
      /"backend\.serializer"/,
      'ERR_CACHE_INVALID_OPTION',
    ],
    [
      'two at the same time',
      { backend: { name: 'sqlite', serializer: 'json' }, serializer: 'v8' },
      /"backend\.serializer"/,
      'ERR_CACHE_INVALID_OPTION',
    ],
    [
      'decoding of what is no notation',
      { backend: { name: 'sqlite', serializer: 'binary', decodeContent: true } },
      /decodeContent/,
      'ERR_CACHE_INVALID_OPTION',
    ],
    [
      'decoding without a serializer',
      { backend: { name: 'filesystem', decodeContent: true } },
      /"backend\.decodeContent"/,
      'ERR_CACHE_INVALID_OPTION',
    ],
    [
      'decoding that is neither true nor false',
      { backend: { name: 'filesystem', serializer: 'json', decodeContent: 'yes' } },
      /"backend\.decodeContent" is "yes"/,
      'ERR_CACHE_INVALID_OPTION',
    ],
  ])('%s', (_what, options, message, code) => {
    const instance = axios.create();
    const wrap = () => withCache(instance, options as CacheOptions);
    expect(wrap).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
    );
    expect(instance).not.toHaveProperty('cache');
    expect(directory.list()).toEqual([]);
  });

  it('options beside a backend that is an object', () => {
    expect(() => initBackend('cache', new MemoryBackend(), { maxBytes: 5 } as never)).toThrow(/"maxBytes"/);
  });

  it('a secret that is too short, without showing it', () => {
    expect(() => signed('short secret')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('short secret') as string }),
    );
  });
});

/** Each writes what no other reads. */
const WRITERS: Readonly<Record<string, () => SerializerSpec>> = {
  binary: () => 'binary',
  json: () => 'json',
  yaml: () => 'yaml',
  bson: () => 'bson',
  v8: () => 'v8',
  'json, compressed': () => new SerializerPipeline([jsonSerializer, gzip({ threshold: 0 })]),
  signed: () => signed(SECRET),
  'json, signed': () => new SerializerPipeline([jsonSerializer, signed(SECRET)]),
  encrypted: () => encrypted(SECRET),
  own: () => ({ dumps: (value) => `own ${JSON.stringify(value)}`, loads: (text) => parsed(text, 4) }),
};
describe.each<[string, BackendSpec]>([
  ['sqlite', 'sqlite'],
  ['filesystem', 'filesystem'],
])('a change of the serializer over %s', (_name, backend) => {
  const names = Object.keys(WRITERS);
  const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const));

  it.each(pairs)('from %s to %s: a miss that is replaced, and no error', async (from, to) => {
    const before = cached({ backend, serializer: WRITERS[from]?.() });
    await bodyOf(before, '/a');
    await bodyOf(before, '/a', { headers: { Authorization: 'Bearer alice' } });
    await before.cache.close();
    const after = cached({ backend, serializer: WRITERS[to]?.(), staleIfError: true });
    expect(await bodyOf(after, '/a')).toEqual([TEXT, false]);
    expect(await bodyOf(after, '/a')).toEqual([TEXT, true]);
    // What is not asked for again can be told, and deleted, by maintenance.
    await after.cache.count();
    await after.cache.delete({ invalid: true });
    expect(await bodyOf(after, '/a')).toEqual([TEXT, true]);
    await after.cache.clear();
    expect(await after.cache.count()).toBe(0);
  });
});

describe('carries over what another serializer has written', () => {
  it('with variants, users, redirects and keys of the user', async () => {
    origin.handle(({ url, headers }) => {
      if (url === '/moved') return { status: 302, headers: { Location: '/a' } };
      return {
        headers: { Vary: 'Accept-Language', 'Content-Type': 'text/plain' },
        body: `${url} ${headers['accept-language'] ?? 'any'} ${headers.authorization ?? 'anybody'}`,
      };
    });
    const requests: readonly [string, AxiosRequestConfig & { cache?: object }][] = [
      ['/a', {}],
      ['/a', { headers: { 'Accept-Language': 'fr' } }],
      ['/a', { headers: { 'Accept-Language': 'de' } }],
      ['/a', { headers: { Authorization: 'Bearer alice' } }],
      ['/a', { headers: { Authorization: 'Bearer bob' } }],
      ['/moved', {}],
      ['/b', { cache: { key: 'mine' } }],
    ];
    const chain = Object.values(WRITERS);
    let previous: CachedAxiosInstance | undefined;
    const expected: unknown[] = [];
    for (const [index, serializer] of chain.entries()) {
      const name = directory.path(`cache-${index}`);
      const instance = cached({ cacheName: name, serializer: serializer() });
      if (previous === undefined) {
        for (const [url, config] of requests) expected.push((await instance.get<string>(url, config)).data);
      } else {
        expect(await instance.cache.update(previous.cache)).toBe(await previous.cache.count());
        if (index % 2 === 0) await instance.cache.recreateKeys();
      }
      origin.requests.length = 0;
      for (const [position, [url, config]] of requests.entries()) {
        const { data, cache, request } = await instance.get<string>(url, config);
        expect([url, config, cache.fromCache, data]).toEqual([url, config, true, expected[position]]);
        expect(request).toBeDefined();
      }
      expect(origin.count()).toBe(0);
      previous = instance;
    }
  });
});

it('BACKENDS: every one takes every serializer, checked without opening it', () => {
  for (const name of BACKENDS) {
    for (const serializer of Object.values(WRITERS)) {
      const open = () => initBackend('cache', name as 'sqlite', { serializer: serializer() });
      expect(open).not.toThrow();
    }
  }
});
