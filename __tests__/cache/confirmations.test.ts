import { rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

const LM = 'Thu, 01 Jan 2026 00:00:00 GMT';

describe.each(BACKENDS_UNDER_TEST)('what a 304 changes, and what not: RFC 9111 section 3.2 (%s)', (name) => {
  const bench = useBench(name);
  const STORED = {
    etag: '"v"',
    'cache-control': 'max-age=10',
    'content-type': 'text/plain',
    'content-md5': 'stored',
    'content-digest': 'stored',
    'repr-digest': 'stored',
    digest: 'stored',
    'x-n': '1',
    'x-kept': 'yes',
  };

  beforeEach(() => bench().answer(() => ({ headers: STORED, body: 'stored' })));

  it('what describes the stored bytes stays as it was', async () => {
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a');
    bench().pass(11);
    const about = {
      'content-md5': 'x',
      'content-digest': 'x',
      'repr-digest': 'x',
      digest: 'x',
      'content-range': 'bytes 0-1/2',
    };
    bench().answer(() => ({
      status: 304,
      headers: {
        ...about,
        etag: 'W/"v"',
        'content-encoding': 'gzip',
        'content-length': '99',
        'x-n': '2',
        'content-type': 'text/css',
      },
    }));
    for (const isHit of [false, true]) {
      const { data, headers, cache } = await http.get('/a');
      expect([data, cache.hit]).toEqual(['stored', isHit]);
      expect(headers).toMatchObject({ ...STORED, 'x-n': '2', 'content-type': 'text/css' });
      for (const absent of ['content-range', 'content-encoding', 'content-length']) {
        expect(headers).not.toHaveProperty(absent);
      }
    }
    expect(bench().origin.count()).toBe(2);
  });

  it('under another entity tag it confirms the one that was asked about, and nothing else', async () => {
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a');
    for (const origin of [2, 3]) {
      bench().pass(11);
      bench().answer(() => ({
        status: 304,
        headers: { etag: '"v-gzip"', 'x-n': '2', 'cache-control': 'max-age=99' },
      }));
      const confirmed = await http.get('/a');
      expect(confirmed).toMatchObject({ status: 200, data: 'stored', headers: { etag: '"v"', 'x-n': '1' } });
      expect(confirmed.cache).toMatchObject({
        fromCache: true,
        revalidated: true,
        stored: false,
        fwdStatus: 304,
      });
      expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
      expect(bench().origin.count()).toBe(origin);
    }
  });

  it('under another entity tag it confirms nothing where several were asked about', async () => {
    const mode = (value: string) => ({ headers: { 'X-Mode': value } });
    bench().answer(({ headers }) => ({
      headers: { ...STORED, etag: `"${String(headers['x-mode'])}"`, vary: 'X-Mode' },
      body: 'stored',
    }));
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a', mode('dark'));
    await http.get('/a', mode('light'));
    bench().pass(11);
    bench().answer(({ headers }) =>
      headers['if-none-match'] === undefined
        ? { body: 'anew' }
        : { status: 304, headers: { etag: '"unknown"' } },
    );
    expect(await http.get('/a', mode('dark'))).toMatchObject({ data: 'anew', cache: { fromCache: false } });
    expect(bench().origin.count()).toBe(4);
  });

  it('Set-Cookie reaches the one who asked, and is not stored unless cookies are replayed', async () => {
    const http = bench().wrap({ expireAfter: 10 });
    await http.get('/a');
    bench().pass(11);
    bench().answer(() => ({ status: 304, headers: { etag: '"v"', 'set-cookie': ['a=1', 'b=2'] } }));
    expect((await http.get('/a')).headers['set-cookie']).toEqual(['a=1', 'b=2']);
    const hit = await http.get('/a');
    expect([hit.cache.hit, hit.headers['set-cookie']]).toEqual([true, undefined]);
    bench().pass(11);
    const replaying = bench().wrap({ expireAfter: 10, replayCookies: true });
    await replaying.get('/a');
    expect((await replaying.get('/a')).headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('a date of the 304 is that of the stored response from now on', async () => {
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a');
    bench().pass(11);
    const date = new Date(bench().clock.now() - 4000).toUTCString();
    bench().answer(() => ({ status: 304, headers: { etag: '"v"', date, 'last-modified': LM } }));
    await http.get('/a');
    const hit = await http.get('/a');
    expect(hit.headers).toMatchObject({ date, 'last-modified': LM, age: '4' });
    expect(hit.cache.ttl).toBe(6);
  });
});

describe('lines about freshness that Node drops: RFC 9111 sections 4.2.1, 5.1 and 5.3', () => {
  const bench = useBench();
  const soon = (seconds: number): string => new Date(bench().clock.now() + seconds * 1000).toUTCString();

  it.each<[title: string, headers: () => Record<string, string | string[]>, hit: boolean]>([
    ['one Age', () => ({ 'cache-control': 'max-age=60', age: '10' }), true],
    ['two of Age', () => ({ 'cache-control': 'max-age=60', age: ['10', '20'] }), false],
    ['two of Age that are the same', () => ({ 'cache-control': 'max-age=60', age: ['10', '10'] }), false],
    ['Age as a list', () => ({ 'cache-control': 'max-age=60', age: '10, 20' }), false],
    ['an Age that is no number', () => ({ 'cache-control': 'max-age=60', age: '-10' }), false],
    ['an empty Age', () => ({ 'cache-control': 'max-age=60', age: '' }), false],
    ['two of Age beside Expires', () => ({ expires: soon(60), age: ['0', '0'] }), false],
    ['one Expires', () => ({ expires: soon(60) }), true],
    ['two of Expires', () => ({ expires: [soon(60), soon(90)] }), false],
    [
      'two of Expires, where max-age decides',
      () => ({ 'cache-control': 'max-age=60', expires: [soon(60), '0'] }),
      true,
    ],
    [
      'two of Age, where a lifetime would be guessed',
      () => ({ 'last-modified': LM, age: ['0', '0'] }),
      false,
    ],
  ])('%s: reused without asking %p', async (_title, headers, hit) => {
    const sent = headers();
    bench().answer(() => ({ headers: { ...sent, etag: '"v"' }, body: 'stored' }));
    const http = bench().wrap({ ...rfc9111 });
    const first = await http.get('/a');
    expect(first.cache.stored).toBe(true);
    bench().answer(() => ({ status: 304, headers: { etag: '"v"' } }));
    expect(await http.get('/a')).toMatchObject({ data: 'stored', cache: { hit, revalidated: !hit } });
  });

  it('the lines themselves are shown as Node shows them', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=60', etag: '"v"', age: ['10', '20'] } }));
    const http = bench().wrap({ ...rfc9111 });
    expect((await http.get('/a')).headers['age']).toBe('10');
    expect((await http.cache.get({ url: '/a' }))?.headers['age']).toBe('10');
  });

  it('in a 304, too', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=60', etag: '"v"' }, body: 'stored' }));
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a');
    bench().pass(61);
    bench().answer(() => ({ status: 304, headers: { etag: '"v"', age: ['0', '0'] } }));
    expect((await http.get('/a')).cache).toMatchObject({ revalidated: true, isExpired: true });
    bench().answer(() => ({ status: 304, headers: { etag: '"v"', age: '5' } }));
    expect((await http.get('/a')).cache).toMatchObject({ revalidated: true, ttl: 55 });
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('none of it counts without cacheControl', async () => {
    bench().answer(() => ({ headers: { age: ['10', '20'], expires: ['0', '0'] } }));
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    expect((await http.get('/a')).cache).toMatchObject({ hit: true, ttl: 60 });
  });
});

describe.each(BACKENDS_UNDER_TEST)('Vary: Accept-Language (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer(({ headers }) => {
      const language = String(headers['accept-language']).slice(0, 2);
      const vary = { vary: 'Accept-Language', 'cache-control': 'max-age=60' };
      return { headers: { ...vary, 'content-language': language }, body: language };
    });
  });
  const inLanguage = (accepted: string) => ({ headers: { 'Accept-Language': accepted } });

  it.each([true, false])(
    'the order and the case make no difference, with cacheControl %s',
    async (cacheControl) => {
      const http = bench().wrap({ cacheControl });
      await http.get('/a', inLanguage('en, de;q=0.5, fr;q=0.7'));
      expect((await http.get('/a', inLanguage('FR;q=0.70 ,en;q=1.0, DE; q=0.5'))).cache.hit).toBe(true);
      expect((await http.get('/a', inLanguage('de, en;q=0.5, fr;q=0.7'))).cache.fwd).toBe('vary-miss');
    },
  );

  it('the one language that is preferred answers, with cacheControl', async () => {
    const http = bench().wrap({ cacheControl: true });
    await http.get('/a', inLanguage('de'));
    expect(await http.get('/a', inLanguage('fr;q=0.5, de'))).toMatchObject({
      data: 'de',
      cache: { hit: true },
    });
    expect((await http.get('/a', inLanguage('fr, de;q=0.5'))).data).toBe('fr');
    expect((await http.get('/a', inLanguage('de, en'))).cache.fwd).toBe('vary-miss');
    expect(bench().origin.count()).toBe(3);
  });

  it('not without: then the values alone count', async () => {
    const http = bench().wrap();
    await http.get('/a', inLanguage('de'));
    expect((await http.get('/a', inLanguage('de, fr;q=0.5'))).cache.fwd).toBe('vary-miss');
  });
});
