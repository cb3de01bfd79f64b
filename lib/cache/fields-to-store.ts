import type { HeaderFields } from '../http/header-fields.js';
import { redactResponseHeaders } from '../key/redaction.js';
import { responseDirectives } from '../policy/stale-serving.js';
import { withoutListedFields } from '../policy/stored-fields.js';
import type { EffectiveSettings } from './settings.js';

/** The fields of a response that may be stored: without secrets, cookies that are not replayed, and what `no-cache` lists. */
export function fieldsToStore(settings: EffectiveSettings, headers: HeaderFields): HeaderFields {
  const directives = responseDirectives({ headers }, settings.policy);
  const redacted = redactResponseHeaders(withoutListedFields(headers, directives), settings.key);
  return fieldsToReplay(settings, redacted);
}

/** Without the cookies that a response sets, where they are not replayed: another instance, where they are, may have stored it. */
export function fieldsToReplay(settings: EffectiveSettings, headers: HeaderFields): HeaderFields {
  if (settings.replayCookies || !COOKIE_FIELDS.some((name) => Object.hasOwn(headers, name))) return headers;
  const { 'set-cookie': _cookies, 'set-cookie2': _oldCookies, ...others } = headers;
  return others;
}

/** The second is what cookies came by before RFC 6265. */
const COOKIE_FIELDS = ['set-cookie', 'set-cookie2'];
