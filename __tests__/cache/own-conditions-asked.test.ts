import { type CacheOptions, type CachedAxiosInstance, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Answer } from '../helpers/origin-server.js';

const LM = 'Thu, 01 Jan 2026 00:00:00 GMT';
const LATER = 'Fri, 02 Jan 2026 00:00:00 GMT';

const MODES: readonly [string, CacheOptions][] = [
  ['with cacheControl', { ...rfc9111 }],
  ['without', { expireAfter: 10 }],
];
const tagged = (etag: string, body: string): Answer => ({
  headers: { etag, 'cache-control': 'max-age=10', 'x-body': body },
  body,
});
const own = (tag: string) => ({ headers: { 'If-None-Match': tag } });

describe.each(BACKENDS_UNDER_TEST)(
  'a condition of the caller’s own, where the origin is asked (%s)',
  (name) => {
    const bench = useBench(name);

    describe.each(MODES)('%s', (_mode, options) => {
      const wrap = (more: CacheOptions = {}): CachedAxiosInstance =>
        bench().wrap({ ...options, ...more }, { validateStatus: null });

      /** Has `"v"` stored, 11 s old and stale. */
      async function withStale(more: CacheOptions = {}): Promise<CachedAxiosInstance> {
        bench().answer(() => tagged('"v"', 'stored'));
        const http = wrap(more);
        await http.get('/a');
        bench().pass(11);
        return http;
      }

      it.each<[title: string, tag: string, sent: string]>([
        ['another tag', '"mine"', '"v", "mine"'],
        ['several', 'W/"x","y"', '"v", W/"x", "y"'],
        ['the stored one', '"v"', '"v"'],
        ['the stored one among others', '"x", "v"', '"v", "x"'],
      ])('the origin is told both tags: %s', async (_title, tag, sent) => {
        const http = await withStale();
        await http.get('/a', own(tag));
        expect(bench().origin.last.headers['if-none-match']).toBe(sent);
      });

      it('a 304 for the stored tag renews that, and the caller’s condition is judged by it', async () => {
        const http = await withStale();
        bench().answer(() => ({ status: 304, headers: { etag: '"v"', 'x-n': '2' } }));
        const other = await http.get('/a', own('"mine"'));
        expect(other).toMatchObject({ status: 200, data: 'stored', headers: { 'x-n': '2' } });
        expect(other.cache).toMatchObject({
          fromCache: true,
          revalidated: true,
          stored: true,
          fwdStatus: 304,
          hit: false,
        });
        bench().pass(11);
        const same = await http.get('/a', own('W/"v"'));
        expect(same).toMatchObject({ status: 304, data: '', headers: { 'x-n': '2', etag: '"v"' } });
        expect(same.cache).toMatchObject({
          fromCache: true,
          revalidated: true,
          stored: true,
          fwdStatus: 304,
        });
        expect(await http.get('/a')).toMatchObject({
          status: 200,
          data: 'stored',
          cache: { hit: true, ttl: 10 },
        });
        expect(bench().origin.count()).toBe(3);
      });

      it('a 304 for the caller’s own tag is the caller’s, and changes nothing that is stored', async () => {
        const http = await withStale();
        bench().answer(() => ({
          status: 304,
          headers: { etag: '"mine"', 'x-n': '2', 'cache-control': 'max-age=99' },
        }));
        const answered = await http.get('/a', own('"mine"'));
        expect(answered).toMatchObject({ status: 304, headers: { etag: '"mine"' }, data: '' });
        expect(answered.cache).toMatchObject({
          fromCache: false,
          revalidated: false,
          stored: false,
          fwdStatus: 304,
        });
        expect(bench().origin.count()).toBe(2);
        const kept = await http.cache.get({ url: '/a' });
        expect([kept?.headers['etag'], kept?.headers['x-n'], kept?.isExpired]).toEqual([
          '"v"',
          undefined,
          true,
        ]);
        expect(await kept?.text()).toBe('stored');
        bench().answer(() => ({ status: 304, headers: { etag: '"v"' } }));
        expect(await http.get('/a')).toMatchObject({ data: 'stored', cache: { revalidated: true } });
        expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
      });

      it('a 304 without a tag may mean either: the origin is asked again by the caller’s own alone', async () => {
        const http = await withStale();
        bench().answer(({ headers }) =>
          headers['if-none-match'] === '"mine"' ? tagged('"new"', 'new') : { status: 304 },
        );
        const answered = await http.get('/a', own('"mine"'));
        expect(answered).toMatchObject({
          status: 200,
          data: 'new',
          cache: { fromCache: false, stored: true },
        });
        expect(bench().origin.count()).toBe(3);
        expect(await http.get('/a')).toMatchObject({ data: 'new', cache: { hit: true } });
      });

      it('a 304 without a tag to that, too, is the caller’s', async () => {
        const http = await withStale();
        bench().answer(() => ({ status: 304 }));
        const answered = await http.get('/a', own('"mine"'));
        expect([answered.status, answered.cache.fromCache, answered.cache.stored]).toEqual([
          304,
          false,
          false,
        ]);
        expect(bench().origin.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
          undefined,
          '"v", "mine"',
          '"mine"',
        ]);
        expect(await http.cache.count()).toBe(1);
      });

      it('a 304 under a tag that nobody knows is asked about again', async () => {
        const http = await withStale();
        bench().answer(({ headers }) =>
          headers['if-none-match'] === '"mine"'
            ? tagged('"w"', 'new')
            : { status: 304, headers: { etag: '"v-gzip"' } },
        );
        expect(await http.get('/a', own('"mine"'))).toMatchObject({ data: 'new', cache: { stored: true } });
        expect(bench().origin.count()).toBe(3);
      });

      it('a 200 is stored, and given as it is', async () => {
        const http = await withStale();
        bench().answer(() => tagged('"new"', 'new'));
        expect(await http.get('/a', own('"new"'))).toMatchObject({
          status: 200,
          data: 'new',
          cache: { fromCache: false, stored: true, fwd: 'stale' },
        });
        expect(await http.get('/a', own('"new"'))).toMatchObject({ status: 304, cache: { hit: true } });
        expect(await http.cache.count()).toBe(1);
      });

      it.each<[title: string, tag: string, validators: Record<string, string>]>([
        ['*', '*', { etag: '"v"' }],
        ['a tag, where only a date is stored', '"mine"', { 'last-modified': LM }],
        ['a tag, where nothing is stored to ask by', '"mine"', {}],
      ])('goes along unchanged where the cache cannot ask beside it: %s', async (_title, tag, validators) => {
        const more: CacheOptions = { staleIfError: true };
        bench().answer(() => ({ headers: { 'cache-control': 'max-age=10', ...validators }, body: 'stored' }));
        const http = wrap(more);
        await http.get('/a');
        bench().pass(11);
        bench().answer(() => ({ status: 304, headers: { 'x-n': '2' } }));
        const answered = await http.get('/a', own(tag));
        expect([answered.status, answered.cache.fromCache, answered.cache.stored]).toEqual([
          304,
          false,
          false,
        ]);
        expect(bench().origin.last.headers['if-none-match']).toBe(tag);
        expect(bench().origin.last.headers['if-modified-since']).toBeUndefined();
        expect(bench().origin.count()).toBe(2);
        bench().answer(() => tagged('"new"', 'new'));
        expect((await http.get('/a', own(tag))).cache.stored).toBe(true);
        expect(await http.get('/a')).toMatchObject({ data: 'new', cache: { hit: true } });
      });

      it('a date of the caller’s gives way to the stored one, and is judged afterwards', async () => {
        bench().answer(() => ({
          headers: { 'last-modified': LATER, 'cache-control': 'max-age=10' },
          body: 'stored',
        }));
        const http = wrap();
        await http.get('/a');
        bench().answer(({ headers }) =>
          headers['if-modified-since'] === LATER ? { status: 304 } : { body: 'not to be asked so' },
        );
        for (const [since, status] of [
          [LM, 200],
          [LATER, 304],
        ] as const) {
          bench().pass(11);
          const answered = await http.get('/a', { headers: { 'If-Modified-Since': since } });
          expect([answered.status, answered.cache.revalidated]).toEqual([status, true]);
        }
        expect(bench().origin.count()).toBe(3);
      });

      it('a date of the caller’s went along beside a stored tag: a 304 without a tag may mean either', async () => {
        const http = await withStale();
        bench().answer(({ headers }) =>
          headers['if-none-match'] ? { status: 304 } : tagged('"new"', 'new'),
        );
        const answered = await http.get('/a', { headers: { 'If-Modified-Since': LM } });
        expect(answered).toMatchObject({ data: 'new', cache: { fromCache: false, stored: true } });
        expect(bench().origin.last.headers['if-modified-since']).toBe(LM);
      });
    });
  },
);
