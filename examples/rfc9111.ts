/**
 * A private cache as RFC 9111 describes it, where the header fields of responses alone decide: prints what became of each
 * request in the words of RFC 9211, and why.
 *
 *     npm run example -- rfc9111
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios, { type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance, rfc9111, withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), { ...rfc9111, backend: 'memory' });
  try {
    // Fresh for a minute: the second time nobody is asked.
    await ask(http, '/fresh');
    await ask(http, '/fresh');
    // Has to be validated each time, which costs no body while it has not changed.
    await ask(http, '/validated');
    await ask(http, '/validated');
    // Must not be kept.
    await ask(http, '/not-kept');
    await ask(http, '/not-kept');
    // One URL, a response for each language.
    await ask(http, '/languages', { headers: { 'Accept-Language': 'en' } });
    await ask(http, '/languages', { headers: { 'Accept-Language': 'de' } });
    await ask(http, '/languages', { headers: { 'Accept-Language': 'en' } });
    // What the request itself says counts, too.
    await ask(http, '/fresh', { headers: { 'Cache-Control': 'no-cache' } });
  } finally {
    await http.cache.close();
    origin.server.close();
  }
}

async function ask(http: CachedAxiosInstance, path: string, config?: AxiosRequestConfig): Promise<void> {
  const { cache } = await http.get<string>(path, config);
  const result = cache.hit ? 'hit' : `fwd=${cache.fwd}; fwd-status=${cache.fwdStatus}`;
  const isStored = cache.stored ? '; stored' : '';
  console.log(`${path.padEnd(11)} ${`${result}${isStored}`.padEnd(41)} ${cache.reason}`);
}

async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    switch (request.url) {
      case '/fresh':
        response.setHeader('Cache-Control', 'max-age=60').setHeader('ETag', '"1"');
        break;
      case '/validated':
        response.setHeader('Cache-Control', 'no-cache').setHeader('ETag', '"1"');
        break;
      case '/languages':
        response.setHeader('Cache-Control', 'max-age=60').setHeader('Vary', 'Accept-Language');
        break;
      default:
        response.setHeader('Cache-Control', 'no-store');
    }
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else response.end('an answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
