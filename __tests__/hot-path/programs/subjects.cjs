// What is asked: axios with a cache, without one, and the least that axios can do.
const { Agent } = require('node:http');
const { mkdtempSync, rmSync } = require('node:fs');
const { createRequire } = require('node:module');
const os = require('node:os');
const path = require('node:path');

/** @param directory of the compiled library */
function makeSubjects(directory, origin) {
  const { withCache } = require(path.join(directory, 'lib', 'index.js'));
  // The library's own copy.
  const { default: axios, AxiosHeaders } = createRequire(path.join(directory, 'lib', 'index.js'))('axios');
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'hot-path-'));
  const agent = new Agent({ keepAlive: true });
  const opened = [];

  /** axios whose adapter answers at once with the same fields and body: what a hit has beyond that is this library's. */
  const floor = () =>
    axios.create({
      adapter: async (config) => {
        const { text, fields } = origin.answerOf(Number(/^https?:\/\/[^/]+\/(\d+)/.exec(config.url)[1]));
        return {
          data: text,
          status: 200,
          statusText: 'OK',
          headers: new AxiosHeaders({ ...fields }),
          config,
          request: {},
        };
      },
    });

  const plain = () => axios.create({ httpAgent: agent });

  const cached = (backend, options = {}) => {
    const cacheName = path.join(temporary, `${backend}-${opened.length}`);
    const http = withCache(axios.create({ httpAgent: agent }), {
      cacheName,
      backend,
      expireAfter: '1d',
      ...options,
    });
    http.cache.on('backendError', ({ error }) => {
      throw error;
    });
    opened.push(http);
    return http;
  };

  const close = async () => {
    for (const { cache } of opened) await cache.close();
    agent.destroy();
    rmSync(temporary, { recursive: true, force: true });
  };
  return { floor, plain, cached, close };
}

module.exports = { makeSubjects };
