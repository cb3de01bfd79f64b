import { channel, type Channel } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';
import type { CacheEvent, CacheEventName } from './events.js';

/** Of every channel, and what `NODE_DEBUG` is to name. */
const NAMESPACE = 'axios-persistent-cache';

const debug = debuglog(NAMESPACE);
const channels = new Map<CacheEventName, Channel>();

/** The channel of an event: `axios-persistent-cache:hit` and so on, one for all caches of the process. */
function channelOf(name: CacheEventName): Channel {
  let found = channels.get(name);
  if (found === undefined) channels.set(name, (found = channel(`${NAMESPACE}:${name}`)));
  return found;
}

/** Whether somebody has subscribed to the channel of an event, or has the process print it. */
export function isPublished(name: CacheEventName): boolean {
  return debug.enabled || channelOf(name).hasSubscribers;
}

/** Subscribers that throw are Node's affair: it reports them as uncaught exceptions, after the request. */
export function publish(event: CacheEvent): void {
  if (debug.enabled) debug('%s', lineOf(event));
  channelOf(event.type).publish(event);
}

/** An event in one line, without anything secret: URLs are redacted already. */
function lineOf(event: CacheEvent): string {
  switch (event.type) {
    case 'hit':
    case 'miss':
    case 'revalidate':
    case 'bypass': {
      const { method, url, cache } = event;
      return `${event.type} ${method} ${url}: ${cache.reason}`;
    }
    case 'store': {
      const { method, url, status, bytes, expiresAt } = event;
      return `store ${method} ${url}: ${status}, ${bytes} bytes, ${expiresAt === undefined ? 'never expires' : `until ${expiresAt.toISOString()}`}`;
    }
    case 'refresh':
      return `refresh ${event.url}: ${event.fwdStatus ?? 'by another request'}`;
    case 'invalidate':
      return `invalidate by ${event.method} ${event.urls.join(' ')}: ${event.count} deleted`;
    case 'evict':
      return `evict ${event.backend}: ${event.count} (${event.cause})`;
    case 'recordRejected':
      return `recordRejected ${event.key}: ${event.problem}`;
    case 'breakerClose':
      return `breakerClose ${event.backend}: ${event.lane}s go on`;
    default:
      return `${event.type} ${subjectOf(event)}: ${messageOf(event.error)}`;
  }
}

function subjectOf(event: Extract<CacheEvent, { readonly error: unknown }>): string {
  switch (event.type) {
    case 'backendError':
      return `${event.backend} ${event.operation}`;
    case 'breakerOpen':
      return `${event.backend} ${event.lane}s`;
    case 'backgroundError':
      return event.key;
    case 'callbackError':
      return event.callback;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
