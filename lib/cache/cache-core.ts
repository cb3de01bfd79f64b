import type { Clock } from '../clock.js';
import { createKey } from '../key/cache-key.js';
import { madeAuthorization } from '../key/credentials.js';
import { protectFieldValue } from '../key/redaction.js';
import type { KeyRequest } from '../key/request.js';
import type { RequestHead, RequestVerdict } from '../policy/messages.js';
import type { CompiledUrlPatterns } from '../policy/url-patterns.js';
import type { Backend } from '../storage/backend.js';
import { guardBackend, type GuardedBackend, type GuardEvent } from '../storage/guarded-backend.js';
import { ContextStack } from './context-stack.js';
import { CacheEvents } from './events.js';
import { Exchange } from './exchange.js';
import { CacheObserver } from './observer.js';
import type { PreparedRequest } from './prepared-request.js';
import type { RecorderSource } from './request-recorder.js';
import type { EffectiveSettings, SessionSettings } from './settings.js';
import { Statistics } from './statistics.js';

/** One for all caches: each would go on to cost the process time at every promise, after its cache is gone, too. */
const DISABLED = new ContextStack<true>();

/** What a cache is made of. */
export interface CoreOptions {
  readonly backend: Backend;
  readonly settings: SessionSettings;
  /** For how long a request waits for each answer of storage. */
  readonly storageTimeoutMs: number;
  readonly clock: Clock;
  readonly cacheStatus?: string | undefined;
  /** Whose requests are counted apart, too. */
  readonly countedUrls?: CompiledUrlPatterns;
}

/** One cache: its settings, its storage, and the exchange that answers requests by them. */
export class CacheCore {
  readonly clock: Clock;
  readonly settings: SessionSettings;
  /** The backend itself: fails with typed errors. For maintenance. */
  readonly backend: Backend;
  /** The same backend for requests: never fails, but tells. */
  readonly storage: GuardedBackend;
  readonly events = new CacheEvents();
  /** What the cache calls itself in the header field `Cache-Status` of responses; undefined: it adds none. */
  readonly cacheStatus: string | undefined;
  readonly statistics: Statistics;
  readonly observer: CacheObserver;
  readonly exchange: Exchange;
  /** Set where requests are recorded and replayed; then nothing goes to the exchange. */
  recorder: RecorderSource | undefined;
  #closing: Promise<void> | undefined;
  #hasWarned = false;

  constructor({ backend, settings, storageTimeoutMs, clock, cacheStatus, countedUrls = [] }: CoreOptions) {
    this.backend = backend;
    this.settings = settings;
    this.clock = clock;
    this.cacheStatus = cacheStatus;
    this.statistics = new Statistics(clock, countedUrls);
    this.observer = new CacheObserver(this.events, this.statistics);
    this.storage = guardBackend(backend, {
      clock,
      readDeadlineMs: storageTimeoutMs,
      writeDeadlineMs: storageTimeoutMs,
      onCall: (operation, ms, hasFailed) => this.statistics.called(operation, ms, hasFailed),
      report: (event) => {
        // Requests that are under way when the cache is closed find storage closed: nothing to tell.
        const isTold =
          event.type === 'backendError' && event.error.code === 'ERR_CACHE_CLOSED' && this.isClosed;
        if (!isTold) this.tell(event);
      },
    });
    this.#listenForTrouble(backend);
    this.exchange = new Exchange(this.storage, this.events, this.observer, clock);
  }

  #listenForTrouble(backend: Backend): void {
    try {
      // No call has failed: breakers do not count it.
      backend.onTrouble?.((error, key) => {
        const { operation } = error;
        const about = key === undefined ? {} : { key };
        this.tell({ type: 'backendError', backend: backend.name, operation, error, ...about });
      });
      const listening: unknown = backend.onEvict?.(({ count }) =>
        this.observer.evicted(backend.name, 'limits', count),
      );
      // Of a backend that answers everything by a promise, and that one fails.
      if (listening instanceof Promise) listening.catch(() => undefined);
    } catch {
      // Of somebody's own backend. It can do without listeners, and so can the cache.
    }
  }

  /** Whether {@link close} was called: from then on every request goes to the origin. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Whether the present asynchronous context runs within {@link disabled}. */
  isDisabled(): boolean {
    return DISABLED.find(this) === true;
  }

  /** Runs a function without the cache, and all that it starts; what runs beside it still has the cache. */
  disabled<T>(run: () => T): T {
    return DISABLED.open(this, true).run(run);
  }

  /** Somebody who listens to nothing still learns once that nothing is cached. */
  tell(event: GuardEvent): void {
    if (event.type === 'backendError' && !this.#hasWarned && !this.events.hasListener('backendError')) {
      this.#hasWarned = true;
      const { message, code } = event.error;
      process.emitWarning(`${message} Listen to the event "backendError" for more.`, {
        type: 'HttpCacheWarning',
        code,
      });
    }
    this.events.emit(event);
  }

  /**
   * Works out where a request is stored and found. Where header fields decide (`cacheControl`), a HEAD is kept with the
   * GET whose header it asks for.
   * @throws whatever the user's `keyFn` throws
   */
  prepare(
    head: RequestHead,
    requested: KeyRequest,
    settings: EffectiveSettings,
    verdict: RequestVerdict,
  ): PreparedRequest {
    const isAboutGet = settings.policy.cacheControl && head.method === 'HEAD' && isMethod(requested, 'HEAD');
    return this.#prepared(head, isAboutGet ? asGet(requested) : requested, settings, verdict);
  }

  /**
   * Works out where the answer to a POST may be kept for later GETs.
   * @throws whatever the user's `keyFn` throws
   */
  prepareForGet(
    head: RequestHead,
    requested: KeyRequest,
    settings: EffectiveSettings,
    verdict: RequestVerdict,
  ): PreparedRequest {
    return this.#prepared({ ...head, method: 'GET' }, asGet(requested), settings, verdict);
  }

  #prepared(
    head: RequestHead,
    keyRequest: KeyRequest,
    settings: EffectiveSettings,
    verdict: RequestVerdict,
  ): PreparedRequest {
    return {
      head,
      keyRequest,
      identity: createKey(keyRequest, settings.key, settings.customKey),
      settings,
      verdict,
      varyHeaders: headersAsSent(keyRequest),
      protect: (name, value) => protectFieldValue(name, value, settings.key),
    };
  }

  /** Waits for what runs in the background, then closes the backend unless `autoclose` is off. Idempotent. */
  close(autoclose: boolean): Promise<void> {
    this.#closing ??= this.exchange.settled().then(() => (autoclose ? this.backend.close() : undefined));
    return this.#closing;
  }
}

function isMethod({ method }: KeyRequest, wanted: string): boolean {
  return method.toUpperCase() === wanted;
}

/** The GET of the same URL by the same user. */
function asGet(request: KeyRequest): KeyRequest {
  return { ...request, method: 'GET' };
}

/**
 * The fields that the origin will see: axios makes `Authorization` of `auth` or of userinfo in the URL, and that counts
 * for `Vary` too.
 */
function headersAsSent(request: KeyRequest): KeyRequest['headers'] {
  const authorization = madeAuthorization(request);
  return authorization === undefined ? request.headers : { ...request.headers, authorization };
}
