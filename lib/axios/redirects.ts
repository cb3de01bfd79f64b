import type { InternalAxiosRequestConfig } from 'axios';
import type { Redirect, RedirectedRequest } from '../cache/network.js';
import type { FieldValue, HeaderFields } from '../http/header-fields.js';
import { parseUrl } from '../key/target-uri.js';
import type { AdapterHeaders } from './adapter-headers.js';
import { withJarCookies } from './hidden-credentials.js';
import { fromAxiosHeaders } from './messages.js';

type BeforeRedirect = (...args: unknown[]) => void;

/** What follow-redirects asks the next URL with: the options of `http.request`, and the URL in `href`. */
type NextOptions = Record<string, unknown>;

/**
 * A `beforeRedirect` that adds every redirect that is followed to a list, with the request that it answered and the one that is
 * made because of it, and calls the caller's own. axios's http adapter tells them; its other adapters do not.
 * @param config the caller's, from which the key is made
 * @param url the effective URL of the first request
 */
export function redirectRecorder(
  config: InternalAxiosRequestConfig,
  url: string,
  adapterHeaders: AdapterHeaders,
  redirects: Redirect[],
): NonNullable<InternalAxiosRequestConfig['beforeRedirect']> {
  const callers = config.beforeRedirect as BeforeRedirect | undefined;
  let chain: Chain | undefined;
  return (options, response, ...details: unknown[]) => {
    chain ??= new Chain(config, url, adapterHeaders);
    const change = (): void => callers?.(options, response, ...details);
    redirects.push({
      ...chain.asked,
      status: response.statusCode,
      headers: fromAxiosHeaders(response.headers).fields,
      next: chain.next(options as NextOptions, change),
    });
  };
}

/** The requests of one chain of redirects, as the cache would see them if they were made by themselves. */
class Chain {
  readonly #config: InternalAxiosRequestConfig;
  #asked: { readonly method: string; readonly url: string };
  /** The caller's fields that are still sent, without a jar's cookies; undefined when that is not known any more. */
  #fields: HeaderFields | undefined;

  constructor(config: InternalAxiosRequestConfig, url: string, adapterHeaders: AdapterHeaders) {
    this.#config = config;
    this.#asked = { method: (config.method ?? 'get').toUpperCase(), url: withoutUserinfo(url) };
    this.#fields = adapterHeaders.without(fromAxiosHeaders(config.headers).fields);
  }

  /** The request that is answered next. */
  get asked(): { readonly method: string; readonly url: string } {
    return this.#asked;
  }

  /**
   * The request that follows.
   * @param change lets the caller change it
   * @returns undefined when it is not known what will be asked
   */
  next(options: NextOptions, change: () => void): RedirectedRequest | undefined {
    const before = { ...options };
    const adapters = { ...(options['headers'] as object) };
    change();
    const { method, href } = options;
    this.#asked = { method: String(method).toUpperCase(), url: withoutUserinfo(String(href)) };
    // Where else a caller's change leads, its options do not tell for sure.
    const isKnown = typeof href === 'string' && isSameBut('headers', before, options);
    this.#fields = isKnown
      ? this.#fields && fieldsSent(this.#fields, adapters, options['headers'])
      : undefined;
    const headers = this.#fields && this.#withCredentials(this.#fields, options['auth']);
    return headers && { ...this.#asked, headers };
  }

  /** Adds what is sent besides the header fields that can be seen. */
  #withCredentials(fields: HeaderFields, auth: unknown): HeaderFields | undefined {
    const isMade = typeof auth === 'string' && auth !== '' && !Object.hasOwn(fields, 'authorization');
    const authorization = isMade ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
    return withJarCookies(this.#config, this.#asked.url, { ...fields, ...authorization });
  }
}

/**
 * The caller's fields that go with the next request: of those so far the ones that were not taken away, and what the
 * caller's own `beforeRedirect` made of them. What adapters add by themselves stays out, as in the first request.
 */
function fieldsSent(own: HeaderFields, adapters: object, final: unknown): HeaderFields | undefined {
  if (typeof final !== 'object' || final === null || Array.isArray(final)) return undefined;
  const { fields: before } = fromAxiosHeaders(adapters);
  const { fields: after } = fromAxiosHeaders(final);
  const kept = Object.entries(own).filter(([name]) => isKept(name, before, after));
  const changed = Object.entries(after).filter(([name, value]) => !isSameValue(before[name], value));
  return Object.fromEntries([...kept, ...changed]);
}

/** A `Host` is only ever about one URL; what is written anew for the next one says what that says. */
function isKept(name: string, before: HeaderFields, after: HeaderFields): boolean {
  return name !== 'host' && Object.hasOwn(before, name) && Object.hasOwn(after, name);
}

function isSameValue(one: FieldValue | undefined, other: FieldValue): boolean {
  return String(one) === String(other) && one !== undefined;
}

function isSameBut(name: string, before: NextOptions, after: NextOptions): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  names.delete(name);
  return [...names].every((one) => Object.is(before[one], after[one]));
}

/** Not sent because it stands there: what is sent is in `auth`. */
function withoutUserinfo(text: string): string {
  const url = parseUrl(text);
  if (url === undefined || (url.username === '' && url.password === '')) return text;
  url.username = url.password = '';
  return url.href;
}
