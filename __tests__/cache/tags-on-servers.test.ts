import axios from 'axios';
import { type BackendSpec, type CachedAxiosInstance, withCache } from '../../lib/index.js';
import { OriginServer } from '../helpers/origin-server.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';
import { describeServers } from '../servers/index.js';
import { SUBJECTS } from './collapsing-on-servers.js';

jest.setTimeout(60_000);

/** Each way by which tags lead to a deletion, once on every backend. */
async function exercise(backend: BackendSpec, cacheName = 'tags'): Promise<void> {
  const origin = await OriginServer.start(({ url, headers }) =>
    headers['if-none-match'] === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: url },
  );
  const http: CachedAxiosInstance = withCache(axios.create({ baseURL: origin.url }), {
    backend,
    cacheName,
    storageTimeout: '30s',
  });
  const failures: unknown[] = [];
  http.cache.on('backendError', ({ error }) => failures.push(error));
  try {
    const ask = (url: string, ...tags: string[]): Promise<unknown> => http.get(url, { cache: { tags } });
    await ask('/a', 'user:7');
    await ask('/b', 'user:7', 'user:8');
    await ask('/c', 'user:9');
    await http.get('/d');
    expect(await http.cache.deleteTag('user:7')).toBe(2);
    expect(await http.cache.deleteTag('user:8')).toBe(0);
    // A confirmation adds a tag.
    await http.get('/c', { cache: { refresh: true, tags: ['user:10'] } });
    await http.post('/x', {}, { cache: { invalidates: ['user:10'] } });
    expect(await http.cache.count()).toBe(1);
    await ask('/e', 'user:11');
    await http.get('/e', { cache: { forceRefresh: true } });
    expect(await http.cache.deleteTag('user:11')).toBe(0);
    await http.post('/x', {}, { cache: { invalidates: { urls: ['/e*'] } } });
    const left: string[] = [];
    for await (const { url } of http.cache.values()) left.push(url);
    expect(left).toEqual([`${origin.url}/d`]);
    expect(failures).toEqual([]);
  } finally {
    await http.cache.clear();
    await http.cache.close();
    await origin.close();
  }
}

describe.each(['memory', 'sqlite', 'filesystem'] as const)('tags (%s)', (name) => {
  it('lead to what is to be deleted', async () => {
    const directory = aTemporaryDirectory();
    try {
      await exercise(name, directory.path('store'));
    } finally {
      directory.remove();
    }
  });

  it('do so, too, where another serializer writes the records', async () => {
    const directory = aTemporaryDirectory();
    try {
      await exercise({ name, serializer: 'v8' } as BackendSpec, directory.path('store'));
    } finally {
      directory.remove();
    }
  });
});

describe.each(SUBJECTS)('tags ($name)', ({ family, spec }) => {
  describeServers(family, (server) => {
    it('lead to what is to be deleted', () => exercise(spec(server())));
  });
});
