// Many requests over few URLs; prints the heap in use after some and after all of them.
// Arguments: directory of the library, backend, requests of the first part, requests in all.
const { createServer } = require('node:http');
const { once } = require('node:events');
const { load } = require('./library.cjs');

const [directory, backend, firstPart, all] = process.argv.slice(2);
const { axios, withCache } = load(directory);
const URLS = 1000;
const AT_ONCE = 20;

async function main() {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ url: request.url, text: 'x'.repeat(500) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseURL = `http://127.0.0.1:${server.address().port}`;
  const instance = axios.create({ baseURL });
  const http = withCache(
    instance,
    backend === 'sqlite' ? { backend: { name: 'sqlite', useMemory: true } } : { backend: 'memory' },
  );
  const abort = new AbortController();
  let sent = 0;
  let reachedOrigin = 0;

  const one = async (index) => {
    const url = `/${index % URLS}`;
    // Most are hits; some reach the origin again, are streamed, are given up, or have a signal that lives long.
    const kind = (index + Math.floor(index / URLS) * 7) % 200;
    if (kind === 1) {
      const { data } = await http.get(url, { responseType: 'stream', signal: abort.signal });
      for await (const chunk of data) if (chunk.length === 0) throw new Error('empty');
      return;
    }
    if (kind === 2) {
      const controller = new AbortController();
      const given = http.get(url, { signal: controller.signal, cache: { forceRefresh: true } });
      controller.abort();
      await given.catch(() => undefined);
      return;
    }
    const config =
      kind === 3 ? { cache: { forceRefresh: true } } : kind === 4 ? { signal: abort.signal } : {};
    const { data, cache } = await http.get(url, config);
    if (data.url !== url) throw new Error(`${data.url} in place of ${url}`);
    if (!cache.fromCache) reachedOrigin += 1;
  };
  const upTo = async (count) => {
    while (sent < count) {
      const batch = [];
      for (let number = 0; number < AT_ONCE && sent < count; number += 1) batch.push(one(sent++));
      await Promise.all(batch);
    }
  };
  const heapUsed = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      global.gc();
    }
    return process.memoryUsage().heapUsed;
  };
  // With all that is kept of what was read of late: SQLite's is thrown away when records past retention are deleted, once a
  // minute, and a heap that was measured just after that is two megabytes smaller.
  const heapInUse = async () => {
    const measured = [];
    for (let turn = 0; turn < 2; turn += 1) {
      for (let index = 0; index < URLS; index += 1) await http.get(`/${index}`);
      measured.push(await heapUsed());
    }
    return Math.max(...measured);
  };
  await upTo(Number(firstPart));
  const early = await heapInUse();
  await upTo(Number(all));
  const late = await heapInUse();
  const entries = await http.cache.count();
  await http.cache.close();
  server.close();
  server.closeAllConnections();
  console.log(JSON.stringify({ early, late, sent, reachedOrigin, entries }));
}

main();
