import { redactUrl } from '../key/redaction.js';
import { describesStored } from '../policy/head-update.js';
import { latestOf } from '../policy/latest.js';
import type { StoredParts } from '../policy/messages.js';
import { responseDirectives } from '../policy/stale-serving.js';
import { HEADER_ONLY, isSameRepresentation, receivedParts } from '../policy/partial-content.js';
import { combineResponses, type CombinedResponse } from './combined-response.js';
import type { NetworkResponse } from './network.js';
import type { ResponseSelector } from './select-response.js';
import type { ResponseWriter } from './store-response.js';
import { CHANGED_MEANWHILE, type Occasion, type StoreResult } from './store-result.js';
import type { StoredResponse } from './stored-response.js';

/** Others may be storing parts of the same response all the time. */
const MOST_ATTEMPTS = 8;

/** Keeps what is not a whole response: parts of one, and the header that a HEAD brings. */
export class PartKeeper {
  readonly #selector: ResponseSelector;
  readonly #writer: ResponseWriter;

  constructor(selector: ResponseSelector, writer: ResponseWriter) {
    this.#selector = selector;
    this.#writer = writer;
  }

  /**
   * Stores a 206: combined with what is stored of the same representation, else by itself in place of it.
   * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.4
   */
  async keepPart(occasion: Occasion, response: NetworkResponse): Promise<StoreResult> {
    for (let attempt = 1; ; attempt += 1) {
      // Other parts may have come since this one was asked for.
      const selection = await this.#selector.select(occasion.prepared);
      const result = await this.#fitPart({ ...occasion, selection, isFitted: true }, response);
      if (result !== CHANGED_MEANWHILE || attempt === MOST_ATTEMPTS) return result;
    }
  }

  async #fitPart(occasion: Occasion, response: NetworkResponse): Promise<StoreResult> {
    const parts = partsOf(occasion, response);
    if (parts === undefined) {
      return { stored: undefined, reason: 'nobody can say for sure which bytes the 206 has' };
    }
    const base = latestOf(sameRepresentation(occasion, response));
    if (base !== undefined && base.parts === undefined && base.status === 200) {
      const isOfItsLength = parts.completeLength === undefined || parts.completeLength === base.bodyBytes;
      if (isOfItsLength || !base.isByteExact) return this.#freshen(occasion, base, response);
    }
    const combined = base && (await this.#combined(occasion, base, response, parts));
    if (combined !== undefined) return this.#writer.store(occasion, combined);
    // It would take the place of what it cannot be put together with: of these the newer answer counts.
    const isFitted = matching(occasion).length === 0;
    return this.#writer.store({ ...occasion, isFitted }, { ...response, parts });
  }

  /**
   * The whole response, where a 206 brings just what is missing of the stored part; undefined when they do not make one.
   */
  async completed(occasion: Occasion, response: NetworkResponse): Promise<CombinedResponse | undefined> {
    const parts = partsOf(occasion, response);
    const base = latestOf(sameRepresentation(occasion, response));
    if (parts === undefined || base === undefined) return undefined;
    const combined = await this.#combined(occasion, base, response, parts);
    return combined?.parts === undefined ? combined : undefined;
  }

  /**
   * Makes of the answer to a HEAD what RFC 9111 section 4.3.5 says: fields for the stored answer to a GET, if it is still
   * the same; otherwise that is stale from now on. Without one it is kept for later HEADs.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.5
   */
  async keepHead(earlier: Occasion, response: NetworkResponse): Promise<StoreResult> {
    // A GET may have been answered since.
    const occasion = { ...earlier, selection: await this.#selector.select(earlier.prepared) };
    const base = latestOf(matching(occasion).filter(({ parts }) => parts?.spans.length !== 0));
    if (base === undefined) return this.#writer.store(occasion, { ...response, parts: HEADER_ONLY });
    if (response.status !== 200) {
      if (response.status === 404 || response.status === 410) await this.#writer.expire(occasion, base);
      return { stored: undefined, reason: 'it is not of what is stored as the answer to a GET' };
    }
    if (describesStored(response, base) && finalUrlOf(occasion, response) === base.finalUrl) {
      if (response.isUrlKnown) return this.#freshen(occasion, base, response);
      return { stored: undefined, reason: 'it is not known which URL answered' };
    }
    // The origin has something else by now, and may not want that to be stored at all.
    if (responseDirectives(response, occasion.prepared.settings.policy).noStore) {
      return this.#writer.store(occasion, response);
    }
    await this.#writer.expire(occasion, base);
    return { stored: undefined, reason: 'the stored answer to a GET is another, and stale from now on' };
  }

  async #freshen(occasion: Occasion, base: StoredResponse, response: NetworkResponse): Promise<StoreResult> {
    const body = await this.#selector.body(occasion.prepared, occasion.selection, base);
    if (body === undefined) return { stored: undefined, reason: 'what is stored cannot be read' };
    const { current, wasStored, reason } = await this.#writer.freshen(occasion, base, body, response);
    return wasStored
      ? { stored: current, reason: `the fields of what is stored are up to date now, ${reason}` }
      : { stored: undefined, reason };
  }

  async #combined(
    occasion: Occasion,
    base: StoredResponse,
    response: NetworkResponse,
    parts: StoredParts,
  ): Promise<CombinedResponse | undefined> {
    if (response.body === undefined || !base.isByteExact) return undefined;
    const storedBody = await this.#selector.body(occasion.prepared, occasion.selection, base);
    if (storedBody === undefined) return undefined;
    return combineResponses(base, storedBody, response, response.body, parts);
  }
}

function partsOf({ prepared }: Occasion, response: NetworkResponse): StoredParts | undefined {
  if (!response.isByteExact || response.body === undefined) return undefined;
  return receivedParts(prepared.head, response, response.body.byteLength, response.isUrlKnown);
}

function matching({ selection }: Occasion): StoredResponse[] {
  return selection.candidates.filter(({ matches }) => matches).map(({ stored }) => stored);
}

/**
 * What is stored of the very representation that a response is of. Entity tags tell apart what one URL has had, not what
 * two have: where redirects led elsewhere this time, the same tag means nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.1
 */
function sameRepresentation(occasion: Occasion, response: NetworkResponse): StoredResponse[] {
  if (!response.isUrlKnown) return [];
  const finalUrl = finalUrlOf(occasion, response);
  return matching(occasion).filter(
    (stored) => stored.finalUrl === finalUrl && isSameRepresentation(stored.headers, response.headers),
  );
}

/** As it is stored. */
function finalUrlOf({ prepared }: Occasion, { finalUrl }: NetworkResponse): string | undefined {
  return finalUrl && redactUrl(finalUrl, prepared.settings.key);
}
