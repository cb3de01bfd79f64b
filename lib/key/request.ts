import type { HeaderFields } from '../http/header-fields.js';

/**
 * A request body as the key sees it. Bodies that can be read only once (streams) have no such form: the caller lets
 * those requests bypass the cache. `text` and `bytes` of the same UTF-8 are the same body.
 */
export type RequestBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'multipart'; readonly parts: readonly MultipartPart[] };

/** One field or file of a multipart body. A `value` that is a string stands for its UTF-8 bytes. */
export interface MultipartPart {
  readonly name: string;
  /** Undefined: the part has none, which is not the same as an empty one. */
  readonly filename?: string;
  readonly contentType?: string;
  readonly value: Uint8Array | string;
}

/** What the key sees of a request. */
export interface KeyRequest {
  /** In any case. */
  readonly method: string;
  /** The effective URL, after `baseURL` and `params`. Absolute or not; may have userinfo and a fragment. */
  readonly url: string;
  /** As the caller presents them; names in lower case. */
  readonly headers: HeaderFields;
  readonly body?: RequestBody;
  /** The axios option `auth`. Like axios, it wins over userinfo in the URL, and both over an `Authorization` field. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** Whether axios decodes `Content-Encoding`; undefined: yes. */
  readonly decompress?: boolean;
  /** Undefined: axios' own limit. */
  readonly maxRedirects?: number;
  readonly socketPath?: string;
  /** Whether the TLS certificate goes unverified; undefined: no. */
  readonly insecure?: boolean;
  /**
   * Tells apart the clients that present a TLS client certificate: any text that is the same for one certificate and differs
   * between two. Undefined: none is presented. A credential: it keeps users apart by a keyed hash and is stored nowhere.
   */
  readonly clientIdentity?: string;
}

/** The user's settings that the key depends on. Arrays are read once: do not change them afterwards. */
export interface KeySettings {
  /**
   * Names whose values are left out of the key and redacted in what is stored: fields of the header (in any case),
   * of the query, of form, JSON and multipart bodies (in exactly this case).
   *
   * Names that are not listed, but known to hold credentials, are redacted, too, and their values keep users apart: those of
   * `DEFAULT_IGNORED_PARAMETERS` and the like in any case and with or without `_` and `-` (`accessToken`, `client_secret`,
   * `password`, `sig`), and request header fields with a word such as `token`, `session`, `secret` or `signature` in the name
   * (`X-CSRF-Token`, `X-Session-Id`). Undefined and an empty list: these alone.
   */
  readonly ignoredParameters: readonly string[] | undefined;
  /**
   * Header fields that are part of the key: all, none, or those listed (in any case). `Cache-Control`, `Pragma`
   * and `Content-Length` never are: they do not select a response. Credentials always are, through the partition.
   */
  readonly matchHeaders: boolean | readonly string[];
  /**
   * Member of a JSON object body below which alone `ignoredParameters` apply. A body without that member is treated as
   * if this were undefined. Names in `ignoredParameters` that occur elsewhere are redacted, but count for the key.
   */
  readonly contentRootKey: string | undefined;
  /** The user's own key function; a key that was given with the request goes before it. */
  readonly keyFn: KeyFunction | undefined;
}

/** What a {@link KeyFunction} is given of a request. Nothing of it may be changed. */
export interface KeyFunctionRequest {
  /** In upper case, after a method override. */
  readonly method: string;
  /** Canonical, without userinfo and fragment, ignored values and credentials redacted: safe to use in a key. */
  readonly url: string;
  /** As the caller presents them, credentials included; names in lower case. A `host` among them is not in `url`. */
  readonly headers: HeaderFields;
  readonly body: RequestBody | undefined;
}

/**
 * Computes the cache key of a request in place of the library's own rules.
 *
 * The result is used as it is, is stored in clear, and must be a non-empty string. `defaultKey` computes the key that
 * the library would have used. Users are kept apart even where the function gives them the same key.
 */
export type KeyFunction = (request: KeyFunctionRequest, defaultKey: () => string) => string;

/** All that storing and finding a response needs to know of whose it is. Nothing in it is secret. */
export interface RequestIdentity {
  /** 64 hex digits, or the user's own key as it is. */
  readonly key: string;
  /** Whether the key came from the request's own options or from `keyFn`. */
  readonly isCustomKey: boolean;
  /** Hash of `url`: the same for every method, user and variant of one URL. 64 hex digits. */
  readonly resource: string;
  /** Effective method: in upper case, after a method override. */
  readonly method: string;
  /** Canonical, without userinfo and fragment, ignored values and credentials redacted: may be stored. */
  readonly url: string;
  /**
   * Whose the response is: `''` for a request without credentials, otherwise a keyed hash of them (64 hex digits), and `*`
   * after it where what is stored does not show all that it was made of (a client certificate).
   */
  readonly partition: string;
  /** Keyed hash of the canonical, redacted body (64 hex digits); undefined: no body. */
  readonly bodyDigest: string | undefined;
  /** What of the body enters the key; `'-'`: no body. Kept with the response, so that its key can be made again. */
  readonly bodyKey: string;
}
