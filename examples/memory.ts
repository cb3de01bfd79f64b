/**
 * Keeps responses in this process only, and no more than two of them: prints what is answered from the cache when a third comes.
 *
 *     npm run example -- memory
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), {
    // `maxBytes` limits what they take together: 256 MiB, unless you say otherwise.
    backend: { name: 'memory', maxEntries: 2 },
    expireAfter: '1h',
  });
  try {
    await ask(http, '/one');
    await ask(http, '/two');
    await ask(http, '/one');
    // Makes room by deleting what was used least recently, which is /two.
    await ask(http, '/three');
    await ask(http, '/one');
    await ask(http, '/two');
  } finally {
    await http.cache.close();
    origin.server.close();
  }
}

async function ask(http: CachedAxiosInstance, path: string): Promise<void> {
  const { data, cache } = await http.get<string>(path);
  console.log(`${path}  ${data}  fromCache: ${cache.fromCache}`);
}

async function startOrigin(): Promise<{ server: Server; url: string }> {
  let requests = 0;
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.end(`answer ${++requests} of the origin`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
