import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A request as the origin received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** How to answer: a status, header fields, a body; or a function that writes the answer itself. */
export type Answer =
  | {
      readonly status?: number;
      readonly statusText?: string;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly body?: string | Uint8Array;
    }
  | ((request: ReceivedRequest, response: ServerResponse) => void);

/** Chooses the answer to a request; `count` is how many requests this path (without its query) has had, this one included. */
export type Handler = (request: ReceivedRequest, count: number) => Answer | Promise<Answer>;

/** A real HTTP origin on the loopback interface, which remembers every request. */
export class OriginServer {
  readonly requests: ReceivedRequest[] = [];
  #handler: Handler;
  readonly #server: Server;

  private constructor(handler: Handler) {
    this.#handler = handler;
    this.#server = createServer((incoming, response) => void this.#receive(incoming, response));
    // The `Date` field would carry the machine's clock into tests that have a clock of their own.
    this.#server.on('request', (_incoming, response: ServerResponse) => (response.sendDate = false));
  }

  static async start(handler: Handler = () => ({ body: 'hello' })): Promise<OriginServer> {
    const origin = new OriginServer(handler);
    await new Promise<void>((resolve) => origin.#server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many requests it has had, of one path or of all. */
  count(path?: string): number {
    return path === undefined
      ? this.requests.length
      : this.requests.filter((request) => pathOf(request.url) === path).length;
  }

  get last(): ReceivedRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('The origin has had no request.');
    return last;
  }

  /** Answers differently from now on. */
  handle(handler: Handler): void {
    this.#handler = handler;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    };
    this.requests.push(request);
    const answer = await this.#handler(request, this.count(pathOf(request.url)));
    if (typeof answer === 'function') {
      answer(request, response);
      return;
    }
    const { status = 200, statusText, headers = {}, body = '' } = answer;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (statusText === undefined) response.writeHead(status);
    else response.writeHead(status, statusText);
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
