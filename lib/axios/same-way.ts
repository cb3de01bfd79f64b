import type { InternalAxiosRequestConfig } from 'axios';

/** What a request may fail by, though another for the same does not. */
const OPTIONS_OF_THE_WAY = [
  'env',
  'family',
  'fetchOptions',
  'http2Options',
  'httpAgent',
  'httpVersion',
  'httpsAgent',
  'insecureHTTPParser',
  'lookup',
  'maxBodyLength',
  'maxContentLength',
  'proxy',
  'transport',
] as const;

/**
 * Whether two requests for the same go the same way, within the same limits: what one fails by, the other would, too.
 * @param code of the error by which one has failed: plugins make a `beforeRedirect` for each request, which only counts where
 * it has failed itself
 */
export function goTheSameWay(
  one: InternalAxiosRequestConfig,
  other: InternalAxiosRequestConfig,
  code: unknown,
): boolean {
  if (code === 'ERR_FR_REDIRECTION_FAILURE' && one.beforeRedirect !== other.beforeRedirect) return false;
  return OPTIONS_OF_THE_WAY.every((name) => isSame(Reflect.get(one, name), Reflect.get(other, name)));
}

/** axios copies plain objects for each request, and leaves agents and functions as they are. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isPlain(one) || !isPlain(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(one[name], other[name]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
