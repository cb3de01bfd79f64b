/**
 * Keeps responses in Redis, which other processes and machines share, and prints where each answer came from. Run it again:
 * then all of them come from Redis.
 *
 *     npm run example -- redis                                                # a server at its standard port, 6379
 *     REDIS_URL=redis://:password@127.0.0.1:6380/1 npm run example -- redis   # a server elsewhere
 *     REDIS_CLUSTER_NODES=redis://10.0.0.1:6379,redis://10.0.0.2:6379 npm run example -- redis   # a cluster
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { type BackendSpec, type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

function chosenBackend(): BackendSpec {
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: nodes } = process.env;
  const commandTimeout = 20_000;
  if (nodes !== undefined) return { name: 'redis', cluster: { nodes: nodes.split(',') }, commandTimeout };
  return url === undefined ? 'redis' : { name: 'redis', url, commandTimeout };
}

async function main(): Promise<void> {
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), {
    // The namespace: all keys begin with it.
    cacheName: process.env['EXAMPLE_NAMESPACE'] ?? 'example',
    backend: chosenBackend(),
    expireAfter: '10m',
    // The origin of this example has another port each time.
    keyFn: ({ url }) => new URL(url).pathname,
    // The first call loads the package and connects: a program that asks only once should wait for that on a slow machine.
    storageTimeout: '60s',
  });
  // Requests never fail because storage does; listen, if you want to know.
  http.cache.on('backendError', ({ error }) => console.error(error.message));
  try {
    await ask(http, '/one');
    await ask(http, '/one');
    await ask(http, '/two');
    await ask(http, '/two');
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

async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => response.end('x'.repeat(1000)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
