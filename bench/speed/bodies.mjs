// What the origin answers with, and the floor too: the same in each process.
import { Buffer } from 'node:buffer';

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

/** The header fields of each answer, as axios shows them. */
export function fieldsOf(body, tag) {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    'cache-control': 'public, max-age=31536000',
    etag: `"${tag}"`,
    vary: 'Accept-Encoding',
    server: 'bench',
    date: 'Tue, 01 Jul 2025 10:00:00 GMT',
  };
}
