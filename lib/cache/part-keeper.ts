import { describesStored } from '../policy/head-update.js';
import { latestOf } from '../policy/latest.js';
import { type StoredParts } from '../policy/messages.js';
import { isSameRepresentation, receivedParts } from '../policy/partial-content.js';
import { combineResponses, type CombinedResponse } from './combined-response.js';
import { type NetworkResponse } from './network.js';
import { type ResponseSelector } from './select-response.js';
import { type Occasion, type ResponseWriter, type StoreResult } from './store-response.js';
import { type StoredResponse } from './stored-response.js';

/** Header fields only. */
const NO_CONTENT: StoredParts = Object.freeze({
  spans: Object.freeze([]),
  completeLength: undefined,
  range: undefined,
});

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
    const parts = partsOf(occasion, response);
    if (parts === undefined) {
      return { stored: undefined, reason: 'nobody can say for sure which bytes the 206 has' };
    }
    const base = latestOf(
      matching(occasion).filter((stored) => isSameRepresentation(stored.headers, response.headers)),
    );
    if (base === undefined) return this.#writer.store(occasion, { ...response, parts });
    if (base.parts === undefined && base.status === 200) return this.#freshen(occasion, base, response);
    const combined = await this.#combined(occasion, base, response, parts);
    return this.#writer.store(occasion, combined ?? { ...response, parts });
  }

  /**
   * The whole response, where a 206 brings just what is missing of the stored part; undefined when they do not make one.
   */
  async completed(occasion: Occasion, response: NetworkResponse): Promise<CombinedResponse | undefined> {
    const parts = partsOf(occasion, response);
    const base = latestOf(
      matching(occasion).filter((stored) => isSameRepresentation(stored.headers, response.headers)),
    );
    if (parts === undefined || base === undefined) return undefined;
    const combined = await this.#combined(occasion, base, response, parts);
    return combined?.parts === undefined ? combined : undefined;
  }

  /**
   * Makes of the answer to a HEAD what RFC 9111 section 4.3.5 says: fields for the stored answer to a GET, if it is still
   * the same; otherwise the end of that. Without one it is kept for later HEADs.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.5
   */
  async keepHead(occasion: Occasion, response: NetworkResponse): Promise<StoreResult> {
    const base = latestOf(matching(occasion).filter(({ parts }) => parts?.spans.length !== 0));
    const headOnly = { ...response, parts: NO_CONTENT };
    if (base === undefined) return this.#writer.store(occasion, headOnly);
    if (response.status !== 200) {
      return { stored: undefined, reason: 'it says nothing of the stored answer to a GET' };
    }
    if (describesStored(response, base)) return this.#freshen(occasion, base, response);
    await this.#writer.discard(occasion.prepared, base);
    return this.#writer.store(occasion, headOnly);
  }

  async #freshen(occasion: Occasion, base: StoredResponse, response: NetworkResponse): Promise<StoreResult> {
    const body = await this.#selector.body(occasion.prepared, occasion.selection, base);
    if (body === undefined) return { stored: undefined, reason: 'what is stored cannot be read' };
    const { current, wasStored } = await this.#writer.freshen(occasion, base, body, response);
    return wasStored
      ? { stored: current, reason: 'the fields of what is stored are up to date now' }
      : { stored: undefined, reason: 'it ends what is stored' };
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
  return receivedParts(prepared.head, response, response.body.byteLength);
}

function matching({ selection }: Occasion): StoredResponse[] {
  return selection.candidates.filter(({ matches }) => matches).map(({ stored }) => stored);
}
