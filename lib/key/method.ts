import { fieldValue, type HeaderFields } from '../http/header-fields.js';
import { lengthPrefixed, optionalPrefixed } from './hashing.js';

const OVERRIDE_FIELDS = ['x-http-method-override', 'x-http-method', 'x-method-override'] as const;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The method of a request, with and without an override. */
export interface RequestMethod {
  /** What the request means: in upper case, after an override. */
  readonly effective: string;
  /** The real method and all override fields, as one text for the key: `POST` is not `POST` overridden to `GET`. */
  readonly keyText: string;
}

/**
 * The method that a request means, in upper case: the value of the first of `X-HTTP-Method-Override`, `X-HTTP-Method` and
 * `X-Method-Override` that is present, or else its real one. A value that is not a method name changes nothing.
 * @param method in any case
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-9.1
 */
export function effectiveMethod(method: string, headers: HeaderFields): string {
  return requestMethod(method, headers).effective;
}

/** As {@link effectiveMethod}, with what the key needs to know. */
export function requestMethod(method: string, headers: HeaderFields): RequestMethod {
  const real = method.toUpperCase();
  let override: string | undefined;
  let keyText = lengthPrefixed(real);
  for (const name of OVERRIDE_FIELDS) {
    const value = fieldValue(headers, name)?.trim().toUpperCase();
    override ??= value;
    keyText += optionalPrefixed(value);
  }
  return { effective: override !== undefined && TOKEN.test(override) ? override : real, keyText };
}
