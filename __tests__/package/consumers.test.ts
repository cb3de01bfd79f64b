import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Consumer, installPacked, PROJECT } from '../helpers/built-package.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const TSC = path.join(PROJECT, 'node_modules/typescript/bin/tsc');

let consumer: Consumer;
beforeAll(() => {
  consumer = installPacked();
});
afterAll(() => consumer.remove());

/** What a user may write, and, behind @ts-expect-error, what the compiler has to refuse. */
const PROGRAM = `
import axios, { type AxiosError, type AxiosResponse } from 'axios';
import {
  type Backend,
  BACKENDS,
  binarySerializer,
  brotli,
  bsonSerializer,
  type CachedAxiosInstance,
  type CacheOptions,
  clear,
  deleteUrls,
  disabled,
  DO_NOT_CACHE,
  enabled,
  encrypted,
  getCache,
  getExpirationDate,
  gzip,
  type HttpCache,
  initBackend,
  initSerializer,
  installCache,
  isHttpCacheError,
  isInstalled,
  jsonSerializer,
  NEVER_EXPIRE,
  parseCacheControl,
  type RequestCacheOptions,
  type ResponseCacheInfo,
  rfc9111,
  type SecretInput,
  type SerializerName,
  SerializerPipeline,
  SERIALIZERS,
  type SerializerSpec,
  type SerializerStage,
  signed,
  Stage,
  uninstallCache,
  v8Serializer,
  withCache,
  yamlSerializer,
  zstd,
} from 'axios-persistent-cache';
import type { ByteSpan, CacheEventOf, GuardEvent, GuardLane, RecordRejectedEvent, SqliteDriverName, StoredParts } from 'axios-persistent-cache';
import { MemoryBackend, SqliteBackend } from 'axios-persistent-cache/backends';

interface User { readonly name: string }
const options: CacheOptions = {
  ...rfc9111,
  cacheName: 'demo_cache',
  backend: { name: 'sqlite', useTemp: true },
  expireAfter: '10m',
  urlsExpireAfter: { '*.example.com/static': NEVER_EXPIRE, 'example.com/private': DO_NOT_CACHE },
  staleIfError: true,
};
export const http: CachedAxiosInstance = withCache(axios.create({ baseURL: 'https://api.example.com' }), options);

export async function use(): Promise<void> {
  const response = await http.get<User[]>('/users', { params: { page: 2 }, cache: { expireAfter: 60, refresh: true } });
  const first: User | undefined = response.data[0];
  const fromCache: boolean = response.cache.fromCache;
  const expiresAt: Date | undefined = response.cache.expiresAt;
  const info: ResponseCacheInfo = response.cache;
  const plain: AxiosResponse<User[]> = response;
  await http.post('/users', { name: 'Ada' }, { cache: false });
  const perRequest: RequestCacheOptions = { onlyIfCached: true };
  await http.request({ url: '/users', cache: perRequest });
  const cache: HttpCache = http.cache;
  const keys: string[] = [];
  for await (const key of cache.keys({ olderThan: '1d' })) keys.push(key);
  for await (const found of cache.filter({ invalid: true })) {
    if ('problem' in found) keys.push(found.problem);
    else keys.push(found.url, String(found.status), (await found.text()) ?? '', String((await found.body())?.byteLength));
  }
  const deleted: number = await cache.deleteUrl('/users', { params: { page: 2 } });
  await cache.delete({ requests: [response.config], expired: true });
  await cache.contains(response.config, { expired: true });
  await cache.saveResponse(response, { expireAfter: NEVER_EXPIRE });
  cache.settings = { expireAfter: undefined, staleIfError: 60 };
  cache.on('backendError', ({ backend, error }) => keys.push(backend, error.code));
  const rejected = (event: RecordRejectedEvent): void => void keys.push(event.problem);
  cache.on('recordRejected', rejected);
  const lanes = (event: Extract<GuardEvent, { type: 'breakerOpen' }>): GuardLane => event.lane;
  const driver: SqliteDriverName = 'node:sqlite';
  const spans = ({ spans: [first] }: StoredParts): ByteSpan | undefined => first;
  const name: CacheEventOf<'backgroundError'>['type'] = 'backgroundError';
  withCache(axios.create(), { backend: new MemoryBackend({ maxEntries: 5 }) });
  void [lanes, driver, spans, name, new SqliteBackend('file', { driver }).path];
  const backend: Backend = initBackend('other', 'memory', { maxBytes: 1_000_000 });
  await cache.update(backend);
  await cache.update(cache, { onProgress: (done, total) => void keys.push(String(done / total)) });
  const own: SerializerStage = { dumps: (value: unknown) => JSON.stringify(value), loads: (text: unknown) => JSON.parse(text as string) };
  const codec = { compress: (bytes: Uint8Array) => bytes, decompress: async (bytes: Uint8Array) => bytes };
  const secret: SecretInput = new Uint8Array(32);
  const serializers: SerializerSpec[] = [
    'yaml', own, gzip(), brotli({ level: 4, threshold: 0 }), signed([secret, 'a secret of thirty-two characters']), encrypted(secret),
    binarySerializer, bsonSerializer, jsonSerializer, v8Serializer, yamlSerializer,
    new SerializerPipeline([initSerializer('json', { decodeContent: true }), new Stage(codec, { dumps: 'compress', loads: 'decompress' })]),
  ];
  for (const serializer of serializers) {
    withCache(axios.create(), { serializer, backend: 'filesystem' });
    withCache(axios.create(), { backend: { name: 'redis', serializer } });
    initBackend('other', 'sqlite', { serializer, maxEntries: 5 });
  }
  withCache(axios.create(), { backend: { name: 'mongodb', serializer: 'bson', decodeContent: true } });
  installCache({ serializer: 'v8' });
  const names: readonly SerializerName[] = SERIALIZERS;
  void [names, zstd];
  const value: Promise<number> = cache.disabled(async () => 5);
  const date: Date | undefined = getExpirationDate('1h');
  try {
    await http.get('/users');
  } catch (error) {
    if (isHttpCacheError(error)) keys.push(error.code);
    const answered: boolean | undefined = (error as AxiosError).response?.cache.fromCache;
    void answered;
  }
  void [first, fromCache, expiresAt, info, plain, deleted, value, date, BACKENDS, parseCacheControl];

  const installed: HttpCache = installCache(options);
  const inForce: HttpCache | undefined = getCache(axios);
  const answer: AxiosResponse<User> = await enabled({ backend: 'memory' }, () => axios.get<User>('/users'), axios.create());
  const five: number = await enabled(options, () => 5);
  const atOnce: number = disabled(() => 5);
  const later: Promise<number> = disabled(async () => 5);
  if (isInstalled()) await Promise.all([clear(), uninstallCache()]);
  const gone: number = await deleteUrls(['https://example.com/'], axios);
  void [installed, inForce, answer, five, atOnce, later, gone];

  // @ts-expect-error: no such option
  installCache({ expire_after: 5 });
  // @ts-expect-error: a namespace of axios is no axios
  installCache(options, { default: axios });
  // @ts-expect-error: no function
  await enabled(options);
  // @ts-expect-error: there may be none
  getCache().count();
  // @ts-expect-error: no such option
  withCache(axios.create(), { expire_after: 5 });
  // @ts-expect-error: not a duration
  withCache(axios.create(), { expireAfter: {} });
  // @ts-expect-error: no such backend
  withCache(axios.create(), { backend: 'cassandra' });
  // @ts-expect-error: an option of another backend
  withCache(axios.create(), { backend: { name: 'memory', useTemp: true } });
  // @ts-expect-error: no such serializer
  withCache(axios.create(), { serializer: 'pickle' });
  // @ts-expect-error: half a serializer
  withCache(axios.create(), { backend: { name: 'sqlite', serializer: { dumps: () => '' } } });
  // @ts-expect-error: no such serializer
  initSerializer('msgpack');
  // @ts-expect-error: no such option
  gzip({ treshold: 5 });
  // @ts-expect-error: no secret
  signed(undefined);
  // @ts-expect-error: no listener
  await cache.update(cache, { onProgress: 5 });
  // @ts-expect-error: no such option of a request
  await http.get('/users', { cache: { expire_after: 5 } });
  // @ts-expect-error: an option that only withCache takes
  await http.get('/users', { cache: { backend: 'memory' } });
  // @ts-expect-error: true is no choice
  await http.get('/users', { cache: true });
  // @ts-expect-error: no such fact
  void response.cache.fromCash;
  // @ts-expect-error: facts are not to be changed
  response.cache.fromCache = true;
  // @ts-expect-error: the cache is not to be replaced
  http.cache = cache;
  // @ts-expect-error: no such condition
  await cache.delete({ older_than: 5 });
  // @ts-expect-error: no such event
  cache.on('error', () => undefined);
}
`;

async function compile(files: Readonly<Record<string, string>>, compilerOptions: object): Promise<string> {
  for (const [name, content] of Object.entries(files)) consumer.file(name, content);
  const config = {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      ...compilerOptions,
    },
    files: Object.keys(files),
  };
  const project = consumer.file('tsconfig.json', JSON.stringify(config));
  try {
    const { stdout } = await run(process.execPath, [TSC, '-p', project], { cwd: consumer.directory });
    return stdout;
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error);
  }
}

/** Of all that the compiler says, what is about the program or our declarations. */
function aboutUs(report: string): string[] {
  return report
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' ') && !/node_modules\/axios\//.test(line));
}

describe('the packed declarations', () => {
  it.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }, ['use.mts', 'use.cts']],
    ['node16', { module: 'node16', moduleResolution: 'node16' }, ['use.mts', 'use.cts']],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }, ['use.ts']],
    [
      'bundler with the strictest options',
      {
        module: 'preserve',
        moduleResolution: 'bundler',
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        verbatimModuleSyntax: true,
        isolatedModules: true,
      },
      ['use.ts'],
    ],
    [
      'bundler without the types of Node',
      { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['ES2023', 'DOM', 'DOM.Iterable'] },
      ['use.ts'],
    ],
  ])('serve programs resolved by %s', async (_title, options, names) => {
    const files = Object.fromEntries(names.map((name) => [name, PROGRAM]));
    expect(aboutUs(await compile(files, options))).toEqual([]);
  });

  it('would not hide a mistake: the same compilation refuses a wrong program', async () => {
    const wrong = `
      import axios from 'axios';
      import { withCache } from 'axios-persistent-cache';
      withCache(axios.create(), { expire_after: 5 });`;
    const report = aboutUs(
      await compile({ 'wrong.mts': wrong }, { module: 'nodenext', moduleResolution: 'nodenext' }),
    );
    expect(report).toEqual([expect.stringMatching(/^wrong\.mts\(4,\d+\): error TS\d+: .*expire_after/)]);
  });
});
