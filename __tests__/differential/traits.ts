import axios, {
  AxiosHeaders,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import http from 'node:http';
import { Readable } from 'node:stream';
import { type MutableConfig, type Surroundings } from './run.js';

/** One thing that a caller may ask for, by name; `undefined` stands for nothing special. */
export type Trait = (config: MutableConfig, around: Surroundings) => void;
export type Traits = Readonly<Record<string, Trait>>;

const set =
  (fields: AxiosRequestConfig | Record<string, unknown>): Trait =>
  (config) =>
    void Object.assign(config, fields);

const addHeaders =
  (fields: Record<string, unknown>): Trait =>
  (config) =>
    void (config.headers = { ...(config.headers as object), ...fields } as never);

/** Parameters and how they are written. */
export const PARAMS: Traits = {
  plain: set({ params: { b: 2, a: 'one' } }),
  nested: set({ params: { a: { b: { c: [1, { d: 2 }] } }, e: [] } }),
  arrays: set({ params: { list: [1, 'two', null, undefined], empty: [], deep: [[1], [2]] } }),
  nothings: set({ params: { a: null, b: undefined, c: false, d: 0, e: '', f: NaN } }),
  date: set({ params: { at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)) } }),
  characters: set({ params: { 'a b': 'ü&=+?#/%20', '[x]': ':$,@;', '👋': '%' } }),
  'search params': set({ params: new URLSearchParams('a=1&a=2&b=%C3%BC+x') }),
  'serializer function': set({ params: { a: [1, 2] }, paramsSerializer: serializeByHand as never }),
  'serializer serialize': set({ params: { z: 1, y: [2] }, paramsSerializer: { serialize: serializeByHand } }),
  'serializer indexes': set({ params: { a: [1, { b: 2 }] }, paramsSerializer: { indexes: true } }),
  'serializer repeats': set({ params: { a: [1, 2] }, paramsSerializer: { indexes: null } }),
  'serializer encode': set({
    params: { a: 'b c' },
    paramsSerializer: { encode: (text: string) => text.toUpperCase() },
  }),
  'serializer throws': set({ params: { a: 1 }, paramsSerializer: { serialize: failToSerialize } }),
  'query in the URL': (config) => void (config.url += '?x=1&y'),
  'query in both': (config) => void Object.assign(config, { url: `${config.url}?x=1`, params: { x: 2 } }),
  fragment: (config) => void (config.url += '#part'),
  'odd characters in the URL': (config) => void (config.url += '/ü b?q=ä"<>|{}'),
};

function serializeByHand(params: object): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}:${String(value)}`)
    .join('&');
}

function failToSerialize(): string {
  throw new RangeError('These parameters cannot be written.');
}

/** Header fields of the request. */
export const HEADERS: Traits = {
  plain: addHeaders({ 'X-Mine': 'yes', accept: 'text/plain' }),
  spelling: addHeaders({ 'x-LOWER-upper': 'a', 'USER-AGENT': 'differential/1' }),
  'left out': addHeaders({ 'User-Agent': false, Accept: null, 'X-Undefined': undefined }),
  values: addHeaders({ 'X-Number': 12, 'X-True': true, 'X-List': ['a', 'b'], 'X-Empty': '' }),
  'by method': addHeaders({ common: { 'X-Common': '1' }, get: { 'X-Get': '1' }, post: { 'X-Post': '1' } }),
  class: (config) => void (config.headers = new AxiosHeaders({ 'X-Class': 'yes', Accept: '*/*' })),
  'own coding': addHeaders({ 'Accept-Encoding': 'identity' }),
  authorization: addHeaders({ Authorization: 'Bearer secret' }),
  cookie: addHeaders({ Cookie: 'session=1; theme=dark' }),
  'many spaces': addHeaders({ 'X-Spaces': '  a   b  ' }),
};

/** Who asks. */
export const AUTH: Traits = {
  auth: set({ auth: { username: 'user', password: 'pa:ss' } }),
  'auth without password': set({ auth: { username: 'user' } as never }),
  'auth and header': (config, around) => {
    AUTH['auth']?.(config, around);
    HEADERS['authorization']?.(config, around);
  },
  'in the URL': (config, { origin, path }) => {
    if (config.baseURL === undefined) config.url = `${origin.replace('//', '//user:p%40ss@')}${path}`;
  },
  withCredentials: set({ withCredentials: true }),
  xsrf: set({ xsrfCookieName: 'token', xsrfHeaderName: 'X-Token', withXSRFToken: true }),
};

/** Ways to say the URL. */
export const URLS: Traits = {
  'base URL': (config, { origin, path }) =>
    void Object.assign(config, { baseURL: `${origin}/`, url: path.slice(1) }),
  'base URL with a path': (config, { origin, path }) =>
    void Object.assign(config, {
      baseURL: `${origin}${path.replace(/\/[^/]*$/, '')}`,
      url: path.replace(/^.*\//, '/'),
    }),
  'absolute beside a base': (config, { origin, path }) =>
    void Object.assign(config, { baseURL: 'http://127.0.0.1:1/wrong', url: origin + path }),
  'absolute URLs not allowed': (config, { origin, path }) =>
    void Object.assign(config, { baseURL: origin, url: path, allowAbsoluteUrls: false }),
  'localhost in capitals': (config, { origin, path }) =>
    void (config.url = origin.replace('http', 'HTTP') + path),
  'dots in the path': (config, { origin, path }) => void (config.url = `${origin}/x/..${path}/./y/..`),
};

const JSON_VALUE = { a: 1, b: ['x', null], c: { d: 'ü' }, e: undefined };

/** Bodies of requests. */
export const BODIES: Traits = {
  json: set({ data: JSON_VALUE }),
  'json text': set({ data: '{"a":1}', headers: { 'Content-Type': 'application/json' } }),
  text: set({ data: 'text ü' }),
  'empty text': set({ data: '' }),
  null: set({ data: null }),
  number: set({ data: 5, headers: { 'Content-Type': 'application/json' } }),
  'search params': (config) => void (config.data = new URLSearchParams('a=1&b=ü')),
  'url-encoded': set({
    data: { a: [1, { b: 2 }] },
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  }),
  'as form': set({ data: { a: 1, b: ['x'] }, headers: { 'Content-Type': 'multipart/form-data' } }),
  buffer: set({ data: Buffer.from([1, 2, 0xff]) }),
  'array buffer': (config) => void (config.data = new Uint8Array([1, 2, 3]).buffer),
  'typed array': (config) => void (config.data = new Uint8Array([9, 8, 7])),
  blob: (config, { run }) =>
    void (config.data = run.own(new Blob(['blob ü'], { type: 'text/x-blob' }), 'Blob')),
  'form data': (config, { run }) => {
    const form = run.own(new FormData(), 'FormData');
    form.append('a', '1');
    form.append('file', new Blob(['file']), 'f.txt');
    config.data = form;
  },
  'form-data package': (config, { run }) => {
    const Form = (axios.defaults.env as unknown as { FormData: new () => FormData }).FormData;
    const form = run.own(new Form(), 'form-data');
    form.append('a', '1');
    config.data = form;
  },
  stream: (config, { run }) =>
    void (config.data = run.own(Readable.from([Buffer.from('streamed')]), 'Readable')),
  'transformed request': set({ data: JSON_VALUE, transformRequest: [addFieldAndQuote] }),
  'transformed by two': (config) =>
    void Object.assign(config, {
      data: JSON_VALUE,
      transformRequest: [addOne, ...[axios.defaults.transformRequest].flat()],
    }),
  'transform throws': set({ data: JSON_VALUE, transformRequest: failToTransform as never }),
  'form serializer': set({
    data: { list: [1, 2] },
    headers: { 'Content-Type': 'multipart/form-data' },
    formSerializer: { indexes: null },
  }),
};

function addFieldAndQuote(data: unknown, headers: { set(name: string, value: string): void }): string {
  headers.set('X-Transformed', 'yes');
  return `quoted ${JSON.stringify(data)}`;
}

function addOne(data: object): object {
  return { ...data, added: 1 };
}

function failToTransform(): never {
  throw new TypeError('This request cannot be transformed.');
}

/** Which statuses are errors. */
export const STATUSES: Traits = {
  all: set({ validateStatus: () => true }),
  null: set({ validateStatus: null }),
  undefined: set({ validateStatus: undefined }),
  'none but 404': set({ validateStatus: only404 }),
  noted: (config, { run }) =>
    void (config.validateStatus = run.own((status: number) => {
      run.note(`validateStatus(${status})`);
      return status < 400;
    }, 'validateStatus')),
  // Beneath the http adapter this ends the process, with and without a cache.
  throws: set({ validateStatus: failToValidate, adapter: 'fetch' }),
};

function only404(status: number): boolean {
  return status === 404;
}

function failToValidate(): never {
  throw new EvalError('No status is good enough.');
}

/** What is made of the answer. */
export const TRANSFORMS: Traits = {
  none: set({ transformResponse: [] }),
  null: set({ transformResponse: null as never }),
  length: set({ transformResponse: lengthOf }),
  chain: (config) =>
    void (config.transformResponse = [
      ...([axios.defaults.transformResponse].flat() as never[]),
      wrapInObject,
    ]),
  noted: (config, { run }) =>
    void (config.transformResponse = [
      run.own(function (this: AxiosRequestConfig, data: unknown, headers: object, status?: number) {
        const { constructor } = headers;
        const shape = Object.prototype.toString.call(data);
        run.note(
          `transformResponse(${shape}, ${constructor.name}, ${status}) for ${this.responseType} ${this.method}`,
        );
        return data;
      }, 'transformResponse') as never,
    ]),
  'changes the header': set({ transformResponse: [changeHeader] as never }),
  throws: set({ transformResponse: failToParse }),
  reviver: set({ parseReviver: reviveNumbers } as object),
  'not forced': set({ transitional: { forcedJSONParsing: false } }),
  'not silent': set({ responseType: 'json', transitional: { silentJSONParsing: false } }),
  'clear time-outs': set({ transitional: { clarifyTimeoutError: true } }),
};

function lengthOf(data: { readonly length?: number } | undefined): unknown {
  return data?.length;
}

function wrapInObject(data: unknown): Map<string, unknown> {
  return new Map([['wrapped', data]]);
}

function changeHeader(data: unknown, headers: { set(name: string, value: string): void }): unknown {
  headers.set('X-Changed', 'by transform');
  return data;
}

function failToParse(): never {
  throw new TypeError('This answer cannot be parsed.');
}

function reviveNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? `number ${value}` : value;
}

/** Encodings of text. */
export const ENCODINGS: Traits = Object.fromEntries(
  ['latin1', 'utf16le', 'ucs2', 'base64', 'hex', 'ascii', 'binary', 'utf8', 'UTF-8', 'nonsense', ''].map(
    (responseEncoding) => [responseEncoding, set({ responseEncoding: responseEncoding as never })],
  ),
);

/** What ends a request early, and what is watched while it lasts. */
export const LIMITS: Traits = {
  'maxContentLength 0': set({ maxContentLength: 0 }),
  'maxContentLength 10': set({ maxContentLength: 10 }),
  'maxContentLength large': set({ maxContentLength: 100_000_000 }),
  'maxBodyLength 3': set({ maxBodyLength: 3 }),
  maxRate: set({ maxRate: [1e9, 1e9] }),
  'long time-out': set({ timeout: 60_000 }),
  'time-out as text': set({ timeout: '60000' as never }),
  // fetch takes it for the shortest time there is.
  'time-out that is no number': set({ timeout: 'soon' as never, adapter: 'http' }),
  signal: (config, { run }) => void (config.signal = run.controller.signal),
  'cancel token': (config, { run }) => {
    config.cancelToken = run.own(axios.CancelToken.source().token, 'cancelToken');
  },
  'aborted before': (config, { run }) => {
    run.controller.abort();
    config.signal = run.controller.signal;
  },
  'cancelled before': (config, { run }) => {
    const { token, cancel } = axios.CancelToken.source();
    cancel('no more wanted');
    config.cancelToken = run.own(token, 'cancelToken');
  },
  'download watched': (config, { run }) =>
    void (config.onDownloadProgress = run.own(
      (event) => void run.downloads.push(event),
      'onDownloadProgress',
    )),
  'upload watched': (config, { run }) =>
    void (config.onUploadProgress = run.own((event) => void run.uploads.push(event), 'onUploadProgress')),
  'not decompressed': set({ decompress: false }),
  'unknown option': set({ mine: { deep: [1, { x: true }] } }),
  'insecure parser': set({ insecureHTTPParser: true }),
  'agent of its own': (config, { run }) => void (config.httpAgent = run.own(new http.Agent(), 'Agent')),
  'no proxy': set({ proxy: false }),
  'message of time-outs': set({ timeout: 60_000, timeoutErrorMessage: 'too slow' }),
};

/** Redirects. */
export const REDIRECTS: Traits = {
  'maxRedirects 0': set({ maxRedirects: 0 }),
  'maxRedirects 1': set({ maxRedirects: 1 }),
  'maxRedirects 2': set({ maxRedirects: 2 }),
  watched: (config, { run }) =>
    void (config.beforeRedirect = run.own(
      (
        options: Record<string, unknown>,
        { headers, statusCode }: { headers: object; statusCode: number },
      ) => {
        run.note(
          `beforeRedirect(${String(options['method'])} ${String(options['href'])}, ${JSON.stringify(headers)}, ${statusCode})`,
        );
      },
      'beforeRedirect',
    ) as never),
  'header added': set({ beforeRedirect: addHopHeader as never }),
  refused: set({ beforeRedirect: refuseRedirect }),
  'sensitive headers': set({ sensitiveHeaders: ['x-secret'], headers: { 'X-Secret': '1' } } as object),
};

function addHopHeader(options: { headers: Record<string, string> }): void {
  options.headers['X-After-Hop'] = 'yes';
}

function refuseRedirect(): never {
  throw new RangeError('No redirects here.');
}

/** The adapter of a name, called by a function: as plugins do that add something to it. */
function beneath(name: string): Trait {
  const getAdapter = axios.getAdapter as (
    names: string,
    config?: object,
  ) => (config: object) => Promise<never>;
  return set({ adapter: (config) => getAdapter(name, config)(config) });
}

/** An adapter that asks nobody. */
function answering(data: unknown, fields: Record<string, string | string[]> = {}): Trait {
  const adapter = async (config: InternalAxiosRequestConfig): Promise<Answer> => {
    const headers = new AxiosHeaders(fields);
    return judged({ data, status: 200, statusText: 'OK', headers, config, request: { made: 'by hand' } });
  };
  return set({ adapter: adapter as never });
}

type Answer = Omit<AxiosResponse, 'cache'>;

/** As axios has its adapters end. */
function judged(response: Answer): Answer {
  const { config, request, status } = response;
  const { validateStatus } = config;
  if (!validateStatus || validateStatus(status)) return response;
  const code = axios.VERSION.startsWith('1.7.') ? undefined : 'ERR_BAD_RESPONSE';
  const message = `Request failed with status code ${status}`;
  throw new axios.AxiosError(message, code, config, request, response as AxiosResponse);
}

/** A simple mock, which knows nothing of `validateStatus`, nor of the classes of axios. */
function simpleAnswer(config: object): Promise<object> {
  const headers = { 'x-a': 'b' };
  return Promise.resolve({ data: 'simple', status: 200, statusText: 'OK', headers, config, request: {} });
}

/** Adapters that are functions, as mocks and platforms bring them. */
export const FUNCTION_ADAPTERS: Traits = {
  'http beneath': beneath('http'),
  'fetch beneath': beneath('fetch'),
  'answers text': answering('{"from": "function"}', {
    'Content-Type': 'application/json',
    'x-multi': ['a', 'b'],
  }),
  'answers an object': answering({ from: 'function', list: [1] }),
  'answers bytes': answering(Buffer.from('bytes')),
  'answers nothing': answering(undefined),
  'answers null': answering(null),
  'answers simply': set({ adapter: simpleAnswer as never }),
  rejects: set({ adapter: () => Promise.reject(new URIError('The adapter failed.')) }),
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  'rejects with text': set({ adapter: () => Promise.reject('only text') }),
  throws: set({
    adapter: () => {
      throw new SyntaxError('The adapter threw.');
    },
  }),
};

/** URLs that cannot be asked, or not by HTTP. */
export const ODD_URLS: Traits = {
  'nobody there': set({ url: 'http://127.0.0.1:1/x' }),
  'no URL': (config) => void delete config.url,
  empty: set({ url: '' }),
  'relative without a base': set({ url: '/x/y' }),
  'unsupported scheme': set({ url: 'gopher://127.0.0.1/x' }),
  'broken host': set({ url: 'http://[broken/x' }),
  'broken scheme': set({ url: 'http:/one-slash' }),
  data: set({ url: 'data:text/plain;base64,aGVsbG8=' }),
  'no such adapter': set({ adapter: 'nonsense' as never }),
  'no adapter at all': set({ adapter: [] }),
  'xhr, which Node lacks': set({ adapter: 'xhr' }),
};
