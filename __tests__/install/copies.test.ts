import { execFileSync } from 'node:child_process';
import axios, { type AxiosStatic } from 'axios';
import axiosOfOld from 'axios-1.7';
import {
  clear,
  deleteUrls,
  enabled,
  getCache,
  installCache,
  isInstalled,
  uninstallCache,
} from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { type Consumer, installPacked } from '../helpers/built-package.js';
import { createOf, expectNoTrace, traceOf } from './trace.js';

jest.setTimeout(180_000);

const OLD = axiosOfOld as unknown as AxiosStatic;

describe('two copies of axios in one process', () => {
  const bench = useBench();
  afterEach(() => Promise.all([uninstallCache(), uninstallCache(OLD)]));

  const install = (expireAfter: number, copy: AxiosStatic = axios) =>
    installCache({ expireAfter, clock: bench().clock, backend: bench().newBackend() }, copy);

  it('are two', () => {
    expect(OLD.VERSION).toMatch(/^1\.7\./);
    expect(axios.VERSION).not.toBe(OLD.VERSION);
    expect(OLD.AxiosHeaders).not.toBe(axios.AxiosHeaders);
  });

  it('have caches of their own, installed and uninstalled each by itself', async () => {
    const before = traceOf(axios);
    const beforeOld = traceOf(OLD);
    const url = `${bench().origin.url}/a`;
    install(10);
    expect('cache' in (await OLD.get(url))).toBe(false);
    install(20, OLD);
    expect([isInstalled(), isInstalled(OLD)]).toEqual([true, true]);
    const children = [axios.create(), OLD.create()] as const;
    for (const http of [axios, children[0]]) expect((await http.get(url)).cache.ttl).toBe(10);
    for (const http of [OLD, children[1]]) expect((await http.get(url)).cache.ttl).toBe(20);
    expect(bench().origin.count()).toBe(3);
    expect(await deleteUrls([url], OLD)).toBe(1);
    expect([await getCache()?.count(), await getCache(OLD)?.count()]).toEqual([1, 0]);

    await uninstallCache();
    expect([isInstalled(), isInstalled(OLD)]).toEqual([false, true]);
    expect('cache' in (await children[0].get(url))).toBe(false);
    expect((await children[1].get(url)).cache.ttl).toBe(20);
    expect((await OLD.get(url)).cache.fromCache).toBe(true);
    expectNoTrace(axios, { ...before, globals: traceOf(OLD).globals });
    await clear(OLD);
    expect(await getCache(OLD)?.count()).toBe(0);
    await uninstallCache(OLD);
    expectNoTrace(axios, before);
    expectNoTrace(OLD, beforeOld);
  });

  it('give answers and errors of their own classes', async () => {
    bench().answer(({ url }) => ({ status: url === '/404' ? 404 : 200, body: '{"a":1}' }));
    install(10);
    install(20, OLD);
    for (const copy of [axios, OLD]) {
      const http = copy.create({ baseURL: bench().origin.url });
      for (let round = 0; round < 2; round += 1) {
        const response = await http.get('/a');
        expect(response.cache.fromCache).toBe(round === 1);
        expect(response.headers).toBeInstanceOf(copy.AxiosHeaders);
        expect(await http.get('/404').catch((error: unknown) => error)).toBeInstanceOf(copy.AxiosError);
      }
    }
  });

  it('do not run interceptors that somebody gives to all that is made', async () => {
    const original = createOf(OLD);
    OLD.create = (config) => {
      const made = original(config);
      made.interceptors.request.use((sent) => {
        sent.headers.set('X-Of-What-Is-Made', 'yes');
        return sent;
      });
      return made;
    };
    try {
      install(20, OLD);
      await OLD.get(`${bench().origin.url}/a`);
      expect(bench().origin.last.headers['x-of-what-is-made']).toBeUndefined();
      await OLD.create().get(`${bench().origin.url}/b`);
      expect(bench().origin.last.headers['x-of-what-is-made']).toBe('yes');
      expect(bench().origin.count()).toBe(2);
      await uninstallCache(OLD);
    } finally {
      OLD.create = original;
    }
  });

  it('are both served by one store, where they are given one', async () => {
    const url = `${bench().origin.url}/a`;
    const shared = { backend: bench().backend, clock: bench().clock, autoclose: false };
    await enabled(shared, async () => {
      await axios.get(url);
      const response = await enabled(shared, () => OLD.get(url), OLD);
      expect(response.cache.fromCache).toBe(true);
    });
  });
});

/** Tells what it sees as JSON. */
const PROGRAM = `
import axios from 'axios';
import * as esm from 'axios-persistent-cache';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
const require = createRequire(import.meta.url);
const cjs = require('axios-persistent-cache');
const cjsAxios = require('axios');

let asked = 0;
const server = createServer((_request, response) => response.end(String(++asked)));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = 'http://127.0.0.1:' + server.address().port + '/';
const clock = { now: () => 1_800_000_000_000 };
const codeOf = (error) => error.code;
const attempt = (call) => { try { return call(); } catch (error) { return codeOf(error); } };
const globals = () => Object.getOwnPropertySymbols(globalThis).filter((name) => String(name).includes('persistent')).length;
const handlers = () => axios.interceptors.request.handlers.length;
const { create } = axios;
const seen = { copiesOfAxios: axios === cjsAxios ? 1 : 2, copiesOfTheLibrary: esm.installCache === cjs.installCache ? 1 : 2 };

const cache = esm.installCache({ clock, backend: 'memory', expireAfter: 60 });
seen.installedSeenByTheOther = [cjs.isInstalled(axios), cjs.isInstalled()];
seen.again = [attempt(() => cjs.installCache({ backend: 'memory' }, axios)), handlers()];
seen.sameCache = cjs.getCache(axios) === cache;
await axios.get(url);
seen.hit = (await axios.create().get(url)).cache.fromCache;
seen.disabledByTheOther = await cjs.disabled(async () => 'cache' in (await axios.get(url)));
seen.enabledByTheOther = await cjs.enabled({ clock, backend: 'memory', expireAfter: 5 }, async () => {
  const made = axios.create();
  const misses = [(await axios.get(url)).cache.ttl, (await made.get(url)).cache.fromCache];
  return [...misses, esm.getCache().settings.expireAfter, await esm.disabled(async () => 'cache' in (await made.get(url)))];
}, axios);
const own = cjs.withCache(axios.create(), { clock, backend: 'memory', expireAfter: 7 });
seen.wrappedByTheOther = [(await own.get(url)).cache.ttl, own.interceptors.request.handlers.length];
own.cache.detach();
seen.givesWay = (await own.get(url)).cache.fromCache;
const closing = cjs.uninstallCache(axios);
seen.uninstalledByTheOther = [esm.isInstalled(), axios.create === create, 'cache' in axios, handlers(), globals()];
await closing;
seen.closed = await cache.count().catch(codeOf);
esm.installCache({ backend: 'memory' });
cjs.installCache({ backend: 'memory' });
seen.both = [(await cjsAxios.get(url)).cache.fromCache, (await cjsAxios.get(url)).cache.fromCache];
await Promise.all([esm.uninstallCache(), cjs.uninstallCache()]);
seen.left = [globals(), handlers(), cjsAxios.interceptors.request.handlers.length];
seen.asked = asked;
console.log(JSON.stringify(seen));
server.close();
`;

describe('two copies of this library in one process, as ESM and as CommonJS', () => {
  let consumer: Consumer;
  beforeAll(() => {
    consumer = installPacked();
  });
  afterAll(() => consumer.remove());

  it('see one installation, and each can undo what the other did', () => {
    const program = consumer.file('both.mjs', PROGRAM);
    // The process has to end by itself, too.
    const output = execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 60_000 });
    expect(JSON.parse(output)).toEqual({
      copiesOfAxios: 2,
      copiesOfTheLibrary: 2,
      installedSeenByTheOther: [true, false],
      again: ['ERR_CACHE_ALREADY_WRAPPED', 1],
      sameCache: true,
      hit: true,
      disabledByTheOther: false,
      enabledByTheOther: [5, true, 5, false],
      wrappedByTheOther: [7, 2],
      givesWay: true,
      uninstalledByTheOther: [false, true, false, 0, 0],
      closed: 'ERR_CACHE_CLOSED',
      both: [false, true],
      left: [0, 0, 0],
      asked: 6,
    });
  });
});
