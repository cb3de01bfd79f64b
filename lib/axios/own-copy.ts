import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { AdapterHeaders } from './adapter-headers.js';

type AxiosErrorClass = new (
  message: string,
  code: string,
  config: InternalAxiosRequestConfig,
  request: unknown,
  response: AxiosResponse | undefined,
) => AxiosError;

/**
 * The services of the copy of axios that made the wrapped instance. Several copies may be installed in one program;
 * adapter names, URLs and error classes must be those of the instance's own.
 */
export interface OwnCopy {
  /** The effective URL of a merged config, by axios's own rules for `baseURL`, `params` and `paramsSerializer`. */
  uriOf(config: InternalAxiosRequestConfig): string;
  /** Calls the adapter that a config names, and nothing else: no interceptors, no transforms, no defaults. */
  dispatch(config: InternalAxiosRequestConfig): Promise<AxiosResponse>;
  /** What the copy's adapters add to every request. */
  readonly adapterHeaders: AdapterHeaders;
  /** The copy's own AxiosError class. */
  errorClass(): Promise<AxiosErrorClass>;
}

/** What axios makes a URL of. */
type UriParts = {
  [Name in 'url' | 'baseURL' | 'params' | 'paramsSerializer' | 'allowAbsoluteUrls']?: unknown;
};

/** Finds those services by a child of the instance, whose defaults are emptied so that nothing is merged twice. */
export function ownCopyOf(instance: AxiosInstance): OwnCopy {
  const bare = instance.create();
  for (const name of Object.keys(bare.defaults)) {
    delete (bare.defaults as unknown as Record<string, unknown>)[name];
  }
  const uriOf = (config: InternalAxiosRequestConfig): string => {
    // Only what the URL is made of: axios merges whatever it is given, which costs more than the URL itself.
    const { url, baseURL, params, paramsSerializer, allowAbsoluteUrls } = config as UriParts;
    const parts: UriParts = { url, baseURL, params, paramsSerializer, allowAbsoluteUrls };
    return bare.getUri(parts as AxiosRequestConfig);
  };
  const adapterHeaders = new AdapterHeaders();
  if (isImportedCopy(instance)) {
    return {
      uriOf,
      adapterHeaders,
      dispatch: async (config) => adapterOf(config)(config),
      errorClass: () => Promise.resolve(axios.AxiosError as unknown as AxiosErrorClass),
    };
  }
  let errorClass: Promise<AxiosErrorClass> | undefined;
  return {
    uriOf,
    adapterHeaders,
    dispatch: (config) => dispatchBare(bare, config),
    errorClass: () => (errorClass ??= learnErrorClass(bare)),
  };
}

/** Whether the instance was made by the very copy that is imported here: then its parts can be used directly. */
function isImportedCopy(instance: AxiosInstance): boolean {
  return (
    Object.getPrototypeOf(instance.interceptors.request) === Object.getPrototypeOf(axios.interceptors.request)
  );
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

/** An adapter name that cannot exist makes axios reject with an AxiosError of its own. */
async function learnErrorClass(bare: AxiosInstance): Promise<AxiosErrorClass> {
  const error: unknown = await bare
    .request({ url: 'about:blank', method: 'get', headers: {}, adapter: 'no-such-adapter' })
    .catch((reason: unknown) => reason);
  const made = (error as { constructor?: unknown } | null)?.constructor;
  if (typeof made !== 'function' || (error as { isAxiosError?: unknown }).isAxiosError !== true) {
    throw new TypeError('This copy of axios does not tell its AxiosError class.');
  }
  return made as AxiosErrorClass;
}
