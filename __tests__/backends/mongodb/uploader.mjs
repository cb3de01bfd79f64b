// Puts large bodies through the built library until it is killed. Arguments: URL, cache name.
import { initBackend } from 'axios-persistent-cache';

const [url, cacheName] = process.argv.slice(2);
const backend = initBackend(cacheName, 'gridfs', { url, chunkBytes: 20_000 });
const body = Buffer.alloc(6_000_000, 'x');
process.stdout.write('begins\n');
for (let count = 0; ; count += 1) {
  await backend.put({
    key: `key ${count % 2}`,
    variant: '',
    resource: 'r',
    head: Buffer.from(`head ${count}`),
    body,
    bodyBytes: body.byteLength,
    createdAt: 1,
    expiresAt: undefined,
    retainUntil: undefined,
  });
  process.stdout.write(`${count}\n`);
}
