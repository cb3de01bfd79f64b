/**
 * Tags responses with what they are about, and throws them out together: when told to, and when a request has changed
 * something.
 *
 *     npx ts-node examples/tags.ts
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory', expireAfter: '1h' });
  try {
    await fill(http);
    await show(http, 'stored');

    // Before the answer is handed out, all that is about user 7 is gone.
    await http.put('/users/7', { name: 'Ada' }, { cache: { invalidates: ['user:7'] } });
    await show(http, 'after PUT');

    await fill(http);
    console.log('deleteTag:', await http.cache.deleteTag(['user:7', 'user:8']));
    await fill(http);
    console.log('by pattern:', await http.cache.delete({ urls: ['/orders*'] }));
    await show(http, 'left');
  } finally {
    await http.cache.close();
    origin.server.close();
  }
}

async function fill(http: CachedAxiosInstance): Promise<void> {
  await http.get('/users/7', { cache: { tags: ['user:7'] } });
  await http.get('/orders', { params: { user: 7 }, cache: { tags: ['user:7', 'orders'] } });
  await http.get('/orders', { params: { user: 8 }, cache: { tags: ['user:8', 'orders'] } });
}

async function show(http: CachedAxiosInstance, when: string): Promise<void> {
  const found: string[] = [];
  for await (const { url, tags } of http.cache.values()) {
    const { pathname, search } = new URL(url);
    found.push(`${pathname}${search} [${tags.join(' ')}]`);
  }
  console.log(`${when}: ${found.sort().join(', ')}`);
}

async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    response.end(`${request.method} ${request.url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
