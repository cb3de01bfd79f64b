// How all that are axios instances are asked: the floor, plain axios, this library and axios-cache-interceptor.
import { finished } from 'node:stream/promises';

/**
 * What is timed.
 * @typedef {object} Subject
 * @property {string} id for figures and targets
 * @property {string} name for people
 * @property {string} [note] what has to be known to compare its figures
 * @property {boolean} [isShared] hands everybody the same object, so that nothing is parsed or copied
 * @property {(url: string, kind?: Kind) => Promise<unknown>} [get] the body, read to its end
 * @property {(times: number, url: string) => Promise<number>} [timeOf] in place of `get`, where it times itself in
 *   another process: microseconds for one; `{n}` in the URL stands for a number that was not used before
 * @property {() => unknown} [clear] forgets everything that is stored
 * @property {() => unknown} close
 *
 * @typedef {'json' | 'text' | 'arraybuffer' | 'stream'} Kind
 */

/** None for JSON: it is what axios makes of a body unless it is told otherwise. */
const CONFIGS = {
  json: undefined,
  text: { responseType: 'text' },
  arraybuffer: { responseType: 'arraybuffer' },
  stream: { responseType: 'stream' },
};

/** @returns {Subject} */
export function axiosSubject(id, name, instance) {
  return {
    id,
    name,
    get: async (url, kind = 'json') => {
      const { data } = await instance.get(url, CONFIGS[kind]);
      return kind === 'stream' ? drained(data) : data;
    },
    close: () => undefined,
  };
}

/** Reads a stream to its end: what a caller does not read has cost nothing yet. */
export async function drained(stream) {
  let bytes = 0;
  stream.on('data', (chunk) => (bytes += chunk.length));
  await finished(stream, { writable: false });
  return bytes;
}
