import axios from 'axios';
import { DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import { type CachedAxiosInstance, type CacheEvent, withCache } from '../../../lib/index.js';
import { type DynamodbOptions } from '../../../lib/storage/options/dynamodb.js';
import { systemClock, type Clock } from '../../../lib/clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { until } from '../../helpers/until.js';
import {
  describeOwnServers,
  type FaultProxy,
  type OwnDynamo,
  startDynamo,
  startFaultProxy,
} from '../../servers/index.js';
import { dynamoError, RequestProxy } from './request-proxy.js';

/** Requests whose storage has failed, through the whole library: they go on, events tell, and storage comes back. */
const PAUSE_MS = 30_000;
const STORAGE_TIMEOUT_SECONDS = 0.4;
/** What a request may take whose storage is asked twice in vain, on a machine that is busy with other things. */
const LONGEST_MS = 6000;
const EVENTS = ['backendError', 'breakerOpen', 'breakerClose', 'recordRejected'] as const;
const LARGE = 2_000_000;

/** The machine's time, and what a test adds to it: emulators and TTL go by the machine's. */
class AdvancedClock implements Clock {
  #addedMs = 0;
  now(): number {
    return systemClock.now() + this.#addedMs;
  }
  advance(ms: number): void {
    this.#addedMs += ms;
  }
}

describeOwnServers('dynamodb', (kind) => {
  let server: OwnDynamo;
  let proxy: FaultProxy;
  let origin: OriginServer;
  let clock: AdvancedClock;
  let told: CacheEvent[];
  let opened: CachedAxiosInstance[];
  /** What the origin says at present. */
  let version = 1;
  const bodyOf = (url: string, of = version): string =>
    url.startsWith('/large') ? `${url} ${of} `.padEnd(LARGE, String(of)) : `${url} ${of}`;

  beforeEach(async () => {
    version = 1;
    server = await startDynamo({ kind, persistent: true });
    proxy = await startFaultProxy(server.endpoint);
    origin = await OriginServer.start(({ url }) => ({
      headers: { 'Cache-Control': 'max-age=3600' },
      body: bodyOf(url),
    }));
    clock = new AdvancedClock();
    told = [];
    opened = [];
  });
  afterEach(async () => {
    for (const http of opened) await http.cache.close();
    await proxy.close();
    await server.stop();
    await origin.close();
  });

  function cached(
    endpoint: string,
    {
      storageTimeout = STORAGE_TIMEOUT_SECONDS,
      ...options
    }: DynamodbOptions & { storageTimeout?: number } = {},
  ): CachedAxiosInstance {
    const backend = new DynamodbBackend('cache', {
      endpoint,
      tableName: 'failing',
      ...options,
    });
    const http = withCache(axios.create({ baseURL: origin.url }), {
      backend,
      clock,
      storageTimeout,
    });
    for (const name of EVENTS) http.cache.on(name, (event) => told.push(event));
    opened.push(http);
    return http;
  }

  async function get(http: CachedAxiosInstance, url: string, wanted = bodyOf(url)) {
    const begun = performance.now();
    const { data, cache } = await http.get<string>(url);
    expect(performance.now() - begun).toBeLessThan(LONGEST_MS);
    expect(data.length).toBe(wanted.length);
    expect(data === wanted).toBe(true);
    return cache;
  }

  const kinds = (): Set<string> =>
    new Set(told.map((event) => ('lane' in event ? `${event.type} ${event.lane}` : event.type)));

  /** Until the table is there and something is stored. */
  async function warm(http: CachedAxiosInstance, url = '/kept'): Promise<void> {
    await until(async () => (await http.get<string>(url)).data === bodyOf(url) && (await isHit(http, url)));
    told.length = 0;
  }

  const isHit = async (http: CachedAxiosInstance, url: string): Promise<boolean> =>
    (await get(http, url)).fromCache;

  const FAULTS: readonly (readonly [string, () => unknown, () => unknown])[] = [
    ['is killed and started again', () => server.kill(), () => server.restart()],
    ['stops where it stands, and goes on', () => server.pause(), () => server.resume()],
    ['cannot be reached, and then can', () => (proxy.refuse(), proxy.cutAll()), () => proxy.heal()],
    ['is lost behind a network that is silent', () => proxy.freeze(), () => proxy.heal()],
  ];

  it.each(FAULTS)(
    'a server that %s: no request fails or waits, and hits come back',
    async (_, fail, heal) => {
      const http = cached(proxy.url);
      await warm(http);
      await fail();
      // A signal takes its time.
      await until(async () => !(await isHit(http, '/kept')));
      for (let index = 0; index < 7; index++) {
        expect(await get(http, '/kept')).toMatchObject({ fromCache: false, stored: false });
        expect(await get(http, `/new/${index}`)).toMatchObject({ fromCache: false, stored: false });
      }
      expect(kinds()).toEqual(new Set(['backendError', 'breakerOpen read', 'breakerOpen write']));
      // Paused: nothing is asked any more, and nothing more is told.
      const before = told.length;
      await get(http, '/kept');
      expect(told).toHaveLength(before);

      await heal();
      clock.advance(PAUSE_MS);
      await until(async () => {
        const isBack = await isHit(http, '/kept');
        if (!isBack) clock.advance(PAUSE_MS);
        return isBack;
      });
      await until(async () => {
        const isStored = (await get(http, '/after')).fromCache;
        if (!isStored) clock.advance(PAUSE_MS);
        return isStored;
      });
      expect(kinds()).toContain('breakerClose read');
      expect(kinds()).toContain('breakerClose write');
    },
  );

  /** dynalite falls over a request that breaks off. */
  const standUp = (): Promise<void> =>
    until(async () => {
      if (!server.isRunning) await server.restart();
      return fetch(server.endpoint).then(
        () => true,
        () => false,
      );
    });

  it('a write of a large body that is cut in its midst: old or new, never half', async () => {
    const http = cached(proxy.url, { storageTimeout: 10 });
    await warm(http, '/large');
    let cuts = 0;
    let storedVersion = version;
    for (const after of [1000, 300_000, 700_000, 1_300_000, 2_600_000]) {
      version += 1;
      const cut = proxy.cutAfter(after, 'toServer').then((happened) => {
        // Otherwise the write would be repeated, and succeed.
        if (happened) proxy.refuse();
        return happened;
      });
      const { data, cache } = await http.get<string>('/large', { cache: { forceRefresh: true } });
      expect(data === bodyOf('/large')).toBe(true);
      if (cache.stored) storedVersion = version;
      if (await cut) cuts += 1;
      await standUp();
      // Another process, which knows nothing of it.
      const other = cached(server.endpoint, { operationTimeout: 10_000, storageTimeout: 10 });
      const { data: found, cache: foundCache } = await other.get<string>('/large');
      expect(foundCache.fromCache).toBe(true);
      // What is not known to be stored may be: when the answer was lost.
      if (found === bodyOf('/large')) storedVersion = version;
      expect(found === bodyOf('/large', storedVersion)).toBe(true);
      await proxy.heal();
      clock.advance(PAUSE_MS);
    }
    expect(cuts).toBeGreaterThan(3);
    expect(kinds()).not.toContain('recordRejected');
  });

  it('a server that throttles everything: requests go on, and come back when it does not', async () => {
    const throttling = await RequestProxy.start(server.endpoint);
    try {
      const http = cached(throttling.endpoint);
      await warm(http);
      throttling.decide = () => dynamoError('ProvisionedThroughputExceededException');
      for (let index = 0; index < 7; index++) {
        expect(await get(http, `/new/${index}`)).toMatchObject({ fromCache: false, stored: false });
      }
      expect(kinds()).toEqual(new Set(['backendError', 'breakerOpen read', 'breakerOpen write']));
      throttling.decide = () => undefined;
      clock.advance(PAUSE_MS);
      expect(await isHit(http, '/kept')).toBe(true);
      expect(kinds()).toContain('breakerClose read');
      await http.cache.close();
    } finally {
      await throttling.close();
    }
  });

  it('1,000 identical requests at a time make one request to the origin', async () => {
    const http = cached(server.endpoint, { operationTimeout: 10_000, storageTimeout: 10 });
    await warm(http);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => http.get<string>('/same')));
    expect(new Set(answers.map(({ data }) => data))).toEqual(new Set([bodyOf('/same')]));
    expect(origin.count('/same')).toBe(1);
    expect(await isHit(http, '/same')).toBe(true);
  });
});
