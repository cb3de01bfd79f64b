import { fieldValue } from '../http/header-fields.js';
import { credentialMaterial, isCredentialHeader, type NameRules } from './ignored-parameters.js';
import { type KeyRequest } from './request.js';

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
  request: KeyRequest,
  userinfo: string | undefined,
  rules: NameRules,
): HeaderCredentials {
  const { auth, headers } = request;
  // axios sends an `auth` that is empty, too.
  const basic = auth === undefined ? userinfo : `${auth.username}:${auth.password}`;
  const found: [name: string, value: string][] = [];
  if (basic !== undefined) found.push(['authorization', `Basic ${Buffer.from(basic).toString('base64')}`]);

  for (const givenName of Object.keys(headers)) {
    const name = givenName.toLowerCase();
    if (!isCredentialHeader(name) || (basic !== undefined && name === 'authorization')) continue;
    found.push([name, fieldValue(headers, givenName) as string]);
  }
  return found.length === 0 ? NONE : sortedCredentials(found, rules);
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
