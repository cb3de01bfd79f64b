import { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { type OwnCopy } from './own-copy.js';

/**
 * Judges a response by the caller's own `validateStatus`, as axios's adapters do: resolves with it, or rejects with an
 * AxiosError of the instance's own copy.
 */
export async function settle(copy: OwnCopy, response: AxiosResponse): Promise<AxiosResponse> {
  const { validateStatus } = response.config;
  if (!response.status || !validateStatus || validateStatus(response.status)) return response;
  const AxiosError = await copy.errorClass();
  const code = response.status >= 400 && response.status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE';
  throw new AxiosError(
    `Request failed with status code ${response.status}`,
    code,
    response.config,
    response.request,
    response,
  );
}

/** Fails as axios does when a body is longer than the caller's `maxContentLength`. */
export async function enforceMaxContentLength(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  bytes: number,
  request: unknown,
): Promise<void> {
  const { maxContentLength } = config;
  if (maxContentLength === undefined || maxContentLength < 0 || bytes <= maxContentLength) return;
  const AxiosError = await copy.errorClass();
  throw new AxiosError(
    `maxContentLength size of ${maxContentLength} exceeded`,
    'ERR_BAD_RESPONSE',
    config,
    request,
    undefined,
  );
}
