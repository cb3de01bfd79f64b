/**
 * Moves what one cache has stored into another backend, written by another serializer, and shows how far it is.
 *
 *     npm run example -- migrate
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import {
  type CachedAxiosInstance,
  gzip,
  SerializerPipeline,
  v8Serializer,
  withCache,
} from 'axios-persistent-cache';
import { Presets, SingleBar } from 'cli-progress';

const RESPONSES = 300;

async function main(): Promise<void> {
  const directory = process.env['EXAMPLE_DIRECTORY'] ?? 'example_migration';
  const origin = await startOrigin();
  const before = withCache(axios.create({ baseURL: origin.url }), { cacheName: `${directory}/before` });
  const after = withCache(axios.create({ baseURL: origin.url }), {
    cacheName: `${directory}/after`,
    backend: 'filesystem',
    serializer: new SerializerPipeline([v8Serializer, gzip()]),
  });
  try {
    for (let number = 1; number <= RESPONSES; number++) await before.get(`/items/${number}`);
    console.log(`${await before.cache.count()} responses in sqlite, ${await before.cache.size()} bytes`);

    // Shows nothing where standard error is no terminal.
    const bar = new SingleBar({ format: '{bar} {value}/{total} responses' }, Presets.shades_classic);
    bar.start(await before.cache.count(), 0);
    const copied = await after.cache.update(before.cache, {
      onProgress: (done, total) => {
        bar.setTotal(total);
        bar.update(done);
      },
    });
    bar.stop();
    console.log(`${copied} copied; in filesystem ${await after.cache.size()} bytes`);
    // Only where the settings on which keys depend (ignoredParameters, matchHeaders, keyFn …) differ:
    // await after.cache.recreateKeys();

    await ask(after, '/items/1');
    await ask(after, `/items/${RESPONSES}`);
  } finally {
    await before.cache.close();
    await after.cache.close();
    origin.server.close();
  }
}

async function ask(http: CachedAxiosInstance, path: string): Promise<void> {
  const { data, cache } = await http.get<{ name: string }>(path);
  console.log(`${path}  ${data.name}  fromCache: ${cache.fromCache}`);
}

async function startOrigin(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ name: `that of ${request.url}`, description: 'many words '.repeat(200) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
