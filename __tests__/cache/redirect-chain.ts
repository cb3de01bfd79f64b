import axios from 'axios';
import axiosOld from 'axios-1.7';
import { type AxiosInstance, type CreateAxiosDefaults } from 'axios';
import { type CachedAxiosInstance, type CacheOptions, type Backend } from '../../lib/index.js';
import { Bench, BACKENDS_UNDER_TEST } from '../helpers/bench.js';
import { type Answer, OriginServer, type ReceivedRequest } from '../helpers/origin-server.js';

/** The copies of axios on which redirects are tested. */
export const COPIES = ['axios', 'axios-1.7'] as const;
export type Copy = (typeof COPIES)[number];

type Reply = string | Exclude<Answer, (...args: never[]) => void>;

/** How a path is answered: where to redirect to, or what. */
export type Route = Reply | ((request: ReceivedRequest, count: number) => Reply);

/** Two origins that answer by routes, and instances of either copy of axios with a cache. */
export class Chain {
  readonly bench: Bench;
  #other: OriginServer | undefined;

  constructor(bench: Bench) {
    this.bench = bench;
  }

  get origin(): OriginServer {
    return this.bench.origin;
  }

  /** Another origin: another port. */
  get other(): OriginServer {
    if (this.#other === undefined) throw new Error('The chain is not set up.');
    return this.#other;
  }

  async setUp(): Promise<void> {
    await this.bench.setUp();
    this.#other = await OriginServer.start();
  }

  async tearDown(): Promise<void> {
    await this.#other?.close();
    await this.bench.tearDown();
  }

  /** Answers by path. A text redirects there by a 302 that may be kept for an hour. */
  route(routes: Readonly<Record<string, Route>>, origin: OriginServer = this.origin): void {
    origin.handle((request, count) => {
      const route = routes[request.url.split('?', 1)[0] as string];
      if (route === undefined) return { status: 404, body: `nothing at ${request.url}` };
      const chosen = typeof route === 'function' ? route(request, count) : route;
      return typeof chosen === 'string' ? redirect(chosen) : chosen;
    });
  }

  /** An instance for the first origin with a cache on the bench's backend. */
  wrap(
    copy: Copy = 'axios',
    options: CacheOptions = {},
    config: CreateAxiosDefaults = {},
  ): CachedAxiosInstance {
    const { create } = (copy === 'axios' ? axios : axiosOld) as {
      create: (this: void, config: CreateAxiosDefaults) => AxiosInstance;
    };
    const instance = create({ baseURL: this.origin.url, ...config });
    return this.bench.adopt(instance, options);
  }

  get backend(): Backend {
    return this.bench.backend;
  }
}

/** A redirect that may be kept for an hour. */
export function redirect(
  location: string,
  status = 302,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): Exclude<Reply, string> {
  return { status, headers: { Location: location, 'Cache-Control': 'max-age=3600', ...headers } };
}

/** A page that may be kept for an hour. */
export function page(body: string, headers: Readonly<Record<string, string>> = {}): Exclude<Reply, string> {
  return { headers: { 'Cache-Control': 'max-age=3600', ...headers }, body };
}

/** Runs tests once for each backend, each test with two origins of its own. */
export function describeChains(title: string, tests: (chain: () => Chain) => void): void {
  describe.each(BACKENDS_UNDER_TEST)(`${title} (%s)`, (name) => {
    let chain: Chain;
    beforeEach(async () => {
      chain = new Chain(new Bench(name));
      await chain.setUp();
    });
    afterEach(() => chain.tearDown());
    tests(() => chain);
  });
}
