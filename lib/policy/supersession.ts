/**
 * Statuses that tell of the requester or of the moment, not of the resource: the stored response stays as good as it was.
 */
const TELLS_NOTHING_OF_THE_RESOURCE: ReadonlySet<number> = new Set([
  206, 304, 401, 403, 407, 408, 416, 425, 429,
]);

/**
 * Whether a response that is not stored itself still puts an end to the stored response for the same request: the origin
 * has answered anew, so that handing out the older answer would contradict it. Server errors do not: they may be over
 * soon.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.3
 */
export function supersedesStored(status: number): boolean {
  return status >= 200 && status < 500 && !TELLS_NOTHING_OF_THE_RESOURCE.has(status);
}
