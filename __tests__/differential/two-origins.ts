import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { coded, type Hop, type Resource } from './resource.js';

/** A request as an origin received it, in the very spelling. */
export interface Received {
  readonly origin: number;
  readonly method: string;
  readonly url: string;
  /** Names and values by turns. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

interface Served {
  readonly resource: Resource;
  readonly wire: ReturnType<typeof coded>;
  readonly received: Received[];
  /** Whom to tell that the origin has done all that it will do of an answer that never ends. */
  onHeld: () => void;
}

/**
 * Two real HTTP origins on the loopback interface, for redirects from one to the other. Both answer for each case what it says,
 * with nothing of the time of day in it. A case is named by the first part of the path, a hop by the second.
 */
export class TwoOrigins {
  readonly #servers: readonly Server[];
  readonly #cases = new Map<string, Served>();

  private constructor() {
    this.#servers = [0, 1].map((index) => {
      const server = createServer((incoming, response) => void this.#receive(index, incoming, response));
      // Node would close idle connections while they are being used again.
      server.keepAliveTimeout = 600_000;
      server.on('request', (_incoming, response: ServerResponse) => (response.sendDate = false));
      return server;
    });
  }

  static async start(): Promise<TwoOrigins> {
    const origins = new TwoOrigins();
    for (const server of origins.#servers) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return origins;
  }

  /** Of the first origin, or of the second. */
  host(index = 0): string {
    return `127.0.0.1:${(this.#servers[index]?.address() as AddressInfo).port}`;
  }

  /** Says what is answered below `/<name>`. */
  serve(name: string, resource: Resource): void {
    this.#cases.set(name, { resource, wire: coded(resource), received: [], onHeld: () => undefined });
  }

  forget(name: string): void {
    this.#cases.delete(name);
  }

  /** What has come for a case since this was last asked. */
  takeReceived(name: string): readonly Received[] {
    return this.#cases.get(name)?.received.splice(0) ?? [];
  }

  /** Tells when the next answer is held back. */
  onHeld(name: string, listener: () => void): void {
    const served = this.#cases.get(name);
    if (served !== undefined) served.onHeld = listener;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #receive(origin: number, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', rawHeaders } = incoming;
    const path = url.replace(/^http:\/\/[^/]*/, '').split(/[?#]/, 1)[0] ?? '';
    const [, name = '', hop = ''] = path.split('/');
    const served = this.#cases.get(name);
    // The caller may give up while it sends.
    incoming.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    served?.received.push({ origin, method, url, rawHeaders, body: Buffer.concat(chunks) });
    if (served === undefined) {
      response.writeHead(421).end('No case has this name.');
      return;
    }
    const index = /^hop(\d+)$/.exec(hop)?.[1];
    const redirect = index === undefined ? undefined : served.resource.hops[Number(index)];
    if (redirect === undefined) sendFinal(served, method, response);
    else this.#redirect(origin, name, Number(index), redirect, served.resource, response);
  }

  #redirect(
    origin: number,
    name: string,
    index: number,
    hop: Hop,
    { lines, hops }: Resource,
    response: ServerResponse,
  ): void {
    const next = index + 1 < hops.length ? `/${name}/hop${index + 1}?from=${index}` : `/${name}/final`;
    const locations: Readonly<Record<Hop['location'], string | undefined>> = {
      absolute: `http://${this.host(origin)}${next}`,
      relative: index % 2 === 0 ? next : next.replace(`/${name}/`, ''),
      'other origin': `http://${this.host(1 - origin)}${next}`,
      'without scheme': `//${this.host(origin)}${next}`,
      fragment: `${next}#part`,
      unusable: 'http://[broken',
      none: undefined,
    };
    const location = locations[hop.location];
    const cacheControl = lines.filter(([field]) => field === 'Cache-Control').flat();
    response.writeHead(hop.status, [
      ...cacheControl,
      ...(location === undefined ? [] : ['Location', location]),
      'X-Hop',
      String(index),
      'Content-Length',
      String(Buffer.byteLength(hop.body)),
    ]);
    response.end(hop.body);
  }
}

function sendFinal(served: Served, method: string, response: ServerResponse): void {
  const { resource, wire } = served;
  const { fault } = resource;
  if (fault === 'silent') return served.onHeld();
  if (fault === 'reset') return void response.socket?.destroy();
  if (fault === 'garbage') return void response.socket?.end('This is not HTTP.\r\n\r\n');
  if (resource.earlyHints) response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
  const hasBody = method !== 'HEAD' && ![204, 304].includes(resource.status);
  const headers = resource.lines.flat();
  // Even an empty body lacks something then; a client that has all would use the connection again.
  const missing = fault === 'none' || !hasBody ? 0 : 10;
  if (wire.name !== undefined) headers.push('Content-Encoding', wire.name);
  if (resource.framing === 'length' && (hasBody || method === 'HEAD'))
    headers.push('Content-Length', String(wire.bytes.length + missing));
  if (resource.framing === 'until close') {
    response.shouldKeepAlive = false;
    response.removeHeader('Transfer-Encoding');
    headers.push('Connection', 'close');
  }
  if (resource.statusText === undefined) response.writeHead(resource.status, headers);
  else response.writeHead(resource.status, resource.statusText, headers);
  if (!hasBody) return void response.end();
  if (fault === 'none') return sendWhole(wire.bytes, resource, response);
  const half = wire.bytes.subarray(0, Math.floor(wire.bytes.length / 2));
  const then = (): void => (fault === 'truncated' ? void response.socket?.destroy() : served.onHeld());
  response.flushHeaders();
  if (half.length > 0) response.write(half, then);
  else setImmediate(then);
}

function sendWhole(bytes: Buffer, { framing }: Resource, response: ServerResponse): void {
  if (framing !== 'chunked' || bytes.length < 2) return void response.end(bytes);
  const middle = Math.floor(bytes.length / 2);
  response.write(bytes.subarray(0, middle));
  response.end(bytes.subarray(middle));
}
