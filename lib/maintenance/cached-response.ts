import type { RedirectResponse } from '../cache/stored-redirects.js';
import type { StoredResponse } from '../cache/stored-response.js';
import type { Clock } from '../clock.js';
import type { RecordProblem } from '../errors.js';
import type { FieldValue } from '../http/header-fields.js';
import { momentBefore } from '../policy/expiration.js';
import type { MaybePromise, RecordAddress } from '../storage/backend.js';

const NO_TAGS: readonly string[] = Object.freeze([]);
const NO_HISTORY: readonly RedirectResponse[] = Object.freeze([]);

/** What a {@link CachedResponse} needs of the cache that it is in. */
export interface ResponseSource {
  readonly clock: Clock;
  /** The body of a record; undefined when it is gone or damaged. */
  body(address: RecordAddress): MaybePromise<Uint8Array | undefined>;
}

/**
 * A stored response as maintenance shows it: without credentials, and without its body until that is asked for.
 */
export class CachedResponse {
  /** Cache key. */
  readonly key: string;
  /** Which variant under that key; `''` where the response did not vary. */
  readonly variant: string;
  /** Effective method of the request, in upper case; `HEAD` where header fields are all that is stored. */
  readonly method: string;
  /** Canonical; ignored values and credentials read `REDACTED`. */
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  /** The redirects that led to it, first to last, without credentials; empty where there were none, or they are not known. */
  readonly history: readonly RedirectResponse[];
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, FieldValue>>;
  /** Header fields of the request, by lower-case name, redacted. */
  readonly requestHeaders: Readonly<Record<string, FieldValue>>;
  /** Whether it belongs to one user, told by credentials. */
  readonly isPartitioned: boolean;
  /** When it was first stored. */
  readonly createdAt: Date;
  /** When it becomes stale; undefined: never. */
  readonly expiresAt: Date | undefined;
  /**
   * Which bytes of the representation the body is, one span after the other (both ends included, from 0), where not all are
   * stored; undefined: the response is complete.
   */
  readonly ranges: readonly { readonly first: number; readonly last: number }[] | undefined;
  /** Length of the body in bytes. */
  readonly size: number;
  /** See `RequestCacheOptions.tags`; empty where it has none. */
  readonly tags: readonly string[];
  readonly #source: ResponseSource;

  /** @internal */
  constructor(stored: StoredResponse, source: ResponseSource) {
    this.key = stored.key;
    this.variant = stored.variant;
    this.ranges = stored.parts?.spans;
    this.method = this.ranges?.length === 0 ? 'HEAD' : stored.method;
    this.url = stored.url;
    this.status = stored.status;
    this.statusText = stored.statusText;
    this.history = stored.redirects?.history ?? NO_HISTORY;
    this.headers = stored.headers;
    this.requestHeaders = stored.request.headers;
    this.isPartitioned = stored.partition !== '';
    this.createdAt = new Date(stored.createdAt);
    this.expiresAt = stored.expiresAt === undefined ? undefined : new Date(stored.expiresAt);
    this.size = stored.bodyBytes;
    this.tags = stored.tags ?? NO_TAGS;
    this.#source = source;
  }

  /** Whether it is stale by now. */
  get isExpired(): boolean {
    return this.expiresAt !== undefined && this.expiresAt.getTime() <= this.#source.clock.now();
  }

  /** Seconds until it becomes stale, negative when it is; undefined: never. */
  get ttl(): number | undefined {
    return this.expiresAt === undefined
      ? undefined
      : (this.expiresAt.getTime() - this.#source.clock.now()) / 1000;
  }

  /** Whether it was first stored before a `Date`, or longer ago than seconds or a duration (`'2d'`). */
  isOlderThan(moment: Date | number | string): boolean {
    return this.createdAt.getTime() < momentBefore(moment, 'isOlderThan', this.#source.clock.now());
  }

  /** The body's bytes, a copy of your own; undefined when the record has gone meanwhile, or is damaged. */
  async body(): Promise<Uint8Array | undefined> {
    const bytes = await this.#source.body(this);
    return bytes === undefined ? undefined : new Uint8Array(bytes);
  }

  /** The body as text in UTF-8; undefined when the record has gone meanwhile, or is damaged. */
  async text(): Promise<string | undefined> {
    const bytes = await this.#source.body(this);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  /** One line for people. */
  toString(): string {
    const expiry = this.expiresAt === undefined ? 'never expires' : `expires ${this.expiresAt.toISOString()}`;
    const state = this.isExpired ? 'stale' : 'fresh';
    return `${this.method} ${this.url} ${this.status}, ${this.size} bytes, stored ${this.createdAt.toISOString()}, ${expiry} (${state})`;
  }
}

/** A record that cannot be read as a response: damaged, of a newer format, or not ours. */
export class InvalidResponse {
  readonly key: string;
  readonly variant: string;
  readonly problem: RecordProblem;

  /** @internal */
  constructor(address: RecordAddress, problem: RecordProblem) {
    this.key = address.key;
    this.variant = address.variant;
    this.problem = problem;
  }
}
