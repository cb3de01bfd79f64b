import type { AxiosProgressEvent, InternalAxiosRequestConfig } from 'axios';
import { fieldValue, type HeaderFields } from '../http/header-fields.js';
import type { AdapterFamily } from './adapter-family.js';

/** What a platform tells of a download; axios makes its own event of it. */
interface PlatformProgress {
  readonly lengthComputable: boolean;
  readonly loaded: number;
  readonly total: number | undefined;
}

/**
 * Tells the caller's progress bar that a body from storage is there whole, as its adapter does at the end of a download.
 * @param bytes how many the decoded body has
 * @param fields of the response
 */
export function reportDownload(
  config: InternalAxiosRequestConfig,
  family: AdapterFamily,
  bytes: number,
  fields: HeaderFields,
): void {
  const { onDownloadProgress } = config;
  if (typeof onDownloadProgress !== 'function') return;
  const progress = platformProgress(family, bytes, fields);
  // Of nothing that is compressed something comes, but not in answer to HEAD.
  const isNothing = progress.loaded === 0 || (bytes === 0 && config.method?.toLowerCase() === 'head');
  // An XMLHttpRequest tells of its end also where nothing has come.
  if (isNothing && family !== 'xhr') return;
  const event = progressEvent(progress);
  // Like axios, not within the request: what the callback throws is no answer to it.
  queueMicrotask(() => onDownloadProgress(event));
}

/** `Content-Length` as a number; undefined where there is none. */
export function declaredLength(fields: HeaderFields): number | undefined {
  const field = fieldValue(fields, 'content-length');
  const length = field === undefined ? NaN : Number(field);
  return Number.isFinite(length) ? length : undefined;
}

/** The http adapter counts what comes over the wire, perhaps compressed; the web's adapters what is decoded. */
function platformProgress(family: AdapterFamily, bytes: number, fields: HeaderFields): PlatformProgress {
  const declared = declaredLength(fields);
  if (family !== 'xhr') {
    const loaded = family === 'http' ? (declared ?? bytes) : bytes;
    return { lengthComputable: declared !== undefined, total: declared, loaded };
  }
  // A length that is not that of the decoded body is none, and so is 0.
  const lengthComputable = bytes > 0 && declared === bytes;
  const init = { lengthComputable, loaded: bytes, total: lengthComputable ? bytes : 0 };
  const { ProgressEvent } = globalThis as {
    ProgressEvent?: new (type: string, init: object) => PlatformProgress;
  };
  return ProgressEvent === undefined ? init : new ProgressEvent('loadend', init);
}

/** Of the same members as axios's own, also where they say nothing. */
function progressEvent(event: PlatformProgress): AxiosProgressEvent {
  const total = event.lengthComputable ? event.total : undefined;
  const loaded = total === undefined ? event.loaded : Math.min(event.loaded, total);
  const members: { [Name in keyof AxiosProgressEvent]: AxiosProgressEvent[Name] | undefined } = {
    loaded,
    total,
    progress: total ? loaded / total : undefined,
    bytes: loaded,
    rate: undefined,
    estimated: undefined,
    event,
    lengthComputable: total !== undefined,
    download: true,
  };
  return members as AxiosProgressEvent;
}
