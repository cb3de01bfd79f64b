import { type CacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';

// Defects that were measured in requests-cache, each by the number under which it is known in this project.

const ENGLISH = { headers: { 'Accept-Language': 'en' } };
const FRENCH = { headers: { 'Accept-Language': 'fr' } };
const LAST_MODIFIED = 'Wed, 01 Jan 2025 00:00:00 GMT';

/** One document in every language, all modified at the same time. */
const dated: Handler = ({ headers }) => ({
  status: headers['if-modified-since'] === undefined ? 200 : 304,
  headers: { vary: 'Accept-Language', 'last-modified': LAST_MODIFIED },
  body: headers['if-modified-since'] === undefined ? `in ${headers['accept-language']}` : '',
});

/** One document in English and French, each with an entity tag; French for all who do not ask for English. */
const tagged: Handler = ({ headers }) => {
  const language = headers['accept-language'] === 'en' ? 'en' : 'fr';
  const etag = `"${language}"`;
  const isKnown = headers['if-none-match']?.includes(etag) === true;
  return {
    status: isKnown ? 304 : 200,
    headers: { vary: 'Accept-Language', etag },
    body: isKnown ? '' : `in ${language}`,
  };
};

describe.each(BACKENDS_UNDER_TEST)('defects of requests-cache in variants (%s)', (name) => {
  const bench = useBench(name);

  describe('D1: another variant is validated in the place of the one that was asked for', () => {
    it.each<[string, CacheOptions]>([
      ['expired', { expireAfter: 1 }],
      ['alwaysRevalidate', { alwaysRevalidate: true }],
      ['refresh', {}],
    ])(
      'its date is not sent, and its body not handed out or stored for the other: %s',
      async (how, options) => {
        bench().answer(dated);
        const cache = how === 'refresh' ? { refresh: true } : {};
        const http = bench().wrap(options);
        await http.get('/a', ENGLISH);
        bench().pass(2);
        expect((await http.get('/a', { ...FRENCH, cache })).data).toBe('in fr');
        expect(bench().origin.requests.map(({ headers }) => headers['if-modified-since'])).toEqual([
          undefined,
          undefined,
        ]);
        bench().pass(2);
        for (const [request, body] of [
          [FRENCH, 'in fr'],
          [ENGLISH, 'in en'],
        ] as const) {
          const { data, cache: info } = await http.get('/a', { ...request, cache });
          expect([data, info.revalidated]).toEqual([body, true]);
          expect(bench().origin.last.headers['if-modified-since']).toBe(LAST_MODIFIED);
        }
      },
    );

    it('the variant that a 304 names by its tag is the answer, whichever was asked about', async () => {
      bench().answer(tagged);
      const http = bench().wrap({ expireAfter: 1 });
      await http.get('/a', ENGLISH);
      await http.get('/a', FRENCH);
      bench().pass(2);
      const canadian = await http.get('/a', { headers: { 'Accept-Language': 'fr-CA' } });
      expect(bench().origin.last.headers['if-none-match']?.split(', ').sort()).toEqual(['"en"', '"fr"']);
      expect([canadian.data, canadian.cache.revalidated]).toEqual(['in fr', true]);
      expect((await http.get('/a', ENGLISH)).data).toBe('in en');
    });

    it('a 304 that names none of several variants is no answer: it is asked again without conditions', async () => {
      bench().answer(({ headers }) => ({
        status: headers['if-none-match'] === undefined ? 200 : 304,
        headers:
          headers['if-none-match'] === undefined
            ? { vary: 'Accept-Language', etag: `"${headers['accept-language']}"` }
            : {},
        body: headers['if-none-match'] === undefined ? `in ${headers['accept-language']}` : '',
      }));
      const http = bench().wrap();
      const withoutTags = { cache: { forceRefresh: true } };
      await http.get('/a', { ...ENGLISH, ...withoutTags });
      await http.get('/a', { ...FRENCH, ...withoutTags });
      const german = await http.get('/a', { headers: { 'Accept-Language': 'de' } });
      expect([german.data, german.cache.fromCache]).toEqual(['in de', false]);
      expect(bench().origin.count()).toBe(4);
    });
  });

  describe('D2: staleIfError serves another variant', () => {
    it.each([500, 503])('after a %i only the variant that was asked for stands in', async (status) => {
      bench().answer(tagged);
      const http = bench().wrap({ expireAfter: 1, staleIfError: true });
      await http.get('/a', ENGLISH);
      bench().pass(2);
      bench().answer(() => ({ status, body: 'down' }));
      await expect(http.get('/a', FRENCH)).rejects.toMatchObject({ status, response: { data: 'down' } });
      expect(await http.get('/a', ENGLISH)).toMatchObject({ data: 'in en', cache: { stale: true } });
    });
  });

  describe('D3: onlyIfCached asks the origin when the variant does not match', () => {
    it.each<[string, CacheOptions]>([
      ['fresh', {}],
      ['stale, with staleWhileRevalidate', { expireAfter: 1, staleWhileRevalidate: true }],
      ['stale, with staleIfError', { expireAfter: 1, staleIfError: true }],
    ])('it answers 504 without any request, also in the background: %s', async (_how, options) => {
      bench().answer(tagged);
      const http = bench().wrap(options, { validateStatus: null });
      await http.get('/a', ENGLISH);
      bench().pass(2);
      const missing = await http.get('/a', { ...FRENCH, cache: { onlyIfCached: true } });
      expect([missing.status, missing.data]).toEqual([504, '']);
      await http.cache.close();
      expect(bench().origin.count()).toBe(1);
    });
  });

  describe('D4: Vary: Cookie gives one user the body of another, or never hits', () => {
    it.each<[string, CacheOptions]>([
      ['by default', {}],
      ['when Cookie is ignored for matching', { ignoredParameters: ['Cookie'] }],
      ['when Cookie is matched', { matchHeaders: ['Cookie'] }],
    ])('users that take turns have their own, from storage: %s', async (_how, options) => {
      bench().answer(({ headers }) => ({ headers: { vary: 'Cookie' }, body: `for ${headers.cookie}` }));
      const http = bench().wrap(options);
      const bodies: unknown[] = [];
      for (const user of ['sid=ada', 'sid=bob', 'sid=ada', 'sid=bob', 'sid=ada']) {
        bodies.push((await http.get('/me', { headers: { Cookie: user } })).data);
      }
      const [ada, bob] = ['for sid=ada', 'for sid=bob'];
      expect(bodies).toEqual([ada, bob, ada, bob, ada]);
      expect((await http.get('/me')).data).toBe('for undefined');
      expect(bench().origin.count()).toBe(3);
    });
  });

  describe('D5: Vary: Accept, * counts as a variant that can match', () => {
    it.each(['Accept, *', '*', '*, Accept', 'accept,*'])('%s is never reused', async (vary) => {
      bench().answer((_request, count) => ({
        headers: { vary, etag: `"${count}"` },
        body: `answer ${count}`,
      }));
      const http = bench().wrap();
      const same = { headers: { Accept: 'text/plain', '*': 'x' } };
      expect((await http.get('/a', same)).data).toBe('answer 1');
      expect((await http.get('/a', same)).data).toBe('answer 2');
      expect(await http.cache.count()).toBe(0);
    });
  });
});
