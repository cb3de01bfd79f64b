import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { Readable } from 'node:stream';
import { type MutableConfig } from './run.js';

type Result = AxiosResponse & Record<string, unknown>;
type Failure = Error & Record<string, unknown>;

/** It has no `duration`, and its `cause` is a member like any other. */
const IS_OLDER = axios.VERSION.startsWith('1.7.');

/** One way in which an instance with a cache may differ from plain axios. Each must be noticed. */
export interface Mutant {
  readonly name: string;
  /** Whether the axios that is tested does so itself, so that it would be no fault. */
  readonly isUsual?: boolean;
  readonly before?: (config: MutableConfig) => MutableConfig;
  /** Changes the response, or gives another. */
  readonly answered?: (response: Result) => unknown;
  readonly failed?: (error: Failure) => unknown;
}

const onHits =
  (change: (response: Result) => unknown) =>
  (response: Result): unknown =>
    response.cache.fromCache ? (change(response) ?? response) : response;

/** Changes something in place. */
const edit =
  <T>(change: (value: T) => unknown) =>
  (value: T): T => {
    change(value);
    return value;
  };

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'bytes of hits lack the last',
    answered: onHits(({ data, ...rest }) =>
      Buffer.isBuffer(data) ? { ...rest, data: data.subarray(0, -1) } : undefined,
    ),
  },
  {
    name: 'bytes of hits are a Uint8Array',
    answered: onHits(
      edit((response) => Buffer.isBuffer(response.data) && (response.data = new Uint8Array(response.data))),
    ),
  },
  {
    name: 'bytes of hits are text',
    answered: onHits(
      edit((response) => Buffer.isBuffer(response.data) && (response.data = response.data.toString())),
    ),
  },
  {
    name: 'text of hits is trimmed',
    answered: onHits(
      edit((response) => typeof response.data === 'string' && (response.data = response.data.trim())),
    ),
  },
  {
    name: 'text keeps a byte order mark',
    answered: edit(
      (response) => typeof response.data === 'string' && (response.data = `\ufeff${response.data}`),
    ),
  },
  { name: 'null becomes an empty text', answered: edit((response) => (response.data ??= '')) },
  {
    name: 'Blobs of hits have no type',
    answered: onHits(
      edit((response) => response.data instanceof Blob && (response.data = new Blob([response.data]))),
    ),
  },
  {
    name: 'streams end early',
    answered: edit(
      (response) =>
        response.data instanceof Readable &&
        (response.data = Readable.from([Buffer.from('x')], { objectMode: false })),
    ),
  },
  { name: 'hits have no status text', answered: onHits(edit((response) => (response.statusText = ''))) },
  { name: 'hits are always 200', answered: onHits(edit((response) => (response.status = 200))) },
  {
    name: 'the header is a plain object',
    answered: edit((response) => (response.headers = { ...response.headers })),
  },
  { name: 'a field is missing', answered: edit((response) => void delete response.headers['content-type']) },
  { name: 'a field is added', answered: edit((response) => (response.headers['x-cache'] = 'HIT')) },
  {
    name: 'cookies are joined',
    answered: edit(
      (response) =>
        response.headers['set-cookie'] &&
        (response.headers['set-cookie'] = response.headers['set-cookie'].join('; ') as never),
    ),
  },
  {
    name: 'the order of fields is another',
    answered: edit(
      (response) =>
        (response.headers = new axios.AxiosHeaders(
          Object.fromEntries(Object.entries(response.headers).reverse()) as never,
        )),
    ),
  },
  {
    name: 'the duration is missing',
    isUsual: IS_OLDER,
    answered: edit((response) => void delete response['duration']),
  },
  {
    name: 'the config asks for bytes',
    answered: edit((response) => (response.config.responseType = 'arraybuffer')),
  },
  {
    name: 'the config accepts every status',
    answered: edit((response) => (response.config.validateStatus = () => true)),
  },
  {
    name: 'the config has another adapter',
    answered: edit((response) => (response.config.adapter = () => Promise.reject(new Error('no')))),
  },
  {
    name: 'the config has no transforms',
    answered: edit((response) => (response.config.transformResponse = [])),
  },
  {
    name: 'the config has a mark of ours',
    answered: edit((response) => Object.assign(response.config, { [Symbol('mark')]: true })),
  },
  {
    name: 'the config has a hidden mark of ours',
    answered: edit((response) => Object.defineProperty(response.config, 'mark', { value: 1 })),
  },
  {
    name: 'the config has conditional fields',
    answered: edit((response) => response.config.headers.set('If-None-Match', '"tag"')),
  },
  {
    name: 'the config has lost its signal',
    answered: edit((response) => void delete response.config.signal),
  },
  {
    name: 'the final URL is the first',
    answered: onHits(
      edit(
        (response) =>
          (response.request = { ...response.request, res: { responseUrl: 'http://127.0.0.1/first' } }),
      ),
    ),
  },
  { name: 'there is no request', answered: edit((response) => (response.request = undefined)) },
  {
    name: 'the response has another member',
    answered: edit((response) => Object.assign(response, { id: 1 })),
  },
  {
    name: 'errors resolve',
    failed: (error) => error['response'] ?? Promise.reject(error),
  },
  {
    name: 'answers reject',
    answered: (response) => (response.status === 200 ? Promise.reject(new Error('rejected')) : response),
  },
  { name: 'errors have no code', failed: (error) => (delete error['code'], Promise.reject(error)) },
  { name: 'errors have no response', failed: (error) => (delete error['response'], Promise.reject(error)) },
  { name: 'errors have no request', failed: (error) => (delete error['request'], Promise.reject(error)) },
  { name: 'errors have no cause', failed: (error) => (delete error['cause'], Promise.reject(error)) },
  {
    name: 'causes of errors are enumerable',
    isUsual: IS_OLDER,
    failed: (error) =>
      Promise.reject(
        error['cause'] === undefined ? error : Object.defineProperty(error, 'cause', { enumerable: true }),
      ),
  },
  {
    name: 'errors are of another class',
    failed: (error) => Promise.reject(Object.assign(new Error(error.message), error)),
  },
  {
    name: 'errors say something else',
    failed: (error) => Promise.reject(Object.assign(error, { message: `${error.message}!` })),
  },
  {
    name: 'errors cannot be printed',
    failed: (error) => Promise.reject(Object.assign(error, { toJSON: undefined })),
  },
  {
    name: 'errors show another config',
    failed: (error) => Promise.reject(Object.assign(error, { config: { ...(error['config'] as object) } })),
  },
  {
    name: 'aborts are no cancellations',
    failed: (error) =>
      Promise.reject(axios.isCancel(error) ? new axios.AxiosError(error.message, 'ERR_CANCELED') : error),
  },
  {
    name: 'a field is sent',
    before: (config) => ({ ...config, headers: { ...(config.headers as object), 'X-Cache': '1' } }),
  },
  { name: 'a parameter is not sent', before: ({ params: _params, ...config }) => config as MutableConfig },
  { name: 'the body is not sent', before: ({ data: _data, ...config }) => config as MutableConfig },
  {
    name: 'the method is another',
    before: (config) => ({
      ...config,
      method: config.method === 'query' ? 'post' : (config.method ?? 'get'),
    }),
  },
  {
    name: 'progress is not told',
    before: ({ onDownloadProgress: _progress, ...config }) => config as MutableConfig,
  },
  { name: 'redirects are not followed', before: (config) => ({ ...config, maxRedirects: 0 }) },
  { name: 'nothing is stored', before: (config) => ({ ...config, cache: false }) },
  {
    name: 'everything is decoded as UTF-8',
    before: ({ responseEncoding: _encoding, ...config }) => config as MutableConfig,
  },
  {
    name: 'limits are not kept',
    before: ({ maxContentLength: _limit, ...config }) => config as MutableConfig,
  },
  {
    name: 'aborts are not heard',
    before: (config) =>
      config.signal?.aborted === true ? { ...config, signal: new AbortController().signal } : config,
  },
];

/** The instance with the fault built in. */
export function withFault(instance: AxiosInstance, { before, answered, failed }: Mutant): AxiosInstance {
  const request = (config: MutableConfig): Promise<unknown> =>
    instance.request(before?.(config) ?? config).then(
      (response) => answered?.(response as Result) ?? response,
      (error: Failure) => {
        if (failed !== undefined && typeof error === 'object' && error !== null) return failed(error);
        throw error;
      },
    );
  return { request } as unknown as AxiosInstance;
}
