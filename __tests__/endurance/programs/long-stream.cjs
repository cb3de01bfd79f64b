// Streams a long body through an instance with a small limit; prints how much memory that took at most.
// Arguments: directory of the library, adapter, bytes of the body, limit of an entry.
const { createServer } = require('node:http');
const { once } = require('node:events');
const { load } = require('./library.cjs');

const [directory, adapter, length, limit] = process.argv.slice(2);
const { axios, withCache } = load(directory);

async function main() {
  const piece = Buffer.alloc(64 * 1024, 'x');
  const server = createServer((_request, response) => {
    // Without a Content-Length: that it is too long is found out on the way.
    let left = Number(length);
    const more = () => {
      while (left > 0) {
        const next = left < piece.length ? piece.subarray(0, left) : piece;
        left -= next.length;
        if (!response.write(next)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = withCache(axios.create({ baseURL: `http://127.0.0.1:${server.address().port}`, adapter }), {
    backend: 'memory',
    maxEntryBytes: Number(limit),
  });
  const held = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  // Buffers that are garbage are given back beside the collection, not within it.
  const collect = async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      global.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await collect();
  const before = held();
  const response = await http.get('/', { responseType: 'stream' });
  let received = 0;
  let checked = 0;
  let most = 0;
  for await (const chunk of response.data) {
    received += chunk.length;
    // Now and then, what is really held: garbage that has not been collected yet is not memory that is needed.
    if (received - checked > 4_000_000) {
      checked = received;
      await collect();
      most = Math.max(most, held() - before);
    }
  }
  const { stored } = response.cache;
  const entries = await http.cache.count();
  await http.cache.close();
  server.close();
  server.closeAllConnections();
  console.log(JSON.stringify({ received, most, stored, entries }));
}

main();
