// What the origin answers with, and the floor too: the same in each process.
import { Buffer } from 'node:buffer';

/** The sizes that are measured, by the name that tables and the chart give them. */
export const SIZES = Object.freeze({ '1 KB': 1000, '32 KB': 32_000, '512 KB': 512_000, '5 MB': 5_000_000 });

/** The name of a size in {@link SIZES}. */
export function sizeName(bytes) {
  return Object.keys(SIZES).find((name) => SIZES[name] === bytes) ?? `${bytes} bytes`;
}

/** JSON as interfaces send it, of about so many bytes. */
export function jsonOf(bytes) {
  const items = [];
  let length = 2;
  for (let id = 0; length < bytes; id++) {
    const item = {
      id,
      name: `Item number ${id}`,
      price: (id * 7919) % 10_000,
      tags: [`tag${id % 7}`, `tag${id % 11}`],
      available: id % 3 !== 0,
    };
    items.push(item);
    length += JSON.stringify(item).length + 1;
  }
  return Buffer.from(JSON.stringify(items));
}

/** The header fields of each answer, as axios shows them. @param lifetime in seconds */
export function fieldsOf(body, tag, lifetime = 31_536_000) {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    'cache-control': `public, max-age=${lifetime}`,
    etag: `"${tag}"`,
    vary: 'Accept-Encoding',
    server: 'bench',
    date: new Date().toUTCString(),
  };
}

const answers = new Map();

/** Body and fields of the answer to a URL that begins with the number of bytes; made once. */
export function answerOf(bytes) {
  let answer = answers.get(bytes);
  if (answer === undefined) {
    const body = jsonOf(bytes);
    answer = { body, fields: fieldsOf(body, bytes), fieldsOfStale: fieldsOf(body, bytes, 0) };
    answers.set(bytes, answer);
  }
  return answer;
}
