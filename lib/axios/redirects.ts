import { type InternalAxiosRequestConfig } from 'axios';
import { type ResponseHead } from '../policy/messages.js';
import { fromAxiosHeaders } from './messages.js';

/**
 * The same config, which adds every redirect that is followed to a list. axios's http adapter tells them; its other
 * adapters do not.
 */
export function observingRedirects(
  config: InternalAxiosRequestConfig,
  redirects: ResponseHead[],
): InternalAxiosRequestConfig {
  const callers = config.beforeRedirect as ((...args: unknown[]) => void) | undefined;
  return {
    ...config,
    beforeRedirect: (options, response, ...details: unknown[]) => {
      redirects.push({ status: response.statusCode, headers: fromAxiosHeaders(response.headers).fields });
      callers?.(options, response, ...details);
    },
  };
}
