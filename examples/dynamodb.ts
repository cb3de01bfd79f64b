/**
 * Keeps responses in a table of DynamoDB, which other processes and machines share, and prints where each answer came
 * from. Run it again: then all of them come from the table.
 *
 *     npm run example -- dynamodb                                            # a local server at its standard port, 8000
 *     DYNAMODB_ENDPOINT=http://127.0.0.1:4566 npm run example -- dynamodb    # a server elsewhere
 *     AWS_REGION=eu-west-1 npm run example -- dynamodb                       # AWS: creates the table "http_cache"
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const endpoint = process.env['DYNAMODB_ENDPOINT'];
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), {
    // The namespace: other caches may live in the same table.
    cacheName: process.env['EXAMPLE_NAMESPACE'] ?? 'example',
    backend: endpoint === undefined ? 'dynamodb' : { name: 'dynamodb', endpoint },
    expireAfter: '10m',
    // The origin of this example has another port each time.
    keyFn: ({ url }) => new URL(url).pathname,
    // The first call creates the table, which takes some seconds on AWS.
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

/** One answer that fits into an item of DynamoDB, and one that has to be kept in parts. */
async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url }, response) => {
    response.end('x'.repeat(url === '/large' ? 1_000_000 : 1000));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
