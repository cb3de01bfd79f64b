import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** What subscribers to `tracing:axios-persistent-cache:request:*` are given. */
export interface TracedRequest {
  /** The caller's own, credentials and all. */
  readonly config: InternalAxiosRequestConfig;
  /** Set when the request has its answer, which has `cache`. */
  result?: AxiosResponse;
  /** Set when the request has failed. */
  error?: unknown;
}

const requests: TracingChannel<object, TracedRequest> = tracingChannel('axios-persistent-cache:request');

/** Whether anybody would learn when a request begins or ends. */
export function isTraced(): boolean {
  return (
    requests.start.hasSubscribers ||
    requests.end.hasSubscribers ||
    requests.asyncStart.hasSubscribers ||
    requests.asyncEnd.hasSubscribers ||
    requests.error.hasSubscribers
  );
}

/**
 * Tells when a request comes to the cache and when it has its answer, from wherever that comes. A span that a subscriber
 * opens is the parent of what the cache starts for it, such as the request to the origin.
 * @see https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel
 */
export function traced(
  config: InternalAxiosRequestConfig,
  send: () => Promise<AxiosResponse>,
): Promise<AxiosResponse> {
  return requests.tracePromise(send, { config });
}
