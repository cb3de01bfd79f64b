import { redactUrl } from '../key/redaction.js';
import { describesStored } from '../policy/head-update.js';
import { latestOf } from '../policy/latest.js';
import { type StoredParts } from '../policy/messages.js';
import { HEADER_ONLY, isSameRepresentation, receivedParts } from '../policy/partial-content.js';
import { combineResponses, type CombinedResponse } from './combined-response.js';
import { type NetworkResponse } from './network.js';
import { type ResponseSelector } from './select-response.js';
import { type Occasion, type ResponseWriter, type StoreResult } from './store-response.js';
import { type StoredResponse } from './stored-response.js';

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
  async keepPart(earlier: Occasion, response: NetworkResponse): Promise<StoreResult> {
    // Other parts may have come since this one was asked for.
    const occasion = { ...earlier, selection: await this.#selector.select(earlier.prepared) };
    const parts = partsOf(occasion, response);
    if (parts === undefined) {
      return { stored: undefined, reason: 'nobody can say for sure which bytes the 206 has' };
    }
    const base = latestOf(sameRepresentation(occasion, response));
    if (base === undefined) return this.#writer.store(occasion, { ...response, parts });
    if (base.parts === undefined && base.status === 200) {
      const isOfItsLength = parts.completeLength === undefined || parts.completeLength === base.bodyBytes;
      return isOfItsLength || !base.isByteExact
        ? this.#freshen(occasion, base, response)
        : this.#writer.store(occasion, { ...response, parts });
    }
    const combined = await this.#combined(occasion, base, response, parts);
    return combined === undefined
      ? this.#writer.store(occasion, { ...response, parts })
      : this.#writer.store({ ...occasion, isCombined: true }, combined);
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
      return { stored: undefined, reason: 'it says nothing of the stored answer to a GET' };
    }
    if (describesStored(response, base) && finalUrlOf(occasion, response) === base.finalUrl) {
      if (response.isUrlKnown) return this.#freshen(occasion, base, response);
      return { stored: undefined, reason: 'it is not known which URL answered' };
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
