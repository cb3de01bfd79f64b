import type { RequestBody, MultipartPart } from '../key/request.js';
import { parseMultipart } from '../key/multipart.js';
import type { MaybePromise } from '../storage/backend.js';

/**
 * What the cache key can be made of: the body, `'none'`, or `'unkeyable'` for a body that can be read only once
 * (a stream), whose request then bypasses the cache.
 */
export type KeyableBody = RequestBody | 'none' | 'unkeyable';

interface FormDataPackage {
  getBoundary(): string;
  getBuffer(): Uint8Array;
}

/** Reads `config.data` as it stands when the adapter is called, that is after `transformRequest`, without consuming it. */
export function keyableBody(data: unknown): MaybePromise<KeyableBody> {
  if (data === undefined || data === null) return 'none';
  if (typeof data === 'string') return { kind: 'text', text: data };
  if (data instanceof Uint8Array) return { kind: 'bytes', bytes: data };
  if (data instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(data) };
  if (ArrayBuffer.isView(data)) {
    return { kind: 'bytes', bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  }
  if (data instanceof URLSearchParams) return { kind: 'text', text: data.toString() };
  return keyableObject(data);
}

function keyableObject(data: unknown): MaybePromise<KeyableBody> {
  if (isTagged(data, 'FormData') && typeof (data as FormData).entries === 'function')
    return formDataParts(data as FormData);
  if (isTagged(data, 'Blob') || isTagged(data, 'File')) return blobBytes(data as Blob);
  if (isFormDataPackage(data)) return packageParts(data);
  if (typeof data === 'object' && !isStream(data)) {
    try {
      return { kind: 'text', text: JSON.stringify(data) };
    } catch {
      return 'unkeyable';
    }
  }
  return typeof data === 'number' || typeof data === 'boolean'
    ? { kind: 'text', text: String(data) }
    : 'unkeyable';
}

function isTagged(data: unknown, tag: string): boolean {
  return Object.prototype.toString.call(data) === `[object ${tag}]`;
}

function isStream(data: unknown): boolean {
  const value = data as { pipe?: unknown; getReader?: unknown; [Symbol.asyncIterator]?: unknown } | null;
  return (
    typeof value?.pipe === 'function' ||
    typeof value?.getReader === 'function' ||
    typeof value?.[Symbol.asyncIterator] === 'function'
  );
}

function isFormDataPackage(data: unknown): data is FormDataPackage {
  const value = data as Partial<FormDataPackage> | null;
  return typeof value?.getBoundary === 'function' && typeof value.getBuffer === 'function';
}

/** The npm package form-data, which axios uses in Node. Its parts can be read unless one of them is a stream. */
function packageParts(form: FormDataPackage): KeyableBody {
  try {
    const bytes = form.getBuffer();
    const parts = parseMultipart(bytes, `multipart/form-data; boundary=${form.getBoundary()}`);
    return parts === undefined ? 'unkeyable' : { kind: 'multipart', parts };
  } catch {
    return 'unkeyable';
  }
}

async function blobBytes(blob: Blob): Promise<KeyableBody> {
  return { kind: 'bytes', bytes: new Uint8Array(await blob.arrayBuffer()) };
}

function formDataParts(form: FormData): MaybePromise<KeyableBody> {
  const entries = [...form.entries()];
  if (entries.every(([, value]) => typeof value === 'string')) {
    return { kind: 'multipart', parts: entries.map(([name, value]) => ({ name, value: value as string })) };
  }
  return Promise.all(entries.map(([name, value]) => readPart(name, value))).then((parts) => ({
    kind: 'multipart',
    parts,
  }));
}

async function readPart(name: string, value: string | Blob): Promise<MultipartPart> {
  if (typeof value === 'string') return { name, value };
  const bytes = new Uint8Array(await value.arrayBuffer());
  const filename = (value as Partial<File>).name;
  return {
    name,
    value: bytes,
    ...(filename === undefined ? {} : { filename }),
    ...(value.type === '' ? {} : { contentType: value.type }),
  };
}
