import { isSafeMethod } from '../http/status-and-methods.js';
import { resourceOf } from '../key/cache-key.js';
import { redactUrl } from '../key/redaction.js';
import { tagName } from '../key/tag-name.js';
import { invalidatedUrls } from '../policy/invalidation.js';
import type { ResponseHead } from '../policy/messages.js';
import { type AnsweredRedirect, exchangesOfChain } from '../policy/redirects.js';
import type { Backend } from '../storage/backend.js';
import type { GuardedBackend } from '../storage/guarded-backend.js';
import type { Flight, InFlight } from './in-flight.js';
import { deleteNamed } from './named-deletion.js';
import type { NamedResponses } from './named-responses.js';
import type { CacheObserver } from './observer.js';
import type { PreparedRequest } from './prepared-request.js';
import type { RedirectKeeper } from './redirect-keeper.js';

/** What has to be known of an unsafe request. */
export type UnsafeRequest = Pick<PreparedRequest, 'head' | 'settings' | 'invalidates'>;

/** Deletes what unsafe requests have made untrustworthy (RFC 9111 section 4.4), and what the user says that they have. */
export class Invalidator {
  readonly #storage: GuardedBackend;
  readonly #redirects: RedirectKeeper;
  readonly #inFlight: InFlight;
  readonly #observer: CacheObserver;

  constructor(
    storage: GuardedBackend,
    redirects: RedirectKeeper,
    inFlight: InFlight,
    observer: CacheObserver,
  ) {
    this.#storage = storage;
    this.#redirects = redirects;
    this.#inFlight = inFlight;
    this.#observer = observer;
  }

  /** Announces an unsafe request, whose answer may be kept: what is deleted from now on is deleted for it, too. */
  begin({ head, settings }: UnsafeRequest): Flight {
    return this.#inFlight.begin({ key: '', resource: resourceOf(head.url, settings.key) });
  }

  /**
   * Deletes what a request has made untrue, if the answer says that it has done anything.
   * @param redirects those on the way, each judged by the request that it answered
   * @param own the flight of this request, which is not outdated by itself
   */
  async invalidate(
    { head, settings, invalidates }: UnsafeRequest,
    redirects: readonly AnsweredRedirect[],
    response: ResponseHead,
    own?: Flight,
  ): Promise<void> {
    const { policy, key } = settings;
    const exchanges = exchangesOfChain(head, redirects, response);
    const urls = new Set(
      exchanges.flatMap((exchange) => invalidatedUrls(exchange.request, exchange.response, policy)),
    );
    const resources = [...urls].map((url) => resourceOf(url, key));
    const isDone = exchanges.some(
      ({ request, response: { status } }) => !isSafeMethod(request.method) && status >= 200 && status < 400,
    );
    const named = isDone && !policy.disabled && !policy.readOnly ? invalidates : undefined;
    const counts = await Promise.all([
      ...this.#deleteResources(named === undefined ? resources : [...resources, ...named.resources], own),
      named === undefined ? 0 : this.#deleteNamed(named, own),
    ]);
    const count = counts.reduce((sum, one) => sum + one, 0);
    this.#observer.invalidated(head.method, count, () => ({
      urls: [...urls].map((url) => redactUrl(url, key)),
      tags: named?.tags ?? [],
    }));
  }

  #deleteResources(resources: readonly string[], own: Flight | undefined): readonly Promise<number>[] {
    for (const resource of resources) this.#inFlight.resourceDeleted(resource, own);
    return [...new Set(resources)].map((resource) => this.#redirects.deleteResource(resource));
  }

  async #deleteNamed({ tags, matches }: NamedResponses, own: Flight | undefined): Promise<number> {
    for (const tag of tags) this.#inFlight.tagDeleted(tagName(tag), own);
    if (matches !== undefined) this.#inFlight.urlsDeleted(matches, own);
    if (tags.length === 0 && matches === undefined) return 0;
    const onKey = (key: string): void => this.#inFlight.keyDeleted(key, own);
    const call = (backend: Backend): Promise<number> => deleteNamed(backend, { tags, matches }, onKey);
    return (await this.#storage.sweep('deleteTag', call)) ?? 0;
  }
}
