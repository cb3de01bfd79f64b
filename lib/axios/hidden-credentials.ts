import type { InternalAxiosRequestConfig } from 'axios';
import { fieldLines, fieldValue, type HeaderFields } from '../http/header-fields.js';

/** As tough-cookie's. */
interface CookieJar {
  getCookieStringSync(url: string): string;
  setCookie?(cookie: string, url: string, options: { readonly ignoreError: boolean }): unknown;
}

/** Node keeps what an agent was made with. */
interface AgentWithJar {
  readonly options?: { readonly cookies?: { readonly jar?: CookieJar | null } | null };
}

/**
 * Adds the cookies that a jar will add to the request (`config.jar`, as axios-cookiejar-support has it, or the jar of an
 * agent of http-cookie-agent): they tell users apart, and are put in below the adapter, where nobody sees them.
 * @returns undefined when the jar cannot be read at once, so that nothing is known of the user
 */
export function withJarCookies(
  config: InternalAxiosRequestConfig,
  url: string,
  headers: HeaderFields,
): HeaderFields | undefined {
  const jar = jarOf(config, url);
  if (jar === undefined) return headers;
  try {
    const cookies = jar.getCookieStringSync(url);
    if (cookies === '') return headers;
    const own = fieldValue(headers, 'cookie');
    return { ...headers, cookie: own === undefined ? cookies : `${own}; ${cookies}` };
  } catch {
    return undefined;
  }
}

/**
 * Tells of the URLs that redirects lead to whether a jar shows there nobody else than at the URL that was asked for. What
 * it sends along the chain is in no key: cookies of another path or host, or those that a redirect has set.
 * @returns undefined when there is no jar
 */
export function userShownByJar(
  config: InternalAxiosRequestConfig,
  url: string,
): ((later: string) => boolean) | undefined {
  if (!hasJar(config)) return undefined;
  const cookiesAt = (at: string): string => jarOf(config, at)?.getCookieStringSync(at) ?? '';
  const asked = cookiesAt(url);
  return (later) => {
    try {
      const sent = cookiesAt(later);
      return sent === '' || sent === asked;
    } catch {
      return false;
    }
  };
}

/**
 * Puts the cookies of a stored response, and of the redirects to it, into the jar, as the agent would have done if the origin
 * had been asked. What the jar refuses, it refuses.
 * @param answers in the order in which they came, each with the URL that it answered
 */
export async function tellJar(
  config: InternalAxiosRequestConfig,
  answers: readonly { readonly url: string; readonly headers: HeaderFields }[],
): Promise<void> {
  for (const { url, headers } of answers) {
    const jar = jarOf(config, url);
    for (const cookie of fieldLines(headers, 'set-cookie')) {
      try {
        await jar?.setCookie?.(cookie, url, { ignoreError: true });
      } catch {
        // A jar that cannot store does not make a hit fail.
      }
    }
  }
}

function jarOf(config: InternalAxiosRequestConfig, url: string): CookieJar | undefined {
  const { jar } = config as { jar?: CookieJar | null | false };
  if (jar !== undefined && jar !== null && jar !== false) return jar;
  const { httpAgent, httpsAgent } = config as {
    readonly [name in 'httpAgent' | 'httpsAgent']?: AgentWithJar;
  };
  const jars = { http: httpAgent?.options?.cookies?.jar, https: httpsAgent?.options?.cookies?.jar };
  // Nearly all agents have none.
  if (!jars.http && !jars.https) return undefined;
  return (/^https:/i.test(url) ? jars.https : jars.http) ?? undefined;
}

/** Whether something that no header field shows tells who asks: a jar, or a TLS client certificate. */
export function hasHiddenUser(config: InternalAxiosRequestConfig): boolean {
  return hasJar(config) || clientIdentityOf(config) !== undefined;
}

/** Whether a request has a jar, or may get to one by a redirect to the other scheme. */
function hasJar(config: InternalAxiosRequestConfig): boolean {
  return jarOf(config, 'http:') !== undefined || jarOf(config, 'https:') !== undefined;
}

type Secret = string | Uint8Array | { readonly pem?: unknown; readonly buf?: unknown };

/**
 * What identifies the caller's TLS client certificate (`httpsAgent` with `cert`, `pfx` or `key`); undefined: none. It
 * tells users apart as other credentials do.
 */
export function clientIdentityOf(config: InternalAxiosRequestConfig): string | undefined {
  const agent = config.httpsAgent as
    { options?: Partial<Record<'cert' | 'pfx' | 'key', unknown>> } | undefined;
  if (agent?.options === undefined) return undefined;
  const { cert, pfx, key } = agent.options;
  const secrets = [cert, pfx, key].flat().filter((secret) => secret !== undefined && secret !== null);
  return secrets.length === 0 ? undefined : secrets.map((secret) => textOf(secret as Secret)).join('\n');
}

function textOf(secret: Secret): string {
  if (typeof secret === 'string') return secret;
  if (ArrayBuffer.isView(secret))
    return Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength).toString('base64');
  return textOf(secret.pem ?? secret.buf ?? '');
}
