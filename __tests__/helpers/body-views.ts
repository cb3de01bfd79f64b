import { type AxiosResponse } from 'axios';
import { type File } from 'node:buffer';
import { Readable } from 'node:stream';

/** What can be told of a body: its kind and its content, in a form that can be compared. */
export type BodyView = readonly unknown[];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function hexOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return hex(Buffer.concat(read));
}

/** Reads a body of any kind, by class and byte for byte. */
export async function viewOf(data: unknown): Promise<BodyView> {
  if (Buffer.isBuffer(data)) return ['Buffer', hex(data)];
  if (data instanceof ArrayBuffer) return ['ArrayBuffer', hex(new Uint8Array(data))];
  if (data instanceof Blob)
    return [data.constructor.name, data.type, hex(new Uint8Array(await data.arrayBuffer()))];
  if (data instanceof FormData)
    return [
      'FormData',
      ...(await Promise.all([...(data as Iterable<[string, string | File]>)].map(entryView))),
    ];
  if (data instanceof Readable) return ['Readable', data.readableObjectMode, await hexOf(data)];
  if (data instanceof ReadableStream) return ['ReadableStream', await hexOf(data)];
  return [typeof data, data];
}

async function entryView([name, value]: [string, string | File]): Promise<BodyView> {
  return typeof value === 'string' ? [name, value] : [name, value.name, ...(await viewOf(value))];
}

/** What a request came to: the body it resolved with, or what its error tells. */
export async function outcomeOf(request: Promise<AxiosResponse>): Promise<BodyView> {
  try {
    const { data, status } = await request;
    return ['resolved', status, ...(await viewOf(data))];
  } catch (error) {
    const { name, message, code, status, response, cause } = error as Error & {
      code?: unknown;
      status?: unknown;
      response?: AxiosResponse;
      cause?: Error;
    };
    const body = response && ['response', response.status, ...(await viewOf(response.data))];
    return ['rejected', (error as object).constructor.name, name, message, code, status, cause?.name, body];
  }
}
