import https from 'node:https';
import axios from 'axios';
import { initBackend, InvalidOptionError, withCache } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, type Bench, useBench } from '../helpers/bench.js';

// Defects that were measured in requests-cache, each by the number under which it is known in this project.

describe.each(BACKENDS_UNDER_TEST)('D23: new keys lose variants and mix up what was apart (%s)', (name) => {
  const bench = useBench(name);
  const insecure = { httpsAgent: new https.Agent({ rejectUnauthorized: false }) };
  const languages = ['en', 'fr'].map((language) => ({ headers: { 'Accept-Language': language } }));

  beforeEach(() => {
    bench().answer(({ headers }) => ({
      headers: { vary: 'Accept-Language' },
      body: `in ${headers['accept-language']}`,
    }));
  });

  it('recreateKeys keeps variants, redirects and unverified certificates as they were', async () => {
    const http = bench().wrap();
    for (const language of languages) await http.get('/a?session=1', language);
    await http.get('/unverified?session=1', insecure);
    http.cache.settings = { ignoredParameters: ['session'] };
    expect(await http.cache.recreateKeys()).toBe(3);
    const bodies = [];
    for (const language of languages) bodies.push(await http.get('/a?session=2', language));
    expect(bodies.map(({ data, cache }) => [data, cache.fromCache])).toEqual([
      ['in en', true],
      ['in fr', true],
    ]);
    expect((await http.get('/unverified?session=2', insecure)).cache.fromCache).toBe(true);
    expect((await http.get('/unverified?session=2')).cache.fromCache).toBe(false);
  });

  it('recreateKeys changes nothing where the settings are the same', async () => {
    const http = bench().wrap({ matchHeaders: ['X-A'] });
    for (const language of languages) await http.get('/a', language);
    await http.get('/a', insecure);
    expect(await http.cache.recreateKeys()).toBe(0);
    expect(await http.cache.count()).toBe(3);
  });

  it('update copies all that is needed for hits, without new keys', async () => {
    const source = bench().wrap({ backend: bench().newBackend() });
    const http = bench().wrap({ backend: initBackend('target', 'memory') });
    for (const language of languages) await source.get('/a', language);
    expect(await http.cache.update(source.cache)).toBe(2);
    for (const language of languages) expect((await http.get('/a', language)).cache.fromCache).toBe(true);
    await source.cache.close();
  });
});

describe.each(BACKENDS_UNDER_TEST)(
  'D24: contains is true for what cannot be used; deleting a URL leaves variants (%s)',
  (name) => {
    const bench = useBench(name);

    it('contains and hasUrl are false for what has expired', async () => {
      const http = bench().wrap({ expireAfter: 10 });
      await http.get('/a');
      bench().pass(9);
      expect([await http.cache.contains({ url: '/a' }), await http.cache.hasUrl('/a')]).toEqual([true, true]);
      bench().pass(1);
      expect([await http.cache.contains({ url: '/a' }), await http.cache.hasUrl('/a')]).toEqual([
        false,
        false,
      ]);
    });

    it('contains and hasUrl are false for what is damaged', async () => {
      const http = bench().wrap();
      const { cache } = await http.get('/a');
      const [record] = await bench().backend.get(cache.key ?? '');
      if (record === undefined) throw new Error('Nothing is stored.');
      await bench().backend.put({ ...record, body: Buffer.from('jello') });
      const answers = [{ url: '/a' }, cache.key ?? ''].map((target) => http.cache.contains(target));
      expect(await Promise.all([...answers, http.cache.hasUrl('/a')])).toEqual([false, false, false]);
    });

    it.each<[string, (bench: Bench) => Promise<number>]>([
      ['deleteUrl', (at) => at.wrap().cache.deleteUrl('/a')],
      ['deleteUrls', (at) => at.wrap().cache.deleteUrls(['/a'])],
      ['delete', (at) => at.wrap().cache.delete({ urls: [`${at.origin.url}/a`] })],
      ['delete by request', (at) => at.wrap().cache.delete({ requests: [{ url: '/a' }] })],
    ])('%s deletes every variant', async (_call, deleteAll) => {
      bench().answer(() => ({ headers: { vary: 'Accept-Language' }, body: 'x' }));
      const http = bench().wrap();
      for (const language of ['en', 'fr', 'de'])
        await http.get('/a', { headers: { 'Accept-Language': language } });
      await http.get('/b');
      expect(await deleteAll(bench())).toBe(3);
      expect(await http.cache.count()).toBe(1);
    });
  },
);

describe('D27: settings live in the backend, so that sharing it shares them', () => {
  const bench = useBench();

  it('two instances on one backend keep their own', async () => {
    const one = bench().wrap({ expireAfter: 10, ignoredParameters: ['q'], allowableCodes: [200, 404] });
    const other = bench().wrap({ expireAfter: 1000, filterFn: () => false });
    bench().answer(({ url }) => ({ status: url.startsWith('/missing') ? 404 : 200, body: url }));
    expect((await one.get('/a?q=1')).cache.ttl).toBe(10);
    expect((await one.get('/a?q=2')).cache.hit).toBe(true);
    expect((await other.get('/a?q=2')).cache).toMatchObject({ fromCache: false, stored: false });
    await expect(other.get('/missing')).rejects.toMatchObject({ response: { cache: { stored: false } } });
    await expect(one.get('/missing')).rejects.toMatchObject({ response: { cache: { stored: true } } });
    other.cache.settings = { filterFn: undefined };
    expect((await other.get('/b')).cache.ttl).toBe(1000);
    expect(one.cache.settings.expireAfter).toBe(10);
  });
});

describe('D28: unknown options are ignored, and bad values fail at the first request', () => {
  const bench = useBench();
  const WRONG: readonly [option: string, options: object][] = [
    ['expireAftr', { expireAftr: 60 }],
    ['expire_after', { expire_after: 60 }],
    ['expireAfter', { expireAfter: 'soon' }],
    ['staleIfError', { staleIfError: -2 }],
    ['allowableCodes', { allowableCodes: ['200'] }],
    ['cacheControl', { cacheControl: 1 }],
    ['urlsExpireAfter', { urlsExpireAfter: { '*': 'x' } }],
  ];

  it.each(WRONG)('%s is refused by withCache, by name', (option, options) => {
    const wrap = (): unknown => withCache(axios.create(), { backend: 'memory', ...options });
    expect(wrap).toThrow(InvalidOptionError);
    expect(wrap).toThrow(new RegExp(`\\b${option}\\b`));
  });

  it.each(WRONG)('%s is refused in a request, before anything is sent', async (option, options) => {
    await expect(bench().wrap().get('/a', { cache: options })).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: expect.stringMatching(new RegExp(`^cache\\.${option}`)) as string,
    });
    expect(bench().origin.count()).toBe(0);
  });
});
