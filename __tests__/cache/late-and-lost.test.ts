import axios from 'axios';
import { initBackend, withCache } from '../../lib/index.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { ManualClock } from '../helpers/manual-clock.js';
import { OriginServer } from '../helpers/origin-server.js';

describe('invalidation along redirects', () => {
  let origin: OriginServer;

  beforeEach(async () => {
    origin = await OriginServer.start(({ method, url }) => {
      if (method === 'POST' && url === '/items') return { status: 303, headers: { Location: '/items/5' } };
      if (method === 'PUT' && url === '/old') return { status: 307, headers: { Location: '/new' } };
      return { body: `${method} ${url}` };
    });
  });
  afterEach(() => origin.close());

  it.each([
    ['POST answered 303: the Location', 'post', '/items', '/items/5', {}],
    ['POST answered 303 that is not followed', 'post', '/items', '/items/5', { maxRedirects: 0 }],
    ['PUT redirected by 307: the new target', 'put', '/old', '/new', {}],
    ['PUT redirected by 307: the first target', 'put', '/old', '/old', {}],
  ] as const)('%s', async (_what, method, target, stored, config) => {
    const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory' });
    await http.get(stored);
    expect(await http.cache.hasUrl(stored)).toBe(true);
    await http.request({ method, url: target, data: 'x', ...config }).catch(() => undefined);
    expect(await http.cache.hasUrl(stored)).toBe(false);
  });
});

describe('a refresh in the background', () => {
  it('that the origin never answers ends by the timeout of the request', async () => {
    const clock = new ManualClock();
    const origin = await OriginServer.start((_request, count) =>
      count === 1 ? { body: 'one' } : () => undefined,
    );
    const http = withCache(axios.create({ baseURL: origin.url }), {
      backend: 'memory',
      clock,
      expireAfter: 1,
      staleWhileRevalidate: true,
    });
    const failed = jest.fn();
    http.cache.on('backgroundError', failed);
    await http.get('/');
    clock.advanceSeconds(2);
    expect((await http.get('/', { timeout: 50 })).cache.stale).toBe(true);
    await http.cache.close();
    expect(failed).toHaveBeenCalledTimes(1);
    await origin.close();
  });

  it.each([401, 429, 503])('that is answered %i is not repeated on every read', async (status) => {
    const clock = new ManualClock();
    const origin = await OriginServer.start((_request, count) =>
      count === 1 ? { body: 'one' } : { status },
    );
    const http = withCache(axios.create({ baseURL: origin.url }), {
      backend: 'memory',
      clock,
      expireAfter: 1,
      staleWhileRevalidate: true,
    });
    const failed = jest.fn();
    await http.get('/');
    clock.advanceSeconds(2);
    for (let read = 0; read < 10; read++) {
      const told = new Promise<void>((resolve) => http.cache.on('backgroundError', () => resolve()));
      expect((await http.get('/')).data).toBe('one');
      if (read === 0) await told.then(failed);
    }
    expect(origin.count()).toBe(2);
    await http.cache.close();
    await origin.close();
  });
});

describe('a listener', () => {
  it('that is asynchronous and rejects disturbs nothing', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const backend = faultyBackend(initBackend('x', 'memory'), (method) => {
      if (method === 'get') throw new Error('down');
      return undefined;
    });
    const origin = await OriginServer.start();
    const http = withCache(axios.create({ baseURL: origin.url }), { backend });
    const rejecting: (event: unknown) => unknown = () => Promise.reject(new Error('mine'));
    http.cache.on('backendError', rejecting);
    expect((await http.get('/')).data).toBe('hello');
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await origin.close();
  });

  it('that nobody added is made up for by one warning', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const backend = faultyBackend(initBackend('x', 'memory'), () => {
      throw new Error('down');
    });
    const origin = await OriginServer.start();
    const http = withCache(axios.create({ baseURL: origin.url }), { backend });
    for (let turn = 0; turn < 3; turn++) expect((await http.get('/')).data).toBe('hello');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('down');
    warn.mockRestore();
    await origin.close();
  });
});
