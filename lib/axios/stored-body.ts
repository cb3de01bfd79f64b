import type { InternalAxiosRequestConfig } from 'axios';
import type { BodyShape } from '../cache/stored-response.js';
import type { HeaderFields } from '../http/header-fields.js';
import type { MaybePromise } from '../storage/backend.js';
import { canGiveUp, listensOn, onAbort } from './abort.js';
import { type AdapterFamily, familyOf, givesBytes } from './adapter-family.js';
import { asksForStream, type BodilessResponse, presentBytes, presentValue } from './body-shape.js';
import type { StreamWatch } from './body-streams.js';
import type { CanceledErrorClass, OwnCopy } from './own-copy.js';
import { declaredLength, reportDownload } from './progress.js';
import { maxContentLengthError } from './settle.js';

/** A body from storage. */
export interface StoredBody {
  /** Belongs to the store and must not be changed or handed out. */
  readonly body: Uint8Array;
  readonly bodyShape: BodyShape;
  /** Those of the response. */
  readonly headers: HeaderFields;
}

/**
 * Hands a stored body to a caller as its adapter would: in its shape, within its `maxContentLength`, telling its progress bar.
 * @param isMade whether something else is handed out: then nothing is made of the body, but all else is done
 * @returns what the response has for `data`
 */
export function deliverStored(
  copy: OwnCopy,
  stored: StoredBody,
  response: BodilessResponse,
  isMade = false,
): MaybePromise<unknown> {
  const { body, bodyShape, headers } = stored;
  const { config } = response;
  // An adapter that gives bytes gives them also where another one, a mock, gave a value; but nothing stays nothing.
  if (bodyShape === 'none') return undefined;
  if (bodyShape !== 'bytes' && !givesBytes(config)) return isMade ? undefined : presentValue(body, bodyShape);
  const family = familyOf(config);
  const limit = limitOf(config, family);
  const tooLong = (): Promise<Error> => maxContentLengthError(copy, config, limit, response.request);
  const fail = async (): Promise<never> => {
    throw await tooLong();
  };
  if (isBeyond(limit, family === 'fetch' ? declaredLength(headers) : undefined)) return fail();
  const isTooLong = isBeyond(limit, body.byteLength);
  if (asksForStream(config, family)) {
    return streamStored(copy, stored, response, family, isTooLong ? { limit, tooLong } : undefined);
  }
  if (isTooLong) return fail();
  reportDownload(config, family, body.byteLength, headers);
  return isMade ? undefined : presentBytes(copy, body, headers, response, family);
}

/** @param beyond the limit that the body goes beyond, and the error that says so; undefined: it does not */
async function streamStored(
  copy: OwnCopy,
  { body, headers }: StoredBody,
  response: BodilessResponse,
  family: AdapterFamily,
  beyond: { readonly limit: unknown; readonly tooLong: () => Promise<Error> } | undefined,
): Promise<unknown> {
  const { config } = response;
  const patience = untilGivenUp(copy, response, family);
  const stream = await presentBytes(copy, body, headers, response, family, {
    ...patience,
    limit: beyond && { bytes: Number(beyond.limit), error: await beyond.tooLong() },
    onRead: () => reportDownload(config, family, body.byteLength, headers),
  });
  if (patience.onClose !== undefined && stream !== null) listensOn(stream as object, patience.onClose);
  return stream;
}

/** The `maxContentLength` that an adapter respects; the xhr adapter knows none. */
function limitOf({ maxContentLength }: InternalAxiosRequestConfig, family: AdapterFamily): unknown {
  if (family === 'xhr' || (family === 'fetch' && typeof maxContentLength !== 'number')) return undefined;
  return maxContentLength;
}

function isBeyond(limit: unknown, bytes: number | undefined): boolean {
  // Like axios, which compares whatever it is given.
  return bytes !== undefined && (limit as number) > -1 && bytes > (limit as number);
}

/** Makes a stream fail when its caller gives up, as axios's adapters go on to do after they have answered. */
function untilGivenUp(
  copy: OwnCopy,
  { config, request }: BodilessResponse,
  family: AdapterFamily,
): Pick<StreamWatch, 'onOpen' | 'onClose'> {
  if (!canGiveUp(config)) return {};
  let stopListening: () => void = () => undefined;
  return {
    onOpen: (fail) => {
      stopListening = onAbort(config, () => {
        void copy
          .canceledErrorClass()
          .then((CanceledError) => fail(givenUpError(CanceledError, config, request, family)));
      });
    },
    onClose: () => stopListening(),
  };
}

/** The error by which a stream of each family fails when its caller has given up: a token's own, or one for the signal. */
export function givenUpError(
  CanceledError: CanceledErrorClass,
  config: InternalAxiosRequestConfig,
  request: unknown,
  family: AdapterFamily,
): Error {
  const { signal, cancelToken } = config;
  if (cancelToken?.reason !== undefined) return cancelToken.reason as Error;
  if (family !== 'fetch') return new CanceledError(null, config, request);
  const reason = (signal as { reason?: unknown } | undefined)?.reason;
  const message = reason instanceof Error ? reason.message : (reason as string | null);
  return new CanceledError(message, undefined, undefined);
}
