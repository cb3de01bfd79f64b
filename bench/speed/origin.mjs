// The origin of the measurements, in a process of its own. It answers /<bytes>/<anything> with JSON of that size, and with 304
// where it is asked for what the caller has. Prints its port, and ends with the process that started it.
import { createServer } from 'node:http';
import { fieldsOf, jsonOf } from './bodies.mjs';

const answers = new Map();

function answerOf(bytes) {
  let answer = answers.get(bytes);
  if (answer === undefined) {
    const body = jsonOf(bytes);
    answer = { body, fields: fieldsOf(body, bytes) };
    answers.set(bytes, answer);
  }
  return answer;
}

const server = createServer((request, response) => {
  const { body, fields } = answerOf(Number(/^\/(\d+)/.exec(request.url ?? '')?.[1] ?? 1000));
  response.sendDate = false;
  if (request.headers['if-none-match'] === fields.etag) {
    response.writeHead(304, { etag: fields.etag, 'cache-control': fields['cache-control'] });
    response.end();
    return;
  }
  response.writeHead(200, fields);
  response.end(body);
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
process.stdin.resume();
process.stdin.on('end', () => process.exit());
