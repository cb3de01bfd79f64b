/**
 * Gives a whole program a cache by one line, without a change to the code that sends the requests: here `weatherOf`,
 * which knows of axios only, as a library that is not yours would.
 *
 *     npm run example -- global-install
 *
 * It asks an origin of its own on this machine, and leaves nothing behind.
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import {
  deleteUrls,
  disabled,
  enabled,
  getCache,
  installCache,
  uninstallCache,
} from 'axios-persistent-cache';

/** Somebody else's code. */
async function weatherOf(origin: string, city: string): Promise<string> {
  const { data } = await axios.create({ baseURL: origin }).get<{ weather: string }>(`/weather/${city}`);
  return data.weather;
}

async function main(): Promise<void> {
  const { server, url, asked } = await startOrigin();
  const report = async (what: string, task: () => Promise<unknown>): Promise<void> => {
    const before = asked();
    await task();
    console.log(`${what}: ${asked() - before} request(s) to the origin`);
  };
  const twice = async (): Promise<void> => {
    await weatherOf(url, 'Vienna');
    await weatherOf(url, 'Vienna');
  };

  try {
    await report('without a cache', twice);

    // Another backend (SQLite is the default) keeps this example from leaving a file behind.
    installCache({ backend: 'memory', expireAfter: '10m' });
    await report('installed', twice);
    await report('disabled for a function', () => disabled(twice));
    await report('another cache for a function', () => enabled({ backend: 'memory' }, twice));
    await report('installed, as before', twice);

    console.log(`${await getCache()?.count()} response(s) stored`);
    console.log(`${await deleteUrls([`${url}/weather/Vienna`])} deleted`);
    await report('after deletion', twice);

    await uninstallCache();
    await report('uninstalled', twice);
  } finally {
    await uninstallCache();
    server.close();
  }
}

async function startOrigin(): Promise<{ server: Server; url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ weather: 'sunny' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}`, asked: () => asked };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
