import axios from 'axios';
import { rfc9111, withCache } from '../../lib/index.js';
import { ManualClock } from '../helpers/manual-clock.js';
import { OriginServer } from '../helpers/origin-server.js';

const PAGE = { headers: { 'Cache-Control': 'max-age=3600' }, body: 'page' };

describe('redirects on the way', () => {
  let origin: OriginServer;
  let redirectFields: Record<string, string>;

  beforeEach(async () => {
    redirectFields = {};
    origin = await OriginServer.start(({ url }) =>
      url === '/old' ? { status: 302, headers: { Location: '/new', ...redirectFields } } : PAGE,
    );
  });
  afterEach(() => origin.close());

  const wrapped = (clock: ManualClock) =>
    withCache(axios.create({ baseURL: origin.url }), { ...rfc9111, backend: 'memory', clock });

  it('bound the freshness of the response: the least fresh decides', async () => {
    redirectFields = { 'Cache-Control': 'max-age=60' };
    const clock = new ManualClock();
    const http = wrapped(clock);
    const first = await http.get('/old');
    expect(first.cache.ttl).toBe(60);
    clock.advanceSeconds(59);
    expect((await http.get('/old')).cache.hit).toBe(true);
    clock.advanceSeconds(2);
    const third = await http.get('/old');
    expect(third.cache.hit).toBe(false);
    expect(third.data).toBe('page');
    expect(origin.count('/old')).toBe(2);
  });

  it('that last longer than the response do not prolong it', async () => {
    redirectFields = { 'Cache-Control': 'max-age=7200' };
    const http = wrapped(new ManualClock());
    expect((await http.get('/old')).cache.ttl).toBe(3600);
  });

  it.each([
    ['says nothing of its lifetime', {}],
    ['says no-store', { 'Cache-Control': 'no-store' }],
  ])('keep the response from being stored when one %s', async (_what, fields) => {
    redirectFields = fields;
    const http = wrapped(new ManualClock());
    const first = await http.get('/old');
    expect(first.data).toBe('page');
    expect(first.cache.stored).toBe(false);
    expect(first.cache.reason).toContain('a redirect on the way');
    expect(await http.cache.count()).toBe(0);
    expect((await http.get('/new')).cache.stored).toBe(true);
  });

  it('count for nothing where only the user decides', async () => {
    const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory', expireAfter: 600 });
    expect((await http.get('/old')).cache.stored).toBe(true);
    expect((await http.get('/old')).cache.hit).toBe(true);
  });

  it("are shown to the caller's own beforeRedirect", async () => {
    redirectFields = { 'Cache-Control': 'max-age=60' };
    const seen: unknown[] = [];
    await wrapped(new ManualClock()).get('/old', {
      beforeRedirect: (_options, { statusCode }) => seen.push(statusCode),
    });
    expect(seen).toEqual([302]);
  });

  it('are kept apart from responses that are not followed', async () => {
    const http = withCache(axios.create({ baseURL: origin.url }), {
      backend: 'memory',
      allowableCodes: [200, 302],
    });
    const followed = await http.get('/old');
    const unfollowed = await http.get('/old', { maxRedirects: 0, validateStatus: null });
    expect([followed.status, unfollowed.status]).toEqual([200, 302]);
    expect((await http.get('/old')).status).toBe(200);
    expect((await http.get('/old', { maxRedirects: 0, validateStatus: null })).cache.hit).toBe(true);
  });
});
