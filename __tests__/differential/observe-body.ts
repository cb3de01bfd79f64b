import { describeBytes, type Described, describeValue, tagOf } from './describe.js';
import { type Labels } from './labels.js';

interface AnyStream {
  readonly pipe?: unknown;
  readonly getReader?: unknown;
  [Symbol.asyncIterator]?(): AsyncIterator<unknown>;
}

export function isStream(value: unknown): value is AnyStream {
  const stream = value as AnyStream | null | undefined;
  return (
    typeof stream === 'object' &&
    (typeof stream?.pipe === 'function' || typeof stream?.getReader === 'function')
  );
}

/** `response.data` in a form that can be compared. A stream is read to its end, or to its failure. */
export async function observeBody(data: unknown, labels: Labels): Promise<Described> {
  if (isStream(data)) return observeStream(data);
  if (tagOf(data) === 'Blob' || tagOf(data) === 'File') {
    const blob = data as Blob;
    return {
      tag: tagOf(data),
      type: blob.type,
      bytes: describeBytes(new Uint8Array(await blob.arrayBuffer())),
    };
  }
  if (tagOf(data) === 'FormData' && typeof (data as FormData).entries === 'function')
    return observeForm(data as FormData);
  return describeValue(data, labels);
}

async function observeForm(form: FormData): Promise<Described> {
  const entries: Record<string, Described> = {};
  for (const [index, [name, value]] of [...form.entries()].entries()) {
    entries[`${index} ${name}`] =
      typeof value === 'string'
        ? value
        : {
            name: value.name,
            type: value.type,
            bytes: describeBytes(new Uint8Array(await value.arrayBuffer())),
          };
  }
  return { tag: 'FormData', entries };
}

async function observeStream(stream: AnyStream): Promise<Described> {
  const kind =
    typeof stream.pipe === 'function'
      ? {
          stream: 'of Node',
          objectMode: String((stream as { readableObjectMode?: boolean }).readableObjectMode),
          encoding: String((stream as { readableEncoding?: string | null }).readableEncoding),
          methods: ['on', 'once', 'pause', 'resume', 'destroy', 'setEncoding', 'unpipe']
            .filter((name) => typeof (stream as Record<string, unknown>)[name] === 'function')
            .join(' '),
        }
      : { stream: 'of the web', locked: String((stream as { locked?: boolean }).locked) };
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
    }
  } catch (error) {
    // How much came before that is a matter of time.
    const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown };
    return { ...kind, failed: `${String(name)}: ${String(message)} (${String(code)})` };
  }
  return { ...kind, bytes: describeBytes(Buffer.concat(chunks)) };
}
