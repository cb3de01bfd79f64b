/**
 * Lifetimes by URL: prints until when each answer may be used, and which pattern gave it that time.
 *
 *     npm run example -- url-patterns
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { DO_NOT_CACHE, NEVER_EXPIRE, type UrlPatterns, withCache } from 'axios-persistent-cache';

/** The first that matches counts. Globs have no scheme, match as prefixes, and `*` crosses slashes. */
const PATTERNS: UrlPatterns = [
  ['*/static', NEVER_EXPIRE],
  ['*/users/*/session', DO_NOT_CACHE],
  ['*/users', '1h'],
  // Of the whole URL, with its query.
  [/[?&]page=\d+/, '1d'],
];

async function main(): Promise<void> {
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), {
    backend: 'memory',
    urlsExpireAfter: PATTERNS,
    // Of what no pattern matches.
    expireAfter: '5m',
  });
  try {
    for (const path of [
      '/static/logo.svg',
      '/users',
      '/users/7/session',
      '/search?page=2',
      '/search?q=axios',
    ]) {
      const { cache } = await http.get<string>(path);
      const fresh = cache.ttl === undefined ? 'for ever' : `for ${Math.round(cache.ttl / 60)} minutes`;
      console.log(`${path.padEnd(17)} ${cache.stored ? fresh : 'not stored'}`);
    }
    // For one request; it wins over all patterns.
    const { cache } = await http.get<string>('/users/8', { cache: { expireAfter: 60 } });
    console.log(`/users/8          for ${Math.round(cache.ttl ?? 0)} seconds`);
  } finally {
    await http.cache.close();
    origin.server.close();
  }
}

async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => response.end('an answer'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
