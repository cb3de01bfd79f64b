// An origin whose answers are held back until somebody lets them go, in whatever order.
const { createServer } = require('node:http');
const { once } = require('node:events');
const { gzipSync } = require('node:zlib');
const { randomOf } = require('../library.cjs');

/** Answers by which a caller may get an error of the network. */
exports.BROKEN = new Set(['truncated', 'reset before', 'reset after', 'never']);

/** More than this is never stored. */
exports.MAX_ENTRY_BYTES = 20_000;

class MoodyOrigin {
  /** Every body that was sent, by its version: a number that no other has. */
  sent = new Map();
  /** Every request, in the order in which they came. */
  exchanges = [];
  /** Whether everything is answered at once, and well. */
  isCalm = false;
  #resources = new Map();
  #held = [];
  #server = createServer((request, response) => this.#receive(request, response));

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Forgets what was, and serves other resources. @param seed the same answers for the same requests */
  serve(resources, seed) {
    this.#resources = new Map(resources.map((resource) => [resource.path, { ...resource, count: 0 }]));
    this.#held = [];
    this.exchanges = [];
    this.sent = new Map();
    this.isCalm = false;
    this.seed = seed;
  }

  get held() {
    return this.#held.filter(({ isClosed }) => !isClosed);
  }

  /** Requests that have no whole answer yet, and whose client still waits for one. */
  get open() {
    return this.exchanges.filter(({ isClosed }) => !isClosed);
  }

  /** Lets one answer go, or its next piece. */
  release(exchange) {
    this.#held = this.#held.filter((other) => other !== exchange);
    const { done } = exchange.steps.next();
    if (!done && !exchange.isClosed) this.#held.push(exchange);
  }

  /** From now on nothing is held; what would never be answered breaks off. */
  calmDown() {
    this.isCalm = true;
    for (const exchange of this.exchanges) {
      if (exchange.kind === 'never') exchange.response.destroy();
    }
    while (this.held.length > 0) this.release(this.held[0]);
  }

  #receive(request, response) {
    const { pathname } = new URL(request.url, 'http://localhost');
    const isMoved = pathname.endsWith('/moved');
    const resource = this.#resources.get(isMoved ? pathname.slice(0, -'/moved'.length) : pathname);
    const exchange = { path: pathname, method: request.method, request, response, isClosed: false };
    exchange.caller = request.headers['x-caller'];
    exchange.askedAt = performance.now();
    exchange.resource = resource;
    if (resource === undefined) return void response.destroy();
    this.exchanges.push(exchange);
    response.on('close', () => (exchange.isClosed = true));
    response.sendDate = false;
    resource.count += 1;
    exchange.random = randomOf(this.seed * 7919 + resource.count * 31 + resource.path.length);
    if (request.method === 'POST') return void response.end('{}');
    const isAtOnce = this.isCalm || isMoved;
    exchange.kind = isAtOnce ? resource.calmKind : exchange.random.oneOf(resource.kinds);
    exchange.steps = this.#answer(exchange);
    if (!isAtOnce) return void this.#held.push(exchange);
    while (!exchange.steps.next().done);
  }

  /** Writes an answer, pausing where the rest comes later. */
  *#answer(exchange) {
    const { kind, request, response, resource } = exchange;
    if (kind === 'never') return;
    if (kind === 'reset before') return void response.destroy();
    if (kind === 'redirect') {
      response.writeHead(302, { location: `${exchange.path}/moved` });
      return void response.end();
    }
    const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=60' };
    if (kind === 'no-store') headers['cache-control'] = 'no-store';
    if (kind === 'max-age=0') headers['cache-control'] = 'max-age=0';
    if (resource.varies) headers.vary = 'X-Variant';
    if (kind === 'etag') {
      const tag = `"${this.#userOf(exchange)} ${this.#variantOf(exchange)}"`;
      headers.etag = tag;
      if ((request.headers['if-none-match'] ?? '').includes(tag)) {
        response.writeHead(304, headers);
        return void response.end();
      }
    }
    const status = typeof kind === 'number' ? kind : 200;
    const body = Buffer.from(this.#body(exchange, status));
    if (kind === 'gzip') return void this.#end(response, status, gzipped(headers), gzipSync(body));
    const isInPieces =
      ['slow', 'truncated', 'reset after'].includes(kind) || (kind === 'long' && body.length % 2);
    if (!isInPieces) return void this.#end(response, status, headers, body);
    if (kind === 'truncated' || exchange.random.chance(0.5)) headers['content-length'] = String(body.length);
    response.writeHead(status, headers);
    const third = Math.ceil(body.length / 3);
    response.write(body.subarray(0, third));
    yield;
    if (kind === 'reset after') return void response.destroy();
    response.write(body.subarray(third, 2 * third));
    yield;
    if (kind === 'truncated') response.socket?.end();
    else response.end(body.subarray(2 * third));
  }

  #end(response, status, headers, body) {
    response.writeHead(status, { ...headers, 'content-length': String(body.length) });
    response.end(response.req.method === 'HEAD' ? undefined : body);
  }

  #body(exchange, status) {
    const { kind, path, random, caller, askedAt } = exchange;
    const version = this.sent.size + 1;
    const fill = 'x'.repeat(kind === 'long' ? LONG_BYTES + version : random.oneOf([0, 10, 4000]));
    const user = this.#userOf(exchange);
    const variant = this.#variantOf(exchange);
    const text = JSON.stringify({ url: path, user, variant, version, fill });
    this.sent.set(version, { text, path, user, variant, status, kind, caller, askedAt });
    return text;
  }

  #userOf({ request }) {
    return request.headers.authorization ?? 'nobody';
  }

  #variantOf({ request, resource }) {
    return resource.varies ? (request.headers['x-variant'] ?? 'none') : 'any';
  }
}

const LONG_BYTES = 3 * exports.MAX_ENTRY_BYTES;

function gzipped(headers) {
  return { ...headers, 'content-encoding': 'gzip' };
}

exports.MoodyOrigin = MoodyOrigin;
