// Prints how many calls of each kind one request makes, for each kind of request. Argument: directory of the library.
const { countCalls, start, stop } = require('./calls.cjs');

const [directory] = process.argv.slice(2);
countCalls(directory);

const { makeSubjects } = require('./subjects.cjs');
const { startOrigin } = require('./origin.cjs');

const SMALL = 1000;
const LARGE = 32_000;
const WARM_UP = 70;
const HITS = 200;
/** With those of the warm-up fewer than there are from one look for expired records to the one after the next. */
const MISSES = 50;

async function main() {
  const origin = await startOrigin();
  const { floor, plain, cached, close } = makeSubjects(directory, origin);
  const perRequest = {};

  /** @param ask sends the request of this number */
  const measure = async (name, ask, { requests = HITS, warmUp = WARM_UP } = {}) => {
    // What others have put off until now is no part of a request.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let number = 0; number < warmUp; number++) await ask(-1 - number);
    start();
    for (let number = 0; number < requests; number++) await ask(number);
    const calls = Object.entries(stop()).map(([call, times]) => [call, times / requests]);
    perRequest[name] = Object.fromEntries(calls);
  };
  const again = (http, path, config) => () => http.get(`${origin.url}/${path}`, config);
  const each = (http, path) => (number) => http.get(`${origin.url}/${path}/${number}`);
  /** Fails where the request has reached the origin. */
  const asHit = (ask) => async (number) => {
    const { cache } = await ask(number);
    if (cache?.fromCache === false) throw new Error('It is no hit.');
  };

  await measure('axios answered at once', asHit(again(floor(), `${SMALL}/hit`)));
  await measure('axios without a cache', each(plain(), `${SMALL}/plain`), { requests: MISSES });
  for (const backend of ['memory', 'sqlite', 'filesystem']) {
    const http = cached(backend);
    const immutable = cached(backend, { immutableData: true });
    const hit = async (name, path, { by = http, ...config } = {}) => {
      await again(by, path)();
      await measure(`${backend}, ${name}`, asHit(again(by, path, config)));
    };
    await hit('repeated hit', `${SMALL}/hit`);
    await hit('repeated hit without Vary', `${SMALL}/alone`);
    await hit('repeated hit of 32 KB', `${LARGE}/hit`);
    await hit('repeated hit of 32 KB as bytes', `${LARGE}/hit`, { responseType: 'arraybuffer' });
    await hit('repeated hit of 32 KB with immutableData', `${LARGE}/hit`, { by: immutable });
    const missing = each(cached(backend), `${SMALL}/${backend}`);
    await measure(`${backend}, miss`, missing, { requests: MISSES });
    await measure(`${backend}, first hit`, asHit(missing), { requests: MISSES, warmUp: 0 });
  }
  await close();
  origin.close();
  console.log(JSON.stringify(perRequest));
}

void main();
