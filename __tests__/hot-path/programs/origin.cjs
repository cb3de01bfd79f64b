// An origin in the process that counts, which answers /<bytes>/<anything> as the origin of `bench/speed` does; without `Vary`
// where the path ends in /alone.
const { createServer } = require('node:http');
const { once } = require('node:events');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const BODIES = path.resolve(__dirname, '..', '..', '..', 'bench', 'speed', 'bodies.mjs');

/** @returns its URL, what it answers for so many bytes, and how to end it */
async function startOrigin() {
  const { fieldsOf, jsonOf } = await import(pathToFileURL(BODIES).href);
  const answers = new Map();
  const answerOf = (bytes) => {
    if (!answers.has(bytes)) {
      const body = jsonOf(bytes);
      answers.set(bytes, { body, text: body.toString('utf8'), fields: fieldsOf(body, bytes) });
    }
    return answers.get(bytes);
  };
  const server = createServer((request, response) => {
    const { body, fields } = answerOf(Number(/^\/(\d+)/.exec(request.url)[1]));
    response.sendDate = false;
    const { vary: _, ...others } = fields;
    response.writeHead(200, request.url.endsWith('/alone') ? others : fields);
    response.end(body);
  });
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, answerOf, close };
}

module.exports = { startOrigin };
