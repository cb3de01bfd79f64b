// The origin of the measurements, in a process of its own. It answers
//   /<bytes>/<anything>        with JSON of that size, fresh for a year,
//   /<bytes>/stale/<anything>  with the same, stale at once, so that a cache has to validate it,
//   /counts                    with how many whole answers and how many 304 it has given,
// and with 304 where it is asked for what the caller has. Prints its port, and ends with the process that started it.
import { createServer } from 'node:http';
import { answerOf } from './bodies.mjs';

const counts = { full: 0, notModified: 0 };

const server = createServer((request, response) => {
  const [, bytes, stale] = /^\/(\d+)\/(stale\/)?/.exec(request.url ?? '') ?? [];
  if (bytes === undefined) {
    response.end(JSON.stringify(counts));
    return;
  }
  const answer = answerOf(Number(bytes));
  const fields = stale === undefined ? answer.fields : answer.fieldsOfStale;
  // As the fields of the floor: what a Date costs is not what is measured.
  response.sendDate = false;
  if (request.headers['if-none-match'] === fields.etag) {
    counts.notModified += 1;
    response.writeHead(304, {
      etag: fields.etag,
      'cache-control': fields['cache-control'],
      date: fields.date,
    });
    response.end();
    return;
  }
  counts.full += 1;
  response.writeHead(200, fields);
  response.end(answer.body);
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
process.stdin.resume();
process.stdin.on('end', () => process.exit());
