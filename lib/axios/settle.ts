import { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { listenNoLonger } from './abort.js';
import { familyOf } from './adapter-family.js';
import { type OwnCopy } from './own-copy.js';

/**
 * Judges a response by the caller's own `validateStatus`, as axios's adapters do: resolves with it, or rejects with an
 * AxiosError of the instance's own copy.
 */
export async function settle(copy: OwnCopy, response: AxiosResponse): Promise<AxiosResponse> {
  try {
    return await judged(copy, response);
  } catch (error) {
    listenNoLonger(response.data);
    throw error;
  }
}

async function judged(copy: OwnCopy, response: AxiosResponse): Promise<AxiosResponse> {
  if (await isAccepted(copy, response)) return response;
  const AxiosError = await copy.errorClass();
  throw new AxiosError(
    `Request failed with status code ${response.status}`,
    await codeOf(copy, response.status),
    response.config,
    response.request,
    response,
  );
}

async function isAccepted(copy: OwnCopy, { config, request, status }: AxiosResponse): Promise<boolean> {
  const { validateStatus } = config;
  try {
    return !status || !validateStatus || validateStatus(status);
  } catch (error) {
    if (familyOf(config) !== 'fetch') throw error;
    // The fetch adapter takes whatever happens in it for a failure of the request.
    const AxiosError = await copy.errorClass();
    throw AxiosError.from(error, (error as { code?: string } | null)?.code, config, request);
  }
}

/** All versions of axios agree on the codes of 4xx and 5xx, not on that of another status that the caller rejects. */
async function codeOf(copy: OwnCopy, status: number): Promise<string | undefined> {
  if (status >= 400 && status < 500) return 'ERR_BAD_REQUEST';
  return status >= 500 && status < 600 ? 'ERR_BAD_RESPONSE' : copy.codeOfRejectedSuccess();
}

/** The error by which axios's adapters fail when a body is longer than the caller's `maxContentLength`. */
export async function maxContentLengthError(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  limit: unknown,
  request: unknown,
): Promise<Error> {
  const AxiosError = await copy.errorClass();
  const message = `maxContentLength size of ${String(limit)} exceeded`;
  return new AxiosError(message, 'ERR_BAD_RESPONSE', config, request, undefined);
}
