/**
 * A program that used axios-cache-interceptor, changed step by step: the old lines stand above the new ones. The guide
 * (guides/from-axios-cache-interceptor.md) has all names.
 *
 *     npm run example -- migrate-from-axios-cache-interceptor
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios, { type AxiosResponse } from 'axios';
import { withCache } from 'axios-persistent-cache';

interface Profile {
  readonly name: string;
  readonly version: number;
}

async function main(): Promise<void> {
  const origin = await startOrigin();

  // const http = setupCache(axios.create({ baseURL }), { ttl: 1000 * 60 * 5, interpretHeader: true, staleIfError: true });
  const http = withCache(axios.create({ baseURL: origin.url }), {
    backend: 'memory', // without it: a file, which is there again after a restart
    expireAfter: '5m',
    cacheControl: true,
    staleIfError: true,
  });

  const report = (what: string, { data, cache }: AxiosResponse<Profile>): void =>
    console.log(`${what}: version ${data.version}, fromCache: ${cache.fromCache}`);

  try {
    // const { cached, id } = await http.get('/profile');
    report('first', await http.get<Profile>('/profile'));
    report('again', await http.get<Profile>('/profile'));

    // await http.get('/profile', { cache: { ttl: 1000 * 60 } });            // milliseconds
    report('other', await http.get<Profile>('/profile?full=1', { cache: { expireAfter: 60 } })); // seconds

    // await http.get('/profile', { cache: { override: true } });
    report('forced', await http.get<Profile>('/profile', { cache: { forceRefresh: true } }));

    // await http.get('/profile', { id: 'my-profile' });
    report('by a key', await http.get<Profile>('/profile', { cache: { key: 'my-profile' } }));

    // await http.storage.remove('my-profile');
    console.log(`deleted: ${await http.cache.delete({ keys: ['my-profile'] })}`);

    // await http.put('/profile', {}, { cache: { update: { [profileId]: 'delete' } } });
    await http.put('/profile', {}); // what its own URL has stored goes by itself
    report('after a change', await http.get<Profile>('/profile'));

    // With axios-cache-interceptor 1.12 all three get what is for Ada: credentials are no part of its key.
    for (const user of ['Ada', 'Grace', 'Ada']) {
      const { data, cache } = await http.get<Profile>('/me', {
        headers: { Authorization: `Bearer ${user}` },
      });
      console.log(`${user} gets what is for ${data.name}, fromCache: ${cache.fromCache}`);
    }
  } finally {
    await http.cache.close();
    origin.server.close();
  }
}

async function startOrigin(): Promise<{ server: Server; url: string }> {
  let version = 0;
  const server = createServer((request, response) => {
    const name = (request.headers.authorization ?? 'nobody').replace('Bearer ', '');
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ name, version: ++version }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
