import { type AxiosError, type AxiosRequestConfig } from 'axios';
import { type CacheOptions, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

const LM = 'Thu, 01 Jan 2026 00:00:00 GMT';
const BEFORE = 'Wed, 31 Dec 2025 23:59:59 GMT';
const AFTER = 'Thu, 01 Jan 2026 00:00:01 GMT';

const WHOLE = {
  headers: {
    etag: '"v"',
    'last-modified': LM,
    'cache-control': 'max-age=60',
    'content-type': 'application/json',
    'content-language': 'en',
    'content-location': '/a',
    vary: 'X-Mode',
    'x-app': '1',
  },
  body: '{"n":1}',
};
/** The same, as the origin itself would confirm it. */
const CONFIRMED = {
  status: 304,
  headers: {
    etag: '"v"',
    'cache-control': 'max-age=60',
    'content-location': '/a',
    vary: 'X-Mode',
    'x-app': '1',
  },
};

const MODES: readonly [string, CacheOptions][] = [
  ['with cacheControl', { ...rfc9111 }],
  ['without', { expireAfter: 60 }],
];

describe.each(BACKENDS_UNDER_TEST)(
  'a condition of the caller’s own, while what is stored is fresh (%s)',
  (name) => {
    const bench = useBench(name);

    beforeEach(() => bench().answer(() => WHOLE));

    describe.each(MODES)('%s', (_mode, options) => {
      it.each<[title: string, headers: Record<string, string>]>([
        ['the tag', { 'If-None-Match': '"v"' }],
        ['the tag, weak', { 'If-None-Match': 'W/"v"' }],
        ['one of a list', { 'If-None-Match': '"x", W/"v" , "y"' }],
        ['any', { 'If-None-Match': '*' }],
        ['the tag without quotes', { 'If-None-Match': 'v' }],
        ['the tag, whatever the date', { 'If-None-Match': '"v"', 'If-Modified-Since': BEFORE }],
        ['the date', { 'If-Modified-Since': LM }],
        ['a later date', { 'If-Modified-Since': AFTER }],
        ['the date in an old form', { 'If-Modified-Since': 'Thursday, 01-Jan-26 00:00:00 GMT' }],
      ])('304: %s', async (_title, headers) => {
        const http = bench().wrap(options, { validateStatus: null });
        await http.get('/a');
        bench().pass(10);
        const own = await http.get('/a', { headers });
        expect(own).toMatchObject({ status: 304, statusText: 'Not Modified', data: '' });
        const { age, ...fields } = own.headers;
        expect({ ...fields }).toEqual(CONFIRMED.headers);
        expect(age).toBe(options.cacheControl === true ? '10' : undefined);
        expect(own.cache).toMatchObject({
          fromCache: true,
          hit: true,
          revalidated: false,
          stale: false,
          stored: false,
          fwd: undefined,
          fwdStatus: undefined,
        });
        expect(own.cache.ttl).toBe(50);
        expect(bench().origin.count()).toBe(1);
        expect(await http.get('/a')).toMatchObject({ status: 200, data: { n: 1 }, cache: { hit: true } });
      });

      it.each<[title: string, headers: Record<string, string>]>([
        ['another tag', { 'If-None-Match': '"x"' }],
        ['none of a list', { 'If-None-Match': '"x", "V", "v "' }],
        ['a star in quotes', { 'If-None-Match': '"*"' }],
        ['an empty field', { 'If-None-Match': '' }],
        ['a quote never closed', { 'If-None-Match': '"v' }],
        ['an older date', { 'If-Modified-Since': BEFORE }],
        ['no date', { 'If-Modified-Since': 'yesterday' }],
        ['two dates', { 'If-Modified-Since': `${LM}, ${LM}` }],
        ['another tag, whatever the date', { 'If-None-Match': '"x"', 'If-Modified-Since': AFTER }],
      ])('200: %s', async (_title, headers) => {
        const http = bench().wrap(options);
        await http.get('/a');
        const own = await http.get('/a', { headers });
        expect(own).toMatchObject({ status: 200, statusText: 'OK', data: { n: 1 }, cache: { hit: true } });
        const { age: _age, ...fields } = own.headers;
        expect({ ...fields }).toEqual(WHOLE.headers);
        expect(bench().origin.count()).toBe(1);
      });
    });

    it.each<[title: string, config: AxiosRequestConfig]>([
      ['as it is', {}],
      ['json', { responseType: 'json' }],
      ['text', { responseType: 'text' }],
      ['arraybuffer', { responseType: 'arraybuffer' }],
      ['a transformResponse', { transformResponse: (data: unknown) => `[${String(data)}]` }],
      ['another adapter', { adapter: 'fetch', transformResponse: [] }],
      ['another adapter, for bytes', { adapter: 'fetch', responseType: 'arraybuffer' }],
    ])('the 304 is what bare axios would have got from the origin: %s', async (_title, config) => {
      const own: AxiosRequestConfig = { ...config, headers: { 'If-None-Match': '"v"' } };
      const http = bench().wrap();
      await http.get('/a');
      const cached = (await http.get('/a', own).catch((reason: unknown) => reason)) as AxiosError;
      expect(bench().origin.count()).toBe(1);
      bench().answer(() => CONFIRMED);
      const bare = (await bench()
        .plain()
        .get('/a', own)
        .catch((reason: unknown) => reason)) as AxiosError;
      expect(bare.response?.status).toBe(304);
      const told = ({ name: title, code, message, status, response }: AxiosError) => ({
        title,
        code,
        message,
        status,
        data: response?.data,
        statusText: response?.statusText,
      });
      expect(told(cached)).toEqual(told(bare));
      expect(Object.prototype.toString.call(cached.response?.data)).toBe(
        Object.prototype.toString.call(bare.response?.data),
      );
      expect(cached.config).toBe(cached.response?.config);
      expect(cached.response?.cache).toMatchObject({ fromCache: true, hit: true });
    });

    it('validateStatus judges the 304', async () => {
      const http = bench().wrap();
      await http.get('/a');
      const headers = { 'If-None-Match': '"v"' };
      await expect(http.get('/a', { headers })).rejects.toMatchObject({ isAxiosError: true, status: 304 });
      for (const validateStatus of [null, (status: number) => status === 304]) {
        expect((await http.get('/a', { headers, validateStatus })).status).toBe(304);
      }
      expect(bench().origin.count()).toBe(1);
    });

    it('a date is held against the Date where there is no Last-Modified', async () => {
      const seconds = (offset: number) => new Date(bench().clock.now() + offset * 1000).toUTCString();
      const generated = seconds(-5);
      bench().answer(() => ({ headers: { date: generated }, body: 'x' }));
      const http = bench().wrap({}, { validateStatus: null });
      await http.get('/a');
      const since = async (date: string) =>
        (await http.get('/a', { headers: { 'If-Modified-Since': date } })).status;
      expect([await since(seconds(-6)), await since(generated), await since(seconds(0))]).toEqual([
        200, 304, 304,
      ]);
    });

    it('says nothing of a stored answer without content of its own', async () => {
      bench().answer(() => ({ status: 404, headers: { etag: '"v"' }, body: 'gone' }));
      const http = bench().wrap({ allowableCodes: [200, 404] }, { validateStatus: null });
      await http.get('/a');
      const own = await http.get('/a', { headers: { 'If-None-Match': '"v"' } });
      expect([own.status, own.data, own.cache.hit]).toEqual([404, 'gone', true]);
    });

    it('of another user’s tag is no use: users are kept apart', async () => {
      const http = bench().wrap({}, { validateStatus: null });
      await http.get('/a', { headers: { Authorization: 'Bearer alice' } });
      const bob = await http.get('/a', { headers: { Authorization: 'Bearer bob', 'If-None-Match': '*' } });
      expect([bob.status, bob.cache.fromCache]).toEqual([200, false]);
      expect(bench().origin.last.headers['if-none-match']).toBe('*');
    });

    it('is not part of the key: with it and without it, it is the same stored response', async () => {
      const http = bench().wrap({ matchHeaders: true }, { validateStatus: null });
      const { cache } = await http.get('/a', { headers: { 'If-None-Match': '"x"' } });
      expect(cache.stored).toBe(true);
      expect((await http.get('/a')).cache).toMatchObject({ hit: true, key: cache.key });
      expect((await http.get('/a', { headers: { 'If-Modified-Since': LM } })).status).toBe(304);
    });

    it.each([['If-Match'], ['If-Unmodified-Since']])('%s passes by, fresh or not', async (field) => {
      const http = bench().wrap({ ...rfc9111 }, { validateStatus: null });
      await http.get('/a');
      bench().answer(({ headers }) => ({ status: headers[field.toLowerCase()] === undefined ? 200 : 412 }));
      const own = await http.get('/a', { headers: { [field]: LM, 'If-None-Match': '"v"' } });
      expect([own.status, own.cache.fwd, own.cache.fromCache, own.cache.key]).toEqual([
        412,
        'bypass',
        false,
        undefined,
      ]);
      expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
      expect(await http.get('/a')).toMatchObject({ status: 200, data: { n: 1 }, cache: { hit: true } });
    });

    it('only-if-cached: 304 from what is stored, 504 without it', async () => {
      const http = bench().wrap({}, { validateStatus: null });
      const offline = { headers: { 'If-None-Match': '"v"' }, cache: { onlyIfCached: true } };
      expect((await http.get('/a', offline)).status).toBe(504);
      await http.get('/a');
      expect((await http.get('/a', offline)).status).toBe(304);
      expect((await http.get('/a', { ...offline, headers: { 'If-None-Match': '"x"' } })).status).toBe(200);
      expect((await http.get('/a', { ...offline, headers: { 'If-Match': '"v"' } })).status).toBe(504);
      expect(bench().origin.count()).toBe(1);
    });

    it('a read-only cache answers too', async () => {
      await bench().wrap().get('/a');
      const http = bench().wrap({ readOnly: true }, { validateStatus: null });
      expect((await http.get('/a', { headers: { 'If-None-Match': '"v"' } })).status).toBe(304);
      expect(bench().origin.count()).toBe(1);
    });

    it('HEAD is answered like GET', async () => {
      const http = bench().wrap({ cacheControl: true }, { validateStatus: null });
      await http.get('/a');
      const head = async (tag: string) => http.head('/a', { headers: { 'If-None-Match': tag } });
      expect(await head('"v"')).toMatchObject({ status: 304, data: '', cache: { hit: true } });
      expect(await head('"x"')).toMatchObject({ status: 200, data: '', cache: { hit: true } });
      expect(bench().origin.count()).toBe(1);
    });
  },
);
