/**
 * Keeps responses of any length in MongoDB, which other processes and machines share: large bodies in a bucket of GridFS.
 * Prints where each answer came from. Run it again: then all of them come from there.
 *
 *     npm run example -- gridfs                                               # a local server at its standard port, 27017
 *     MONGODB_URI='mongodb+srv://user:password@host' npm run example -- gridfs    # a server elsewhere
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const url = process.env['MONGODB_URI'];
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), {
    // Names the database; heads are in its collection "responses.heads", bodies in "responses.files" and "responses.chunks".
    cacheName: process.env['EXAMPLE_DATABASE'] ?? 'http_cache_example',
    backend: url === undefined ? 'gridfs' : { name: 'gridfs', url },
    expireAfter: '10m',
    // The origin of this example has another port each time.
    keyFn: ({ url }) => new URL(url).pathname,
    // The first call connects, and the first that stores makes the indexes.
    storageTimeout: '60s',
  });
  // Requests never fail because storage does; listen, if you want to know.
  http.cache.on('backendError', ({ error }) => console.error(error.message));
  try {
    await ask(http, '/small');
    await ask(http, '/small');
    await ask(http, '/large');
    await ask(http, '/large');
    console.log(`${await http.cache.count()} responses stored, ${await http.cache.size()} bytes.`);
  } finally {
    await http.cache.close();
    origin.server.close();
  }
}

async function ask(http: CachedAxiosInstance, path: string): Promise<void> {
  const { data, cache } = await http.get<string>(path);
  console.log(`${path}  ${data.length} bytes  fromCache: ${cache.fromCache}`);
}

/** One answer that is kept with its head, and one that no document of MongoDB could hold. */
async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url }, response) => {
    response.end('x'.repeat(url === '/large' ? 20_000_000 : 1000));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
