import axios, { type AxiosAdapter, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

/**
 * Which of axios's adapters an adapter is like in the bodies that it gives: Node's Buffers and streams (`http`), the web's
 * objects by way of `fetch`, or those of `XMLHttpRequest`.
 */
export type AdapterFamily = 'http' | 'fetch' | 'xhr';

type Adapter = InternalAxiosRequestConfig['adapter'];

const getAdapter = axios.getAdapter as (name: string, config?: InternalAxiosRequestConfig) => AxiosAdapter;

/**
 * Whether a config names an adapter of axios's own, or leaves the choice to axios; of a function (a mock, a user's own) nobody
 * knows what it does.
 */
export function isNamedAdapter(adapter: Adapter): boolean {
  return Array.isArray(adapter)
    ? !adapter.some((one) => typeof one === 'function')
    : typeof adapter !== 'function';
}

/** What a function has shown of itself when it was asked for an array buffer. */
interface Learned {
  readonly family: AdapterFamily | undefined;
  /** Whether it has also given something else: a mock, whatever it is asked for, gives what it was told to. */
  readonly givesValues: boolean;
}

const learnedByAdapter = new WeakMap<object, Learned>();

/**
 * The family of the adapter that axios chooses for a config. A function's is learned from its answers; until then it is
 * taken to be Node's.
 */
export function familyOf(config: InternalAxiosRequestConfig): AdapterFamily {
  const chosen = chosenAdapter(config.adapter);
  if (typeof chosen !== 'function') return chosen;
  return learnedByAdapter.get(chosen)?.family ?? familyOfOwn(chosen, config) ?? 'http';
}

/** Whether a config's adapter gives the body's bytes when it is asked for them, and never a value of its own instead. */
export function givesBytes(config: InternalAxiosRequestConfig): boolean {
  const chosen = chosenAdapter(config.adapter);
  if (typeof chosen !== 'function') return true;
  const learned = learnedByAdapter.get(chosen);
  if (learned === undefined) return familyOfOwn(chosen, config) !== undefined;
  return learned.family !== undefined && !learned.givesValues;
}

/** Remembers what a function answered with when it was asked for an array buffer or a stream. */
export function learnFamily(adapter: Adapter, raw: Pick<AxiosResponse, 'data' | 'request'>): void {
  const chosen = chosenAdapter(adapter);
  if (typeof chosen !== 'function') return;
  const before = learnedByAdapter.get(chosen);
  const shown = familyOfAnswer(raw);
  const isValue = shown === undefined && raw.data !== undefined && raw.data !== null;
  learnedByAdapter.set(chosen, {
    family: shown ?? before?.family,
    givesValues: isValue || before?.givesValues === true,
  });
}

/** The family that an answer to a request for bytes shows; undefined where it is none of bytes. */
export function familyOfAnswer({
  data,
  request,
}: Pick<AxiosResponse, 'data' | 'request'>): AdapterFamily | undefined {
  const { getReader, pipe } = (data ?? {}) as { readonly getReader?: unknown; readonly pipe?: unknown };
  if (data instanceof Uint8Array || typeof pipe === 'function') return 'http';
  if (typeof getReader === 'function') return 'fetch';
  if (!isArrayBuffer(data)) return undefined;
  const asked = request as { getAllResponseHeaders?: unknown } | null | undefined;
  return typeof asked?.getAllResponseHeaders === 'function' ? 'xhr' : 'fetch';
}

/** By tag, not by class: the buffer may come from another realm. */
export function isArrayBuffer(data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === '[object ArrayBuffer]';
}

/** axios's own default. */
const DEFAULT_ADAPTERS = ['xhr', 'http', 'fetch'] as const;

/** What axios chooses of a list: the first that exists here, or a function. */
function chosenAdapter(adapter: Adapter): AdapterFamily | AxiosAdapter {
  const candidates = Array.isArray(adapter) ? adapter : adapter === undefined ? DEFAULT_ADAPTERS : [adapter];
  for (const candidate of candidates) {
    if (typeof candidate === 'function') return candidate;
    const name = String(candidate).toLowerCase();
    if ((name === 'xhr' || name === 'http') && isAvailable(name)) return name;
    if (name === 'fetch') return name;
  }
  return 'http';
}

const availability = new Map<string, boolean>();

/** Axios decides that once, when it is loaded: a global `XMLHttpRequest` that comes later is not used. */
function isAvailable(name: 'xhr' | 'http'): boolean {
  let isThere = availability.get(name);
  if (isThere === undefined) {
    isThere = adapterOf(name) !== undefined;
    availability.set(name, isThere);
  }
  return isThere;
}

function adapterOf(name: AdapterFamily, config?: InternalAxiosRequestConfig): AxiosAdapter | undefined {
  try {
    return getAdapter(name, config);
  } catch {
    return undefined;
  }
}

/** The family of a function that is an adapter of axios's own, as `axios.getAdapter` gives it. */
function familyOfOwn(adapter: AxiosAdapter, config: InternalAxiosRequestConfig): AdapterFamily | undefined {
  const { adapterName } = adapter as { adapterName?: unknown };
  if (adapterName === 'http' || adapterName === 'fetch' || adapterName === 'xhr') return adapterName;
  return adapter === adapterOf('fetch') || adapter === adapterOf('fetch', config) ? 'fetch' : undefined;
}
