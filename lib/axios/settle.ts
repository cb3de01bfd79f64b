import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { MaybePromise } from '../storage/backend.js';
import { listenNoLonger } from './abort.js';
import { familyOf } from './adapter-family.js';
import type { OwnCopy } from './own-copy.js';

/**
 * Judges a response by the caller's own `validateStatus`, as axios's adapters do: gives it, at once, or rejects with an AxiosError
 * of the instance's own copy.
 */
export function settle(copy: OwnCopy, response: AxiosResponse): MaybePromise<AxiosResponse> {
  const { config, status } = response;
  const { validateStatus } = config;
  try {
    if (!status || !validateStatus || validateStatus(status)) return response;
  } catch (error) {
    return rejected(response, thrownByJudge(copy, response, error));
  }
  return rejected(response, refusal(copy, response));
}

async function rejected(response: AxiosResponse, error: Promise<unknown>): Promise<never> {
  try {
    throw await error;
  } finally {
    listenNoLonger(response.data);
  }
}

async function refusal(copy: OwnCopy, response: AxiosResponse): Promise<unknown> {
  const AxiosError = await copy.errorClass();
  return new AxiosError(
    `Request failed with status code ${response.status}`,
    await codeOf(copy, response.status),
    response.config,
    response.request,
    response,
  );
}

async function thrownByJudge(
  copy: OwnCopy,
  { config, request }: AxiosResponse,
  error: unknown,
): Promise<unknown> {
  if (familyOf(config) !== 'fetch') return error;
  // The fetch adapter takes whatever happens in it for a failure of the request.
  const AxiosError = await copy.errorClass();
  return AxiosError.from(error, (error as { code?: string } | null)?.code, config, request);
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
