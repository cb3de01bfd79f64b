import { fieldValue } from '../http/header-fields.js';
import { isCredentialHeader } from './credential-names.js';
import { credentialMaterial, type NameRules, rulesFor } from './ignored-parameters.js';
import type { KeyRequest } from './request.js';
import { canonicalUri } from './target-uri.js';

/** The credentials in the header of a request, and what stands for them in axios. */
export interface HeaderCredentials {
  /** Those that keep users apart, ordered by name; `''`: none. */
  readonly secrets: string;
  /**
   * Names of those that are present but that the user listed as ignored: their values do not count, their presence does,
   * so that a request without credentials never gets what was meant for one with them.
   */
  readonly omitted: string;
}

const NONE: HeaderCredentials = { secrets: '', omitted: '' };

/**
 * Finds the credentials in a request's header. The axios option `auth`, or else userinfo in the URL, takes the place of an
 * `Authorization` field, as in axios' own adapters, and equals the field that they send.
 */
export function headerCredentials(
  request: Pick<KeyRequest, 'headers' | 'auth'>,
  userinfo: string | undefined,
  rules: NameRules,
): HeaderCredentials {
  const { auth, headers } = request;
  const basic = basicAuthorization(auth, userinfo);
  const found: [name: string, value: string][] = [];
  if (basic !== undefined) found.push(['authorization', basic]);

  for (const givenName of Object.keys(headers)) {
    const name = givenName.toLowerCase();
    if (!isCredentialHeader(name) || (basic !== undefined && name === 'authorization')) continue;
    found.push([name, fieldValue(headers, givenName) as string]);
  }
  return found.length === 0 ? NONE : sortedCredentials(found, rules);
}

/**
 * The `Authorization` field that axios makes of `auth`, or else of userinfo in the URL, in place of one in the header;
 * undefined where there is neither. It is what the origin sees, for instance for `Vary: Authorization`.
 */
export function madeAuthorization({ url, auth }: Pick<KeyRequest, 'url' | 'auth'>): string | undefined {
  return basicAuthorization(
    auth,
    url.includes('@') ? canonicalUri(url, rulesFor(undefined)).userinfo : undefined,
  );
}

function basicAuthorization(auth: KeyRequest['auth'], userinfo: string | undefined): string | undefined {
  // axios sends an `auth` that is empty, too.
  const basic = auth === undefined ? userinfo : `${auth.username}:${auth.password}`;
  return basic === undefined ? undefined : `Basic ${Buffer.from(basic).toString('base64')}`;
}

function sortedCredentials(found: [name: string, value: string][], rules: NameRules): HeaderCredentials {
  found.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  let secrets = '';
  let omitted = '';
  for (const [name, value] of found) {
    if (rules.forHeader(name) === 'omit') omitted += `${name},`;
    else secrets += credentialMaterial('header', name, value.trim());
  }
  return { secrets, omitted };
}
