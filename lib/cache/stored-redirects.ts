import type { FieldValue } from '../http/header-fields.js';
import type { RecordAddress } from '../storage/backend.js';

/** A redirect on the way to a response: what answered, and how. Without credentials. */
export interface RedirectResponse {
  /** Of the request that it answered, in upper case. */
  readonly method: string;
  /** Of that request: canonical; ignored values and credentials read `REDACTED`. */
  readonly url: string;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, FieldValue>>;
}

/** One of the later URLs of a chain, as it is kept with the response. */
export interface StoredHop {
  /** How many redirects lie before it. */
  readonly hop: number;
  /** Of its URL. */
  readonly resource: string;
  /** Where a request for it finds the response; undefined: nowhere. */
  readonly alias?: RecordAddress | undefined;
}

/** The redirects that led to a stored response. */
export interface StoredRedirects {
  readonly history: readonly RedirectResponse[];
  /** The URLs after the first, as far as they are known for sure. */
  readonly hops: readonly StoredHop[];
}

/** Whether what was read from storage is a history with its URLs. */
export function isStoredRedirects(
  value: unknown,
  isFields: (value: unknown) => boolean,
): value is StoredRedirects {
  const { history, hops } = (value ?? {}) as Partial<Record<keyof StoredRedirects, unknown>>;
  return (
    Array.isArray(history) &&
    Array.isArray(hops) &&
    history.every((one) => isRedirectResponse(one, isFields)) &&
    hops.every(isHop)
  );
}

function isRedirectResponse(value: unknown, isFields: (value: unknown) => boolean): boolean {
  const { method, url, status, headers } = (value ?? {}) as Partial<Record<keyof RedirectResponse, unknown>>;
  return (
    typeof method === 'string' && typeof url === 'string' && Number.isFinite(status) && isFields(headers)
  );
}

function isHop(value: unknown): boolean {
  const { hop, resource, alias } = (value ?? {}) as Partial<Record<keyof StoredHop, unknown>>;
  return (
    Number.isInteger(hop) && typeof resource === 'string' && (alias === undefined || isRecordAddress(alias))
  );
}

/** Whether it names a record. */
export function isRecordAddress(value: unknown): value is RecordAddress {
  const { key, variant } = (value ?? {}) as Partial<Record<keyof RecordAddress, unknown>>;
  return typeof key === 'string' && typeof variant === 'string';
}
