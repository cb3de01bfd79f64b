import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { AdapterHeaders } from './adapter-headers.js';

export interface AxiosErrorClass {
  new (
    message: string,
    code: string | undefined,
    config: InternalAxiosRequestConfig,
    request: unknown,
    response: AxiosResponse | undefined,
  ): AxiosError;
  from(
    error: unknown,
    code: string | null | undefined,
    config: InternalAxiosRequestConfig,
    request: unknown,
    response?: AxiosResponse,
  ): AxiosError;
}

export type CanceledErrorClass = new (
  message: string | null,
  config: InternalAxiosRequestConfig | undefined,
  request: unknown,
) => AxiosError;

/**
 * The services of the copy of axios that made the wrapped instance. Several copies may be installed in one program;
 * adapter names, URLs and error classes must be those of the instance's own.
 */
export interface OwnCopy {
  /**
   * The effective URL of a merged config, by axios's own rules for `baseURL`, `params` and `paramsSerializer`; undefined where
   * the config has none.
   */
  uriOf(config: InternalAxiosRequestConfig): string | undefined;
  /**
   * The effective URL that the instance would give another request, to the same `baseURL` as one that is under way: with the
   * instance's own `params`.
   */
  uriOfOther(url: string, config: InternalAxiosRequestConfig): string;
  /** Calls the adapter that a config names, and nothing else: no interceptors, no transforms, no defaults. */
  dispatch(config: InternalAxiosRequestConfig): Promise<AxiosResponse>;
  /** What the copy's adapters add to every request. */
  readonly adapterHeaders: AdapterHeaders;
  /** The copy's own AxiosError class. */
  errorClass(): Promise<AxiosErrorClass>;
  /** The copy's own CanceledError class. */
  canceledErrorClass(): Promise<CanceledErrorClass>;
  /** The `code` of the copy's errors for a status that is neither 4xx nor 5xx: older versions of axios have none. */
  codeOfRejectedSuccess(): Promise<string | undefined>;
}

/** What axios makes a URL of. */
type UriParts = {
  [Name in 'url' | 'baseURL' | 'params' | 'paramsSerializer' | 'allowAbsoluteUrls']?: unknown;
};

/** The beginning of a URL that begins as it should; axios has rules of its own for others. */
const ORDINARY_URL = /^https?:\/\/[a-z\d]/i;

/** Finds those services by an offspring of the instance, emptied so that nothing is merged or done twice. */
export function ownCopyOf(instance: AxiosInstance): OwnCopy {
  // Somebody may have replaced `create`, and what that gives may be in use: emptied is only what is made by it in turn. An
  // installed cache, and some plugins, follow there too, with interceptors.
  const bare = instance.create().create();
  bare.interceptors.request.clear();
  bare.interceptors.response.clear();
  for (const name of Object.keys(bare.defaults)) {
    delete (bare.defaults as unknown as Record<string, unknown>)[name];
  }
  const uriOf = (config: InternalAxiosRequestConfig): string | undefined => {
    // Only what the URL is made of: axios merges whatever it is given, which costs more than the URL itself.
    const { url, baseURL, params, paramsSerializer, allowAbsoluteUrls } = config as UriParts;
    // Nothing to be put together, and nothing that any version of axios would refuse.
    if (typeof url === 'string' && !baseURL && !params && ORDINARY_URL.test(url)) return url;
    const parts: UriParts = { url, baseURL, params, paramsSerializer, allowAbsoluteUrls };
    return bare.getUri(parts as AxiosRequestConfig);
  };
  const uriOfOther = uriOfOtherBy(instance);
  const isImported = isImportedCopy(instance);
  const dispatch = isImported
    ? callAdapter
    : (config: InternalAxiosRequestConfig) => dispatchBare(bare, config);
  const adapterHeaders = new AdapterHeaders(() => tryHttpAdapter(bare));
  let code: Promise<string | undefined> | undefined;
  const codeOfRejectedSuccess = (): Promise<string | undefined> =>
    (code ??= learnCodeOfRejectedSuccess(bare));
  if (isImported) {
    return {
      uriOf,
      uriOfOther,
      adapterHeaders,
      codeOfRejectedSuccess,
      dispatch,
      errorClass: () => Promise.resolve(axios.AxiosError as unknown as AxiosErrorClass),
      canceledErrorClass: () => Promise.resolve(axios.CanceledError as unknown as CanceledErrorClass),
    };
  }
  let errorClass: Promise<AxiosErrorClass> | undefined;
  let canceledErrorClass: Promise<CanceledErrorClass> | undefined;
  return {
    uriOf,
    uriOfOther,
    adapterHeaders,
    codeOfRejectedSuccess,
    dispatch,
    errorClass: () => (errorClass ??= learnErrorClass(bare)),
    canceledErrorClass: () => (canceledErrorClass ??= learnCanceledErrorClass(bare)),
  };
}

/** On its own: what is remembered of a copy of axios would otherwise keep the instance alive by which it was found. */
function uriOfOtherBy(instance: AxiosInstance): OwnCopy['uriOfOther'] {
  return (url, config) => {
    const { baseURL, allowAbsoluteUrls } = config as UriParts;
    return instance.getUri({ url, baseURL, allowAbsoluteUrls } as AxiosRequestConfig);
  };
}

/** Whether the instance was made by the very copy that is imported here: then its parts can be used directly. */
function isImportedCopy(instance: AxiosInstance): boolean {
  return (
    Object.getPrototypeOf(instance.interceptors.request) === Object.getPrototypeOf(axios.interceptors.request)
  );
}

/** Its errors as rejections, also those that it throws at once. */
function callAdapter(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  try {
    const answer: unknown = adapterOf(config)(config);
    // A function of the user's may give anything.
    return answer instanceof Promise ? answer : Promise.resolve(answer as AxiosResponse);
  } catch (error) {
    // As the adapter made it.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    return Promise.reject(error);
  }
}

function adapterOf(config: InternalAxiosRequestConfig): AxiosAdapter {
  if (typeof config.adapter === 'function') return config.adapter;
  const getAdapter = axios.getAdapter as (
    adapters: InternalAxiosRequestConfig['adapter'],
    config: InternalAxiosRequestConfig,
  ) => AxiosAdapter;
  return getAdapter(config.adapter ?? axios.defaults.adapter, config);
}

/** Another copy's adapters have names that only it can resolve, so it has to make the call, with transforms left out. */
function dispatchBare(bare: AxiosInstance, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  if (typeof config.adapter === 'function') return Promise.resolve(config.adapter(config));
  return bare.request({ ...config, transformRequest: [], transformResponse: [] });
}

/** The header fields with which the http adapter goes to the network, as a transport that does not go there sees them. */
async function tryHttpAdapter(bare: AxiosInstance): Promise<Readonly<Record<string, string>>> {
  let seen: object = {};
  const transport = {
    request: ({ headers }: { readonly headers: object }): never => {
      seen = headers;
      throw new Error('Nothing is sent.');
    },
  };
  const config = {
    url: 'http://localhost/',
    method: 'get',
    headers: {},
    adapter: 'http',
    transport,
    proxy: false,
  };
  await bare.request(config as AxiosRequestConfig).catch(() => undefined);
  return Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, String(value)]));
}

/** An adapter name that cannot exist makes axios reject with an AxiosError of its own. */
async function learnErrorClass(bare: AxiosInstance): Promise<AxiosErrorClass> {
  const made = await classOfFailure(bare, { adapter: 'no-such-adapter' });
  if (made === undefined) throw new TypeError('This copy of axios does not tell its AxiosError class.');
  return made as unknown as AxiosErrorClass;
}

/** A signal that is aborted already makes it reject with a CanceledError. */
async function learnCanceledErrorClass(bare: AxiosInstance): Promise<CanceledErrorClass> {
  const made = await classOfFailure(bare, { signal: AbortSignal.abort() });
  if (made === undefined) throw new TypeError('This copy of axios does not tell its CanceledError class.');
  return made as unknown as CanceledErrorClass;
}

/** The class of the AxiosError by which a request fails before it is sent. */
async function classOfFailure(
  bare: AxiosInstance,
  config: AxiosRequestConfig,
): Promise<NewableFunction | undefined> {
  const error: unknown = await bare
    .request({ url: 'about:blank', method: 'get', headers: {}, ...config })
    .catch((reason: unknown) => reason);
  const made = (error as { constructor?: unknown } | null)?.constructor;
  const isOurs = typeof made === 'function' && (error as { isAxiosError?: unknown }).isAxiosError === true;
  return isOurs ? made : undefined;
}

/** axios answers a `data:` URL by itself, with status 200; where it has no such adapter, as in browsers, the newest way is taken. */
async function learnCodeOfRejectedSuccess(bare: AxiosInstance): Promise<string | undefined> {
  const error: unknown = await bare
    .request({ url: 'data:,', method: 'get', headers: {}, adapter: 'http', validateStatus: () => false })
    .catch((reason: unknown) => reason);
  const { response, code } = error as Partial<AxiosError>;
  return response === undefined ? 'ERR_BAD_RESPONSE' : code;
}
