/**
 * Asks for one URL twice through an axios instance that has a cache, and prints what each answer cost.
 *
 *     npm run quickstart                              # against a slow origin of its own
 *     npm run quickstart -- https://example.com/      # against a URL of yours
 *
 * Run it again: the first answer then comes from the file already.
 */
import { createServer, type Server } from 'node:http';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

/** Stays the same from run to run, so that what one run stores the next one finds. */
const DEFAULT_PORT = 45_071;
const ORIGIN_TAKES_MS = 400;

async function main(): Promise<void> {
  const given = process.argv[2];
  const http = withCache(axios.create(), {
    cacheName: process.env['QUICKSTART_CACHE'] ?? 'quickstart_cache',
    expireAfter: '10m',
  });
  // Requests never fail because storage does; listen, if you want to know.
  http.cache.on('backendError', ({ error }) => console.error(error.message));
  const origin = given === undefined ? await startOrigin() : undefined;
  const url = given ?? origin?.url ?? '';
  try {
    console.log(`GET ${url}`);
    await ask(http, url, 'first ');
    await ask(http, url, 'second');
    console.log(`${await http.cache.count()} response(s) stored, ${await http.cache.size()} bytes.`);
  } finally {
    await http.cache.close();
    origin?.server.close();
  }
}

async function ask(http: CachedAxiosInstance, url: string, which: string): Promise<void> {
  const start = performance.now();
  const { status, cache } = await http.get<unknown>(url);
  const tookMs = performance.now() - start;
  const expires = cache.expiresAt?.toISOString() ?? 'never';
  console.log(
    `${which}  ${status}  ${tookMs.toFixed(1).padStart(6)} ms  fromCache: ${cache.fromCache}  expires: ${expires}`,
  );
}

/** A JSON endpoint that takes its time, as the APIs do that are worth a cache. */
async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => {
    setTimeout(() => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ users: ['Ada', 'Grace', 'Edsger'], servedAt: new Date().toISOString() }));
    }, ORIGIN_TAKES_MS);
  });
  const port = Number(process.env['QUICKSTART_PORT'] ?? DEFAULT_PORT);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, url: `http://127.0.0.1:${port}/users` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
