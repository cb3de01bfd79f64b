import { type AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { useBench } from '../helpers/bench.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';
import { failureOf } from './set-up.js';

const MODULES = path.resolve(__dirname, '..', '..', 'node_modules');
const GENERATOR = path.join(MODULES, 'swagger-typescript-api', 'dist', 'cli.mjs');

const jsonOf = (schema: object): object => ({ 'application/json': { schema } });
const pet = { $ref: '#/components/schemas/Pet' };
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const DOCUMENT = {
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1' },
  components: { schemas: { Pet: { type: 'object', properties: { name: { type: 'string' } } } } },
  paths: {
    '/pets': {
      get: {
        operationId: 'listPets',
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer' } },
          { name: 'tags', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
        ],
        responses: { 200: { description: 'all', content: jsonOf({ type: 'array', items: pet }) } },
      },
      post: {
        operationId: 'createPet',
        requestBody: { content: jsonOf(pet) },
        responses: { 201: { description: 'made', content: jsonOf(pet) } },
      },
    },
    '/pets/{id}': {
      get: {
        operationId: 'getPet',
        parameters: [id],
        responses: { 200: { description: 'one', content: jsonOf(pet) } },
      },
    },
    '/pets/{id}/photo': {
      post: {
        operationId: 'setPhoto',
        parameters: [id],
        requestBody: {
          content: {
            'multipart/form-data': { schema: { type: 'object', properties: { title: { type: 'string' } } } },
          },
        },
        responses: { 204: { description: 'done' } },
      },
    },
  },
};

type Operation<Arguments extends unknown[]> = (
  ...parameters: [...Arguments, params?: AxiosRequestConfig]
) => Promise<AxiosResponse>;

/** What the generator makes of the document. */
interface Api {
  instance: AxiosInstance;
  setSecurityData(data: string | null): void;
  readonly pets: {
    readonly listPets: Operation<[query: { limit?: number; tags?: string[] }]>;
    readonly createPet: Operation<[data: { name: string }]>;
    readonly getPet: Operation<[id: string]>;
    readonly setPhoto: Operation<[id: string, data: { title: string }]>;
  };
}

type ApiConfig = AxiosRequestConfig & {
  securityWorker?: (data: string | null) => AxiosRequestConfig;
  secure?: boolean;
};
type ApiClass = new (config?: ApiConfig) => Api;

/** Generates a client from the document, as a user does, and compiles it. */
function generate(directory: string): ApiClass {
  const file = (name: string): string => path.join(directory, name);
  symlinkSync(MODULES, file('node_modules'), 'junction');
  writeFileSync(file('api.json'), JSON.stringify(DOCUMENT));
  const options = ['generate', '--axios', '-p', file('api.json'), '-o', directory, '-n', 'api.ts'];
  execFileSync(process.execPath, [GENERATOR, ...options], { stdio: 'pipe' });
  const { outputText } = ts.transpileModule(readFileSync(file('api.ts'), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
    },
  });
  writeFileSync(file('api.js'), outputText);
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require(file('api.js')) as { Api: ApiClass }).Api;
}

describe('a client generated from an OpenAPI document', () => {
  const bench = useBench();
  const directory = aTemporaryDirectory();
  let Generated: ApiClass;

  beforeAll(() => {
    Generated = generate(directory.path());
  }, 120_000);
  afterAll(() => directory.remove());

  beforeEach(() => {
    bench().answer(({ method, url, headers }, count) => ({
      status: method === 'POST' ? 201 : 200,
      headers: { 'content-type': 'application/json', etag: '"1"' },
      body: JSON.stringify({ url, for: headers['x-token'] ?? 'nobody', count }),
    }));
  });

  /** Clients can be given an instance, or have the one that they have made wrapped. */
  const WAYS: readonly [way: string, make: (config?: ApiConfig) => Api][] = [
    [
      'that is given a wrapped instance',
      (config) => Object.assign(new Generated(config), { instance: bench().wrap() }),
    ],
    [
      'whose own instance is wrapped',
      (config) => {
        const client = new Generated({ baseURL: bench().origin.url, ...config });
        bench().adopt(client.instance);
        return client;
      },
    ],
  ];

  describe.each(WAYS)('%s', (_way, make) => {
    it('asks what it asks without a cache, in all its operations', async () => {
      const ask = async ({ pets }: Api): Promise<unknown[]> => [
        (await pets.listPets({ limit: 2, tags: ['a', 'b c'] })).data,
        (await pets.getPet('7', { headers: { 'X-Mine': '1' } })).data,
        (await pets.createPet({ name: 'Rex' })).data,
        (await pets.setPhoto('7', { title: 'Rex' })).status,
      ];
      const sent = (): unknown[] =>
        bench()
          .origin.requests.splice(0)
          .map(({ method, url, headers, body }) => {
            const boundary = /boundary=(\S+)/.exec(headers['content-type'] ?? '')?.[1] ?? 'none';
            const text = JSON.stringify([method, url, headers, body.toString()]);
            return text.replaceAll(boundary, 'boundary');
          });
      bench().answer(({ url }) => ({
        headers: { 'content-type': 'application/json' },
        body: `{"url":"${url}"}`,
      }));
      const answers = await ask(new Generated({ baseURL: bench().origin.url }));
      const expected = sent();
      expect(expected).toHaveLength(4);
      expect(await ask(make())).toEqual(answers);
      expect(sent()).toEqual(expected);
    });

    it('is answered from the cache the second time', async () => {
      const { pets } = make();
      for (const fromCache of [false, true]) {
        const list = await pets.listPets({ limit: 2, tags: ['a', 'b'] });
        expect([list.data.count, list.cache.fromCache]).toEqual([1, fromCache]);
        const other = await pets.listPets({ limit: 3 });
        expect([other.data.count, other.cache.fromCache]).toEqual([2, fromCache]);
        const one = await pets.getPet('7');
        expect([one.data.url, one.cache.fromCache]).toEqual(['/pets/7', fromCache]);
      }
      expect(bench().origin.count()).toBe(3);
    });

    it('an operation that changes something makes the list be asked for anew', async () => {
      const { pets } = make();
      await pets.listPets({});
      expect((await pets.createPet({ name: 'Rex' })).status).toBe(201);
      expect((await pets.listPets({})).cache.fromCache).toBe(false);
    });

    it('users whose credentials the client itself adds are kept apart', async () => {
      const client = make({
        secure: true,
        securityWorker: (token) => ({ headers: { Authorization: `Bearer ${token}`, 'X-Token': `${token}` } }),
      });
      for (const fromCache of [false, true]) {
        for (const user of ['alice', 'bob']) {
          client.setSecurityData(user);
          const { data, cache } = await client.pets.getPet('me');
          expect([data.for, cache.fromCache]).toEqual([user, fromCache]);
        }
      }
    });

    it('takes options for the cache with each operation', async () => {
      const { pets } = make();
      await pets.getPet('7');
      expect((await pets.getPet('7', { cache: { forceRefresh: true } })).data.count).toBe(2);
      const error = await failureOf<AxiosError>(pets.getPet('8', { cache: { onlyIfCached: true } }));
      expect(error.status).toBe(504);
      expect(bench().origin.last.url).toBe('/pets/7');
    });
  });
});
