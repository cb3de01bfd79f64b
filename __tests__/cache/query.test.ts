import { type CachedAxiosInstance, rfc9111 } from '../../lib/index.js';
import { judgeRequest } from '../../lib/policy/request-verdict.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { get, rfcSettings, settings } from '../policy/fixtures.js';

describe('QUERY by the policy (draft-ietf-httpbis-safe-method-w-body)', () => {
  it('is read and written where allowableMethods has it, as rfc9111 does', () => {
    const allowableMethods = new Set<string>(rfc9111.allowableMethods);
    expect(allowableMethods).toEqual(new Set(['GET', 'HEAD', 'QUERY']));
    const verdict = judgeRequest(get({}, 'QUERY'), rfcSettings({ allowableMethods }));
    expect(verdict).toMatchObject({ mayRead: true, mayWrite: true });
    expect(judgeRequest(get({}, 'QUERY'), settings())).toMatchObject({ mayRead: false, fwd: 'method' });
  });
});

describe.each(BACKENDS_UNDER_TEST)('QUERY is cached by its body (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer(({ method, body, headers }, count) => ({
      status: headers['if-none-match'] === '"v"' ? 304 : 200,
      headers: { 'cache-control': 'max-age=60', etag: '"v"' },
      body: `${method} ${body.toString()} ${count}`,
    }));
  });
  const query = (http: CachedAxiosInstance, data: unknown, url = '/a') =>
    http.request<string>({ method: 'QUERY', url, data });

  it('the same query is answered from storage, another is not', async () => {
    const http = bench().wrap({ ...rfc9111 });
    expect(await query(http, { q: 1, r: 2 })).toMatchObject({
      data: 'QUERY {"q":1,"r":2} 1',
      cache: { stored: true },
    });
    expect(await query(http, { r: 2, q: 1 })).toMatchObject({
      data: 'QUERY {"q":1,"r":2} 1',
      cache: { hit: true },
    });
    expect((await query(http, { q: 2, r: 2 })).data).toBe('QUERY {"q":2,"r":2} 2');
    expect((await query(http, { q: 1, r: 2 }, '/b')).cache.hit).toBe(false);
    expect(bench().origin.count()).toBe(3);
  });

  it('neither answers a GET nor is answered by one, and ends nothing', async () => {
    const http = bench().wrap({ ...rfc9111 });
    await query(http, 'x');
    expect((await http.get<string>('/a')).data).toBe('GET  2');
    expect((await http.head('/a')).cache.hit).toBe(true);
    expect((await query(http, 'x')).cache.hit).toBe(true);
    expect((await http.get('/a')).cache.hit).toBe(true);
    expect((await query(http, undefined)).cache.hit).toBe(false);
    expect(bench().origin.count()).toBe(3);
  });

  it('is validated with its body when it is stale', async () => {
    const http = bench().wrap({ ...rfc9111 });
    await query(http, 'x');
    bench().pass(61);
    expect(await query(http, 'x')).toMatchObject({ data: 'QUERY x 1', cache: { revalidated: true } });
    expect(bench().origin.last).toMatchObject({ method: 'QUERY', headers: { 'if-none-match': '"v"' } });
    expect(bench().origin.last.body.toString()).toBe('x');
  });

  it('an unsafe request to the URL ends it', async () => {
    const http = bench().wrap({ ...rfc9111 });
    await query(http, 'x');
    await http.put('/a', 'y');
    expect((await query(http, 'x')).cache.hit).toBe(false);
  });

  it('passes by default', async () => {
    const http = bench().wrap();
    await http.get('/a');
    expect((await query(http, 'x')).cache).toMatchObject({ stored: false, fwd: 'method' });
    expect((await http.get('/a')).cache.hit).toBe(true);
  });
});
