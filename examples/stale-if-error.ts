/**
 * An origin that fails: while there is an answer that is not too old, callers get that one instead of the error. Also shows
 * `staleWhileRevalidate`, by which nobody waits for a slow origin.
 *
 *     npm run example -- stale-if-error
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios, { isAxiosError } from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const origin = await startOrigin();
  // A clock of its own, so that hours pass at once; leave it out.
  let now = Date.now();
  const http = withCache(axios.create({ baseURL: origin.url, timeout: 2000 }), {
    backend: 'memory',
    expireAfter: '10m',
    // Up to a day after it has become stale.
    staleIfError: '1d',
    clock: { now: () => now },
  });
  const pass = (hours: number): void => void (now += hours * 3_600_000);
  try {
    await ask(http, 'the origin works          ');
    pass(1);
    origin.fail(503);
    await ask(http, 'it answers 503            ');
    origin.fail('hang up');
    await ask(http, 'it hangs up               ');
    origin.fail(404);
    await ask(http, 'it answers 404, no failure');
    origin.fail(undefined);
    await ask(http, 'it works again            ');
    pass(48);
    origin.fail(503);
    await ask(http, '503, and two days later   ');

    origin.fail(undefined);
    await ask(http, 'it works again            ');
    pass(1);
    // At once, from storage; the origin is asked meanwhile, for the next caller.
    await ask(http, 'staleWhileRevalidate      ', true);
  } finally {
    // Waits for what is under way in the background.
    await http.cache.close();
    origin.server.close();
  }
}

async function ask(http: CachedAxiosInstance, when: string, staleWhileRevalidate = false): Promise<void> {
  try {
    const { data, cache } = await http.get<string>('/rates', { cache: { staleWhileRevalidate } });
    console.log(`${when}  ${data}  fromCache: ${cache.fromCache}  stale: ${cache.stale}`);
  } catch (error) {
    if (!isAxiosError(error)) throw error;
    console.log(`${when}  ${error.message}`);
  }
}

async function startOrigin(): Promise<{
  server: Server;
  url: string;
  fail: (how: number | 'hang up' | undefined) => void;
}> {
  let failure: number | 'hang up' | undefined;
  let answers = 0;
  const server = createServer((_request, response) => {
    if (failure === 'hang up') response.destroy();
    else if (failure !== undefined) response.writeHead(failure).end();
    else response.end(`answer ${++answers}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, fail: (how) => (failure = how) };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
