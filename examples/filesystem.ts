/**
 * Keeps each response in a file that can be read and edited, and prints where each answer came from and where the files
 * are. Edit the body in one of them and run it again: then your text is what is answered.
 *
 *     npm run example -- filesystem
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';
import { FilesystemBackend } from 'axios-persistent-cache/backends';

async function main(): Promise<void> {
  const directory = process.env['EXAMPLE_DIRECTORY'] ?? 'example_cache';
  // Without a use for `paths()` this is enough: `cacheName: directory, backend: { name: 'filesystem', serializer: 'json' }`.
  const backend = new FilesystemBackend(directory, { serializer: 'json' });
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), {
    backend,
    expireAfter: '1h',
    // The origin of this example has another port each time.
    keyFn: ({ url }) => new URL(url).pathname,
  });
  // Requests never fail because storage does; listen, if you want to know.
  http.cache.on('backendError', ({ error }) => console.error(error.message));
  try {
    await ask(http, '/greeting');
    await ask(http, '/greeting');
    for await (const file of backend.paths()) console.log(file);
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
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.end('Hello from the origin!');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
