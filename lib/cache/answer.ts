import { formatContentRange, formatUnsatisfiedRange, spanLength } from '../http/byte-range.js';
import { fieldLines, headerFields, type HeaderFields } from '../http/header-fields.js';
import type { RequestHead } from '../policy/messages.js';
import { fieldsForBytes, selectContent } from '../policy/partial-content.js';
import { isNotModified, notModifiedFields } from '../policy/preconditions.js';
import type { BodyShape, StoredResponse } from './stored-response.js';

/** What a request gets of a stored response. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderFields;
  /** Belongs to the store and must not be changed or handed out. */
  readonly body: Uint8Array;
  readonly bodyShape: BodyShape;
}

const NO_BODY = new Uint8Array(0);

/**
 * Makes of a stored response the answer to one request: as it is, a 304 where the request says that it has this already,
 * a 206 with the range that it asks for, a 416 where there is no such range, the header alone for a HEAD.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4
 */
export function answerFrom(
  request: RequestHead,
  stored: StoredResponse,
  body: Uint8Array,
  headers: HeaderFields,
): Answer {
  // In this order: https://www.rfc-editor.org/rfc/rfc9110.html#section-13.2.2
  if (isNotModified(request.headers, stored, request.method, stored.responseReceivedAt)) {
    return withoutBody(304, 'Not Modified', notModifiedFields(headers));
  }
  const { status, statusText, bodyShape } = stored;
  // A HEAD that is kept under a key of its own has the body that its adapter gave it.
  if (request.method === 'HEAD' && stored.method === 'GET' && stored.parts === undefined) {
    return { status, statusText, headers, body: NO_BODY, bodyShape: 'bytes' };
  }
  const content = selectContent(request, stored);
  switch (content.kind) {
    case 'whole':
      return { status, statusText, headers, body, bodyShape };
    case 'part': {
      const length = spanLength(content.span);
      const range = formatContentRange(content.span, content.completeLength);
      return {
        status: 206,
        statusText: 'Partial Content',
        headers: fieldsForBytes(headers, length, range),
        body: body.subarray(content.offset, content.offset + length),
        bodyShape,
      };
    }
    case 'unsatisfiable': {
      const range = formatUnsatisfiedRange(content.completeLength);
      const date = fieldLines(headers, 'date').map((line): [string, string] => ['date', line]);
      return withoutBody(416, 'Range Not Satisfiable', headerFields([...date, ['content-range', range]]));
    }
  }
}

function withoutBody(status: number, statusText: string, headers: HeaderFields): Answer {
  return { status, statusText, headers, body: NO_BODY, bodyShape: 'bytes' };
}
