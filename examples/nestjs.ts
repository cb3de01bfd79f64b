/**
 * NestJS: an `HttpService` whose requests are cached, as a provider that any service can be given. Prints what a service
 * gets, and how often the API was asked.
 *
 *     npm run example -- nestjs
 *
 * In an application `NestFactory` (of `@nestjs/core`) makes the providers and calls the hooks; here that is done by hand, so
 * that this runs with `@nestjs/common` and `@nestjs/axios` only.
 */
import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { HttpService } from '@nestjs/axios';
import { type FactoryProvider, Module, type OnApplicationShutdown } from '@nestjs/common';
import axios from 'axios';
import { firstValueFrom } from 'rxjs';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

/** One of your services: it knows of HttpService only. */
class UserService {
  constructor(private readonly http: HttpService) {}

  async nameOf(id: number): Promise<string> {
    const { data } = await firstValueFrom(this.http.get<{ name: string }>(`/users/${id}`));
    return data.name;
  }

  /** Options of one request are in its config, as without NestJS. */
  async freshNameOf(id: number): Promise<string> {
    const { data } = await firstValueFrom(
      this.http.get<{ name: string }>(`/users/${id}`, { cache: { forceRefresh: true } }),
    );
    return data.name;
  }
}

/** Provides a cached HttpService, and closes its cache with the application. */
class CachedHttpService extends HttpService implements OnApplicationShutdown {
  constructor(private readonly cached: CachedAxiosInstance) {
    super(cached);
  }

  onApplicationShutdown(): Promise<void> {
    return this.cached.cache.close();
  }
}

const httpProvider: FactoryProvider<CachedHttpService> = {
  provide: HttpService,
  useFactory: () =>
    new CachedHttpService(
      withCache(axios.create({ baseURL: process.env['API_URL'] ?? '' }), {
        backend: 'memory',
        expireAfter: '10m',
      }),
    ),
};

const userProvider: FactoryProvider<UserService> = {
  provide: UserService,
  inject: [HttpService],
  useFactory: (http: HttpService) => new UserService(http),
};

/** With `HttpModule` instead: `withCache(this.http.axiosRef, …)` in the `onModuleInit` of whoever imports it. */
@Module({ providers: [httpProvider, userProvider], exports: [UserService] })
class UserModule {}

async function main(): Promise<void> {
  const api = await startApi();
  process.env['API_URL'] = api.url;
  // What `NestFactory.createApplicationContext(UserModule)` and `app.get(UserService)` would do.
  const providers = Reflect.getMetadata('providers', UserModule) as [
    typeof httpProvider,
    typeof userProvider,
  ];
  const http = await providers[0].useFactory();
  const users = await providers[1].useFactory(http);
  try {
    console.log(`${await users.nameOf(7)}, asked: ${api.asked()}`);
    console.log(`${await users.nameOf(7)}, asked: ${api.asked()}`);
    console.log(`${await users.freshNameOf(7)}, asked: ${api.asked()}`);
  } finally {
    await http.onApplicationShutdown();
    api.server.close();
  }
}

async function startApi(): Promise<{ server: Server; url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ name: `Ada ${request.url?.split('/').pop()}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, asked: () => asked };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
