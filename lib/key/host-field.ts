import { fieldValue, type HeaderFields } from '../http/header-fields.js';
import { type NameRules, REDACTED } from './ignored-parameters.js';

const AUTHORITY = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#]*)/;
const HOST_AND_PORT = /^([^:]+|\[[^\]]*\]):([0-9]*)$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * The `Host` field that a caller gives in place of the URL's own host: it is sent, and is then part of the target URI, so that
 * one URL can be two tenants' resources. In lower case, without a default port.
 *
 * @param url canonical
 * @returns undefined where there is no such field, or where it says what the URL says. `REDACTED` where the user listed the
 * name: then only its presence counts.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-7.1
 */
export function foreignHost(headers: HeaderFields, url: string, rules: NameRules): string | undefined {
  const value = fieldValue(headers, 'host');
  if (value === undefined) return undefined;
  if (rules.forHeader('host') !== 'keep') return REDACTED;
  const [, scheme = '', authority] = AUTHORITY.exec(url) ?? [];
  const host = withoutDefaultPort(value.trim().toLowerCase(), DEFAULT_PORTS[scheme]);
  return host === authority ? undefined : host;
}

/** An empty port is the default one, too. */
function withoutDefaultPort(host: string, defaultPort: string | undefined): string {
  const [, name, port] = HOST_AND_PORT.exec(host) ?? [];
  return name !== undefined && (port === '' || port === defaultPort) ? name : host;
}
