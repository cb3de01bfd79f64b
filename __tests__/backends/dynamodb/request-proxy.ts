import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A request to DynamoDB as it went by. */
export interface SeenRequest {
  /** `Query`, `PutItem`. */
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An answer in place of that of the server. */
export interface OtherAnswer {
  readonly status: number;
  readonly body: object;
}

/** What happens to a request: nothing, another answer, `cut` (the connection breaks, unsent), or `lost` (the answer breaks off). */
export type Fate = OtherAnswer | 'cut' | 'lost' | undefined;

/**
 * Stands between the SDK and a server of DynamoDB, and sees what is asked. Emulators never throttle: tests let this do it.
 */
export class RequestProxy {
  readonly seen: SeenRequest[] = [];
  /** Decides what happens to each request. May wait. */
  decide: (request: SeenRequest) => Fate | Promise<Fate> = () => undefined;
  readonly #target: URL;
  readonly #server = createServer((incoming, response) => void this.#pass(incoming, response));

  private constructor(endpoint: string) {
    this.#target = new URL(endpoint);
  }

  static async start(endpoint: string): Promise<RequestProxy> {
    const proxy = new RequestProxy(endpoint);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The commands that go by while a function runs. */
  async during(run: () => unknown): Promise<readonly string[]> {
    const before = this.seen.length;
    await run();
    return this.seen.slice(before).map(({ command }) => command);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const [, command = ''] = String(incoming.headers['x-amz-target']).split('.');
    const request = { command, input: JSON.parse(body.toString()) as SeenRequest['input'] };
    this.seen.push(request);
    const fate = await this.decide(request);
    if (fate === 'cut') return void incoming.socket.destroy();
    if (typeof fate === 'object') return void answer(response, fate);
    this.#forward(incoming, body, (status, headers, bytes) => {
      if (fate === 'lost') return void incoming.socket.destroy();
      response.writeHead(status, headers);
      response.end(bytes);
    });
  }

  #forward(
    incoming: IncomingMessage,
    body: Buffer,
    done: (status: number, headers: IncomingMessage['headers'], body: Buffer) => void,
  ): void {
    const { hostname, port } = this.#target;
    const options = { hostname, port, method: 'POST', path: '/', headers: incoming.headers };
    const forwarded = sendRequest(options, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => done(reply.statusCode ?? 500, reply.headers, Buffer.concat(chunks)));
      reply.on('error', () => incoming.socket.destroy());
    });
    forwarded.on('error', () => incoming.socket.destroy());
    forwarded.end(body);
  }
}

function answer(response: ServerResponse, { status, body }: OtherAnswer): void {
  response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

/** An error as DynamoDB answers it. */
export function dynamoError(name: string, status = 400): OtherAnswer {
  return {
    status,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `${name} by a test` },
  };
}
