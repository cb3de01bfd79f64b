import { contentTypeParameter, isMultipartType, parseContentType } from './content-type.js';
import type { MultipartPart } from './request.js';

const CRLF = '\r\n';
const DISPOSITION = /^form-data;[ \t]*name="([^"]*)"(?:;[ \t]*filename="([^"]*)")?$/i;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Takes a `multipart/form-data` body apart by the boundary that its content type names.
 *
 * Strict: whatever {@link MultipartPart} has no place for (another header field, another parameter of the disposition,
 * text before the first part or after the last) makes the result undefined, because two different bodies must not
 * become the same parts. Names and values are as they are in the body: nothing is unescaped. Linear in the body.
 *
 * @returns undefined when the body is malformed or has no boundary: treat it as bytes
 * @see https://www.rfc-editor.org/rfc/rfc7578.html#section-4
 */
export function parseMultipart(bytes: Uint8Array, contentType: string): readonly MultipartPart[] | undefined {
  const type = parseContentType(contentType);
  const boundary = contentTypeParameter(type, 'boundary');
  if (!isMultipartType(type) || boundary === undefined || !/^[\u0020-\u007e]{1,200}$/.test(boundary)) {
    return undefined;
  }
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = `--${boundary}`;
  const delimiter = CRLF + first;
  if (!startsWith(body, 0, first)) return undefined;

  const parts: MultipartPart[] = [];
  let position = first.length;
  while (startsWith(body, position, CRLF)) {
    const start = position + CRLF.length;
    const end = body.indexOf(delimiter, position, 'latin1');
    // A part without header fields starts with the empty line itself, which may be shared with the delimiter's.
    const part = end < start ? undefined : parsePart(body.subarray(start, end));
    if (part === undefined) return undefined;
    parts.push(part);
    position = end + delimiter.length;
  }
  if (!startsWith(body, position, '--')) return undefined;
  const epilogue = body.subarray(position + 2).toString('latin1');
  return epilogue === '' || epilogue === CRLF ? parts : undefined;
}

function startsWith(body: Buffer, position: number, text: string): boolean {
  return body.subarray(position, position + text.length).toString('latin1') === text;
}

function parsePart(part: Buffer): MultipartPart | undefined {
  const end = part.indexOf(CRLF + CRLF, 0, 'latin1');
  if (end === -1) return undefined;
  const fields = parseFields(part.subarray(0, end));
  const disposition = DISPOSITION.exec(fields?.get('content-disposition') ?? '');
  if (fields === undefined || disposition === null) return undefined;

  const filename = disposition[2];
  const contentType = fields.get('content-type');
  if (fields.size !== (contentType === undefined ? 1 : 2)) return undefined;
  return {
    name: disposition[1] as string,
    ...(filename === undefined ? undefined : { filename }),
    ...(contentType === undefined ? undefined : { contentType }),
    value: part.subarray(end + 2 * CRLF.length),
  };
}

/** Header fields of a part by lower-case name; undefined where one is malformed or occurs twice. */
function parseFields(bytes: Buffer): Map<string, string> | undefined {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  const fields = new Map<string, string>();
  for (const line of text.split(CRLF)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || fields.has(name)) return undefined;
    fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}
