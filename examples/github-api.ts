/**
 * An API like GitHub's, with ETags and a limit of requests, of which 304s are free: prints what each answer has left of the
 * limit, and whether its body came over the wire.
 *
 *     npm run example -- github-api
 *
 * It asks an origin of its own. For GitHub itself, use its `baseURL` and a token: users with other tokens share nothing.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

interface Repository {
  readonly name: string;
  readonly stars: number;
}

async function main(): Promise<void> {
  const api = await startApi();
  const http = withCache(
    axios.create({
      baseURL: api.url,
      headers: { Authorization: 'Bearer of-somebody', Accept: 'application/vnd.github+json' },
    }),
    {
      backend: 'memory',
      // GitHub says `max-age=60`: within a minute it is not asked at all.
      cacheControl: true,
      staleIfError: true,
    },
  );
  try {
    await ask(http, 'first         ');
    await ask(http, 'within max-age');
    // Now up to date for sure: asks by `If-None-Match`.
    await ask(http, 'validated     ', { refresh: true });
    await ask(http, 'validated     ', { refresh: true });
    api.change();
    await ask(http, 'changed       ', { refresh: true });
    await ask(http, 'validated     ', { refresh: true });
  } finally {
    await http.cache.close();
    api.server.close();
  }
}

async function ask(
  http: CachedAxiosInstance,
  when: string,
  cache: { refresh?: boolean } = {},
): Promise<void> {
  const response = await http.get<Repository>('/repos/axios/axios', { cache });
  const { fwdStatus, fromCache } = response.cache;
  const answered = fwdStatus === undefined ? 'nobody asked' : `origin: ${fwdStatus}   `;
  const left = String(response.headers['x-ratelimit-remaining']);
  console.log(
    `${when}  ${answered}  ${response.data.stars} stars  body from cache: ${fromCache}  requests left: ${left}`,
  );
}

/** Counts as GitHub does: a 304 costs nothing. */
async function startApi(): Promise<{ server: Server; url: string; change: () => void }> {
  let remaining = 60;
  let stars = 100;
  const server = createServer((request, response) => {
    const body = JSON.stringify({ name: 'axios', stars });
    const etag = `W/"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    if (!isKnown) remaining -= 1;
    response.setHeader('Cache-Control', 'private, max-age=60, s-maxage=60');
    response.setHeader('Vary', 'Accept, Authorization');
    response.setHeader('ETag', etag);
    response.setHeader('X-RateLimit-Limit', '60').setHeader('X-RateLimit-Remaining', String(remaining));
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    if (isKnown) response.writeHead(304).end();
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, change: () => (stars += 1) };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
