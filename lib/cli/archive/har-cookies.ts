import { parseSetCookie } from 'set-cookie-parser';
import type { EpochMs } from '../../clock.js';
import type { HeaderFields } from '../../http/header-fields.js';
import { isoTime } from '../text.js';

/**
 * The cookies that a response sets, as a HAR lists them.
 * @param receivedAt from when on a `Max-Age` counts; it takes precedence over `Expires`
 *   ([RFC 6265 5.3](https://www.rfc-editor.org/rfc/rfc6265#section-5.3))
 */
export function responseCookies(fields: HeaderFields, receivedAt: EpochMs): readonly object[] {
  const lines = [fields['set-cookie'] ?? []].flat();
  return parseSetCookie(lines, { decodeValues: false, silent: true }).map((cookie) => {
    const expires =
      cookie.maxAge === undefined ? cookie.expires?.getTime() : receivedAt + cookie.maxAge * 1000;
    return {
      name: cookie.name,
      value: cookie.value,
      ...(cookie.path !== undefined && { path: cookie.path }),
      ...(cookie.domain !== undefined && { domain: cookie.domain }),
      ...(isMoment(expires) && { expires: isoTime(expires) }),
      httpOnly: cookie.httpOnly === true,
      secure: cookie.secure === true,
    };
  });
}

/** Whether a date can say it: a `Max-Age` may be any number, and an `Expires` no date at all. */
function isMoment(time: number | undefined): time is EpochMs {
  return time !== undefined && !Number.isNaN(new Date(time).getTime());
}
