import 'reflect-metadata';
import { HttpModule, HttpService } from '@nestjs/axios';
import axios, { type AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { Readable } from 'node:stream';
import { firstValueFrom, forkJoin, type Observable, retry } from 'rxjs';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { until } from '../helpers/until.js';
import { failureOf } from './set-up.js';

const json = { 'content-type': 'application/json' };

describe.each(['around a wrapped instance', 'whose axiosRef is wrapped'])(
  'HttpService of NestJS, %s',
  (way) => {
    const bench = useBench();

    const serviceOf = (): { service: HttpService; http: CachedAxiosInstance } => {
      if (way === 'around a wrapped instance') {
        const http = bench().wrap();
        return { service: new HttpService(http), http };
      }
      const service = new HttpService(bench().plain());
      return { service, http: bench().adopt(service.axiosRef) };
    };

    beforeEach(() => {
      bench().answer(({ method, url, body }, count) => ({
        headers: json,
        body: JSON.stringify({ method, url, body: body.toString(), count }),
      }));
    });

    it('gives what it gives without a cache, on a miss and on a hit', async () => {
      const plain = await firstValueFrom(
        new HttpService(bench().plain()).get('/a', { params: { q: 'x y' } }),
      );
      const [sent] = bench().origin.requests.splice(0);
      const { service } = serviceOf();
      const ask = (): Promise<AxiosResponse<{ count: number }>> =>
        firstValueFrom(service.get<{ count: number }>('/a', { params: { q: 'x y' } }));
      const [miss, hit] = [await ask(), await ask()];
      expect(bench().origin.requests).toEqual([sent]);
      for (const { status, statusText, data, headers } of [miss, hit]) {
        expect({ status, statusText, data }).toEqual({
          status: plain.status,
          statusText: plain.statusText,
          data: plain.data,
        });
        expect(headers['content-type']).toBe('application/json');
      }
      expect([miss.cache.fromCache, hit.cache.fromCache]).toEqual([false, true]);
    });

    it('axiosRef is the instance with its cache', async () => {
      const { service, http } = serviceOf();
      expect(service.axiosRef).toBe(http);
      await firstValueFrom(service.get('/a'));
      expect((await service.axiosRef.get('/a')).cache.fromCache).toBe(true);
      expect(await (service.axiosRef as CachedAxiosInstance).cache.hasUrl('/a')).toBe(true);
    });

    it('asks nothing before somebody subscribes, and anew for each that does', async () => {
      const { service } = serviceOf();
      const cold: Observable<AxiosResponse> = service.get('/a');
      expect(bench().origin.count()).toBe(0);
      expect((await firstValueFrom(cold)).cache.fromCache).toBe(false);
      expect((await firstValueFrom(cold)).cache.fromCache).toBe(true);
    });

    it('every method reaches the origin as without a cache', async () => {
      const { service } = serviceOf();
      const plain = new HttpService(bench().plain());
      const data = { n: 1 };
      const ask = (by: HttpService): Observable<AxiosResponse>[] => [
        by.request({ url: '/a', method: 'OPTIONS' }),
        by.delete('/a'),
        by.head('/a'),
        by.post('/a', data),
        by.put('/a', data),
        by.patch('/a', data),
        by.postForm('/a', data),
      ];
      const withoutBoundary = () =>
        bench()
          .origin.requests.splice(0)
          .map(({ method, url, headers, body }) => {
            const boundary = /boundary=(\S+)/.exec(headers['content-type'] ?? '')?.[1] ?? 'none';
            return [method, url, headers['accept'], body.toString().replaceAll(boundary, 'boundary')];
          });
      for (const each of ask(plain)) await firstValueFrom(each);
      const expected = withoutBoundary();
      for (const each of ask(service)) await firstValueFrom(each);
      expect(withoutBoundary()).toEqual(expected);
      expect(expected).toHaveLength(7);
    });

    it('an unsafe request invalidates what is stored', async () => {
      const { service } = serviceOf();
      await firstValueFrom(service.get('/a'));
      await firstValueFrom(service.put('/a', { n: 1 }));
      expect((await firstValueFrom(service.get('/a'))).cache.fromCache).toBe(false);
    });

    it('unsubscribing aborts the request, and nothing is stored', async () => {
      let closed = 0;
      bench().answer((_request, count) =>
        count > 1 ? { body: 'second' } : (_received, response) => response.on('close', () => (closed += 1)),
      );
      const { service, http } = serviceOf();
      const seen: unknown[] = [];
      const subscription = service.get('/a').subscribe({
        next: (response) => seen.push(response),
        error: (error) => seen.push(error),
      });
      await until(() => bench().origin.count() === 1);
      subscription.unsubscribe();
      await until(() => closed === 1);
      expect(seen).toEqual([]);
      expect(await http.cache.count()).toBe(0);
      expect((await firstValueFrom(service.get('/a'))).data).toBe('second');
    });

    it('unsubscribing after the answer changes nothing', async () => {
      const { service, http } = serviceOf();
      const subscription = service.get('/a').subscribe();
      await until(() => subscription.closed);
      subscription.unsubscribe();
      expect(await http.cache.count()).toBe(1);
    });

    it('operators work as on any observable: retry, and several at once', async () => {
      bench().answer(({ url }, count) =>
        url === '/a' && count < 3 ? { status: 503 } : { headers: json, body: JSON.stringify({ url, count }) },
      );
      const { service } = serviceOf();
      const [a, b] = await firstValueFrom(forkJoin([service.get('/a').pipe(retry(2)), service.get('/b')]));
      expect([a.data, b.data]).toEqual([
        { url: '/a', count: 3 },
        { url: '/b', count: 1 },
      ]);
      expect((await firstValueFrom(service.get('/a'))).cache.fromCache).toBe(true);
    });

    it('an error is an AxiosError with its response', async () => {
      bench().answer(() => ({ status: 404, headers: json, body: '{"sorry":true}' }));
      const { service } = serviceOf();
      const error = await failureOf<AxiosError>(firstValueFrom(service.get('/a')));
      expect(error).toBeInstanceOf(axios.AxiosError);
      expect([error.status, error.response?.data]).toEqual([404, { sorry: true }]);
      expect(error.response?.cache.fromCache).toBe(false);
    });

    it('a stream can be read to its end, every time', async () => {
      bench().answer((_request, count) => ({ body: `answer ${count}`.padEnd(100_000, '.') }));
      const { service } = serviceOf();
      for (let turn = 0; turn < 3; turn += 1) {
        const { data } = await firstValueFrom(service.get<Readable>('/a', { responseType: 'stream' }));
        expect(data).toBeInstanceOf(Readable);
        let length = 0;
        for await (const chunk of data) length += (chunk as Buffer).length;
        expect(length).toBe(100_000);
      }
    });

    it('options for the cache pass through', async () => {
      const { service } = serviceOf();
      await firstValueFrom(service.get('/a'));
      expect((await firstValueFrom(service.get('/a', { cache: false }))).cache.fromCache).toBe(false);
      const missing = await failureOf<AxiosError>(
        firstValueFrom(service.get('/b', { cache: { onlyIfCached: true } })),
      );
      expect(missing.status).toBe(504);
      expect(bench().origin.count('/b')).toBe(0);
    });
  },
);

describe('instances that NestJS itself has made', () => {
  const bench = useBench();

  it('HttpModule.register: the instance that it provides can be wrapped', async () => {
    const { providers = [] } = HttpModule.register({
      baseURL: bench().origin.url,
      headers: { 'X-Mine': '1' },
    });
    const made = providers.map((provider) => (provider as { useValue?: unknown }).useValue);
    const service = new HttpService(made.find((value) => typeof value === 'function') as AxiosInstance);
    bench().adopt(service.axiosRef);
    await firstValueFrom(service.get('/a'));
    expect((await firstValueFrom(service.get('/a'))).cache.fromCache).toBe(true);
    expect(bench().origin.requests.map(({ headers }) => headers['x-mine'])).toEqual(['1']);
  });

  it('without HttpModule.register it is axios itself, which is as before when the cache is detached', async () => {
    const service = new HttpService();
    const http = bench().adopt(service.axiosRef);
    const url = `${bench().origin.url}/a`;
    try {
      await firstValueFrom(service.get(url));
      expect((await axios.get(url)).cache.fromCache).toBe(true);
    } finally {
      await http.cache.close();
      http.cache.detach();
    }
    expect((await firstValueFrom(service.get(url))).cache).toBeUndefined();
    expect(bench().origin.count()).toBe(2);
  });
});
