/**
 * A back end in front of a slow API, with what it has got in Redis, so that all its processes share it: prints how its own
 * clients are served. Where Redis is away, clients are served as without a cache.
 *
 *     npm run example -- express                                    # a Redis at its standard port, 6379
 *     REDIS_URL=redis://127.0.0.1:6380 npm run example -- express   # one elsewhere
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios, { isAxiosError } from 'axios';
import express, { type NextFunction, type Request, type Response } from 'express';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

const API_TAKES_MS = 150;

interface Weather {
  readonly city: string;
  readonly celsius: number;
}

/** The back end. All that it needs of the cache is an axios instance that has one. */
function createApp(api: CachedAxiosInstance): express.Express {
  const app = express();

  app.get('/weather/:city', async (request: Request, response: Response) => {
    // Whoever asks: what one user may see another does not get, as their credentials are part of the key.
    const { authorization } = request.headers;
    const { data, cache } = await api.get<Weather>(
      `/v1/weather/${encodeURIComponent(String(request.params['city']))}`,
      {
        headers: authorization === undefined ? {} : { Authorization: authorization },
      },
    );
    response.setHeader(
      'X-Cache',
      cache.hit ? 'HIT' : cache.collapsed ? 'SHARED' : cache.stale ? 'STALE' : 'MISS',
    );
    response.json(data);
  });

  app.delete('/weather/:city', async (request: Request, response: Response) => {
    const deleted = await api.cache.deleteUrl(
      `/v1/weather/${encodeURIComponent(String(request.params['city']))}`,
    );
    response.json({ deleted });
  });

  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = isAxiosError(error) ? 502 : 500;
    response.status(status).json({ error: error instanceof Error ? error.message : 'unknown' });
  });
  return app;
}

async function main(): Promise<void> {
  const upstream = await startApi();
  const url = process.env['REDIS_URL'];
  const api = withCache(axios.create({ baseURL: upstream.url, timeout: 5000 }), {
    cacheName: process.env['EXAMPLE_NAMESPACE'] ?? `example-express-${process.pid}`,
    backend: url === undefined ? 'redis' : { name: 'redis', url, commandTimeout: 20_000 },
    expireAfter: '1m',
    staleIfError: '1h',
    storageTimeout: '20s',
  });
  api.cache.on('backendError', ({ error }) => console.error(error.message));
  const server = createApp(api).listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const client = axios.create({ baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const ask = async (who: string, headers: Record<string, string> = {}): Promise<void> => {
    const start = performance.now();
    const response = await client.get<Weather>('/weather/Vienna', { headers });
    const speed = performance.now() - start < API_TAKES_MS ? 'at once' : 'slowly ';
    console.log(`${who}  ${speed}  ${response.data.celsius} °C  ${String(response.headers['x-cache'])}`);
  };
  try {
    await ask('first client  ');
    await ask('second client ');
    await ask('somebody      ', { Authorization: 'Bearer somebody' });
    await ask('somebody else ', { Authorization: 'Bearer somebody-else' });
    await ask('somebody again', { Authorization: 'Bearer somebody' });
    const { data } = await client.delete<{ deleted: number }>('/weather/Vienna');
    console.log(`${data.deleted} deleted`);
    const before = upstream.asked();
    await Promise.all(Array.from({ length: 20 }, () => client.get('/weather/Vienna')));
    console.log(`20 clients at the same time: ${upstream.asked() - before} request(s) to the API`);
  } finally {
    // Leaves nothing behind; a real one would not do that.
    await api.cache.clear().catch(() => undefined);
    await api.cache.close();
    server.close();
    upstream.server.close();
  }
}

async function startApi(): Promise<{ server: Server; url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const body = JSON.stringify({ city: request.url?.split('/').pop(), celsius: 20 + asked });
    setTimeout(() => response.setHeader('Content-Type', 'application/json').end(body), API_TAKES_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, asked: () => asked };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
