/**
 * The default backend, with a limit: a file that several processes of one machine share, in which the least recently used
 * makes room. Prints what is left of twenty answers.
 *
 *     npm run example -- sqlite
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'sqlite-example-'));
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), {
    // A name instead of a path, and `useCacheDir: true`, puts it where the system keeps caches.
    cacheName: path.join(directory, 'cache.sqlite'),
    backend: { name: 'sqlite', maxBytes: 60_000 },
    expireAfter: '1h',
  });
  try {
    for (let number = 1; number <= 20; number++) {
      await http.get(`/items/${number}`);
      // Used each time, and so never the one that goes.
      await http.get('/items/1');
    }
    console.log(`${await http.cache.count()} of 20 responses are left`);
    for (const number of [1, 2, 20]) {
      console.log(`/items/${number}  stored: ${await http.cache.hasUrl(`/items/${number}`)}`);
    }
  } finally {
    await http.cache.close();
    origin.server.close();
    rmSync(directory, { recursive: true });
  }
}

async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => response.end('x'.repeat(10_000)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
