import { type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EXPIRE_IMMEDIATELY, rfc9111, type StoredRecord } from '../../lib/index.js';
import { until } from '../helpers/until.js';
import { type ReceivedRequest } from '../helpers/origin-server.js';
import { COPIES, describeChains, page, redirect } from './redirect-chain.js';

describeChains('what redirects led to', (chain) => {
  it.each(COPIES)('is found by every URL of the chain, with %s', async (copy) => {
    const { origin, other } = chain();
    chain().route({ '/1': '/2', '/2': redirect('/3', 307), '/3': redirect(`${other.url}/4`, 308) });
    chain().route({ '/4': redirect('/5', 301), '/5': page('here') }, other);
    const http = chain().wrap(copy);
    await http.get('/1');
    const urls = ['/1', '/2', '/3'].map((path) => origin.url + path);
    urls.push(`${other.url}/4`, `${other.url}/5`);
    for (const [index, url] of urls.entries()) {
      const hit = await http.get(url);
      expect([hit.cache.hit, hit.data]).toEqual([true, 'here']);
      expect(hit.cache.history.map((one) => one.url)).toEqual(urls.slice(index, -1));
      expect((hit.request as { res: { responseUrl: string } }).res.responseUrl).toBe(urls.at(-1));
    }
    expect([origin.count(), other.count()]).toEqual([3, 2]);
  });

  it('is found after a restart, and by every response type', async () => {
    chain().route({ '/a': '/b', '/b': page('{"n":1}', { 'Content-Type': 'application/json' }) });
    await chain().wrap().get('/a');
    const http = chain().wrap();
    expect((await http.get('/b')).data).toEqual({ n: 1 });
    expect((await http.get('/b', { responseType: 'text', transformResponse: [] })).data).toBe('{"n":1}');
    const bytes = await http.get<Buffer>('/b', { responseType: 'arraybuffer' });
    expect([bytes.cache.hit, bytes.data.toString()]).toEqual([true, '{"n":1}']);
  });

  it('is as fresh by a later URL as by the first', async () => {
    chain().route({ '/a': redirect('/b', 302, { 'Cache-Control': 'max-age=60' }), '/b': page('here') });
    const http = chain().wrap('axios', rfc9111);
    await http.get('/a');
    expect((await http.get('/b')).cache.ttl).toBe(60);
    chain().bench.pass(61);
    const stale = await http.get('/b');
    expect([stale.cache.hit, stale.cache.fwd]).toEqual([false, 'stale']);
  });

  it('stays found by the later URLs when it is brought up to date', async () => {
    const fields = { 'Cache-Control': 'max-age=60', ETag: '"1"' };
    chain().route({
      '/a': redirect('/b'),
      '/b': ({ headers }: ReceivedRequest) =>
        headers['if-none-match'] === undefined
          ? { headers: fields, body: 'here' }
          : { status: 304, headers: fields },
    });
    const http = chain().wrap('axios', rfc9111);
    await http.get('/a');
    chain().bench.pass(100);
    expect((await http.get('/a')).cache.revalidated).toBe(true);
    const hit = await http.get('/b');
    expect([hit.cache.hit, hit.cache.ttl]).toEqual([true, 60]);
    await http.cache.removeExpired();
    chain().bench.pass(30);
    await http.cache.removeExpired();
    expect((await http.get('/b')).cache.hit).toBe(true);
  });

  it('is stored for a later URL by itself when the origin confirms it there', async () => {
    const fields = { 'Cache-Control': 'max-age=60', ETag: '"1"' };
    chain().route({
      '/a': redirect('/b'),
      '/b': ({ headers }: ReceivedRequest) =>
        headers['if-none-match'] === undefined
          ? { headers: fields, body: 'here' }
          : { status: 304, headers: fields },
    });
    const http = chain().wrap('axios', rfc9111);
    await http.get('/a');
    chain().bench.pass(100);
    const confirmed = await http.get('/b');
    expect([confirmed.cache.revalidated, confirmed.data, confirmed.cache.history]).toEqual([
      true,
      'here',
      [],
    ]);
    expect((await http.get('/b')).cache.hit).toBe(true);
    expect((await http.get('/a')).cache.hit).toBe(false);
    expect(await http.cache.count()).toBe(2);
  });

  it.each(['/a', '/b'])('is found in the variant that the request selects: %s', async (path) => {
    chain().route({
      '/a': '/b',
      '/b': ({ headers }: ReceivedRequest) =>
        page(String(headers['accept-language']), { Vary: 'Accept-Language' }),
    });
    const http = chain().wrap();
    const inLanguage = (language: string, url: string) =>
      http.get<string>(url, { headers: { 'Accept-Language': language } });
    await inLanguage('de', '/a');
    await inLanguage('en', '/a');
    expect((await inLanguage('de', path)).data).toBe('de');
    expect((await inLanguage('en', path)).data).toBe('en');
    expect((await inLanguage('fr', path)).cache).toMatchObject({ hit: false, fwd: 'vary-miss' });
    expect(chain().origin.count()).toBe(path === '/a' ? 6 : 5);
  });

  it('is kept apart by what a redirect varies by', async () => {
    chain().route({
      '/a': ({ headers }: ReceivedRequest) =>
        redirect(`/${headers['accept-language']}`, 302, { Vary: 'Accept-Language' }),
      '/de': page('Hallo'),
      '/en': page('Hello'),
    });
    const http = chain().wrap();
    const inLanguage = (language: string, url = '/a') =>
      http.get<string>(url, { headers: { 'Accept-Language': language } });
    for (let round = 0; round < 2; round++) {
      expect((await inLanguage('de')).data).toBe('Hallo');
      expect((await inLanguage('en')).data).toBe('Hello');
    }
    expect(chain().origin.count()).toBe(4);
    // What lies behind the redirect does not vary.
    expect((await inLanguage('en', '/de')).cache.hit).toBe(true);
  });

  it('is not stored where a redirect varies by what nobody can tell', async () => {
    chain().route({ '/a': redirect('/b', 302, { Vary: '*' }), '/b': page('here') });
    const http = chain().wrap();
    expect((await http.get('/a')).cache.stored).toBe(false);
    expect((await http.get('/a')).cache.hit).toBe(false);
  });

  it('is found by the GET that a POST was redirected to, and by that POST', async () => {
    chain().route({ '/form': redirect('/result', 303), '/result': page('done') });
    const http = chain().wrap('axios', { allowableMethods: ['GET', 'POST'] });
    await http.post('/form', { q: 1 });
    const seen = await http.get('/result');
    expect([seen.cache.hit, seen.data]).toEqual([true, 'done']);
    expect((await http.post('/form', { q: 1 })).cache.hit).toBe(true);
    expect((await http.post('/form', { q: 2 })).cache.hit).toBe(false);
    expect(chain().origin.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /form',
      'GET /result',
      'POST /form',
      'GET /result',
    ]);
  });

  it('is found by the POST that a POST was redirected to, with the same body only', async () => {
    chain().route({ '/form': redirect('/there', 307), '/there': page('done') });
    const http = chain().wrap('axios', { allowableMethods: ['GET', 'POST'] });
    await http.post('/form', { q: 1 });
    expect((await http.post('/there', { q: 1 })).cache.hit).toBe(true);
    expect((await http.post('/there', { q: 2 })).cache.hit).toBe(false);
    expect((await http.get('/there')).cache.hit).toBe(false);
  });

  it.each([
    ['', {}],
    [' where header fields decide', rfc9111],
  ])('answers a HEAD of every URL when it was a HEAD%s', async (_where, options) => {
    chain().route({ '/a': '/b', '/b': page('here', { ETag: '"1"' }) });
    const http = chain().wrap('axios', options);
    await http.head('/a');
    const hit = await http.head('/b');
    expect([hit.cache.hit, hit.headers['etag'], hit.data]).toEqual([true, '"1"', '']);
    expect((await http.get('/b')).data).toBe('here');
    expect(chain().origin.count()).toBe(3);
  });

  it('does not take the place of a fresh response that the URL has of its own', async () => {
    let content = 'own';
    chain().route({ '/a': '/b', '/b': () => page(content) });
    const http = chain().wrap('axios', { expireAfter: 60 });
    await http.get('/b');
    content = 'by redirect';
    expect((await http.get('/a')).data).toBe('by redirect');
    expect((await http.get('/b')).data).toBe('own');
    chain().bench.pass(61);
    content = 'later';
    await http.get('/a');
    const hit = await http.get('/b');
    expect([hit.cache.hit, hit.data]).toEqual([true, 'later']);
  });

  it('gives way to a newer response that the URL has of its own', async () => {
    let content = 'by redirect';
    chain().route({ '/a': '/b', '/b': () => page(content) });
    const http = chain().wrap();
    await http.get('/a');
    content = 'own';
    expect((await http.get('/b', { cache: { forceRefresh: true } })).data).toBe('own');
    expect((await http.get('/b')).data).toBe('own');
    expect((await http.get('/a')).data).toBe('by redirect');
  });

  it('is not found by a later URL any more when that is gone', async () => {
    let isGone = false;
    chain().route({ '/a': '/b', '/b': () => (isGone ? { status: 404 } : page('here')) });
    const http = chain().wrap();
    await http.get('/a');
    isGone = true;
    await http.get('/b', { cache: { forceRefresh: true }, validateStatus: null });
    expect((await http.get('/b', { validateStatus: null })).status).toBe(404);
  });

  it('is not found by a later URL when the first leads elsewhere by now', async () => {
    let target = '/b';
    chain().route({ '/a': () => target, '/b': page('b'), '/c': page('c') });
    const http = chain().wrap();
    await http.get('/a');
    target = '/c';
    await http.get('/a', { cache: { forceRefresh: true } });
    expect((await http.get('/b')).cache.hit).toBe(false);
    expect((await http.get('/c')).cache.hit).toBe(true);
  });

  it('is not found by a pointer that has outlived its chain, and that goes', async () => {
    let target = '/b';
    chain().route({ '/a': () => target, '/b': page('b'), '/c': page('c') });
    const http = chain().wrap();
    await http.get('/a');
    const outlived: StoredRecord[] = [];
    for await (const meta of chain().backend.scan({ createdBefore: 0 })) {
      outlived.push({ ...meta, body: new Uint8Array(0) });
    }
    target = '/c';
    await http.get('/a', { cache: { forceRefresh: true } });
    for (const record of outlived) await chain().backend.put(record);
    expect(await http.cache.hasUrl('/b')).toBe(false);
    const asked = { cache: { onlyIfCached: true }, validateStatus: null };
    expect((await http.get('/b', asked)).status).toBe(504);
    expect(await chain().backend.get(await http.cache.createKey({ url: '/b' }))).toEqual([]);
    expect(await http.cache.deleteUrl('/b')).toBe(0);
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('is found by every URL when it was read as a stream', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap();
    const { data } = await http.get<Readable>('/a', { responseType: 'stream' });
    expect(await text(data)).toBe('here');
    await until(async () => (await http.cache.count()) === 1 && (await chain().backend.count()) === 3);
    const hit = await http.get('/b');
    expect([hit.cache.hit, hit.data]).toEqual([true, 'here']);
  });

  it('is found by a key of the user under that key alone', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap();
    await http.get('/a', { cache: { key: 'mine' } });
    expect((await http.get('/b')).cache.hit).toBe(false);
    expect((await http.get('/x', { cache: { key: 'mine' } })).cache.hit).toBe(true);
  });

  it('is not found by later URLs where redirects are followed less far', async () => {
    chain().route({ '/a': '/b', '/b': '/c', '/c': page('here') });
    const http = chain().wrap('axios', { allowableCodes: [200, 302] });
    await http.get('/a');
    const unfollowed = await http.get('/b', { maxRedirects: 0, validateStatus: null });
    expect([unfollowed.status, unfollowed.cache.hit]).toEqual([302, false]);
  });

  it.each(COPIES)('is not stored when beforeRedirect leads elsewhere, with %s', async (copy) => {
    const { other } = chain();
    chain().route({ '/a': `${other.url}/b` });
    chain().route({ '/b': page('b'), '/c': page('c') }, other);
    const http = chain().wrap(copy);
    const changed = await http.get('/a', {
      beforeRedirect: (options: Record<string, unknown>) => {
        options['path'] = options['pathname'] = '/c';
      },
    });
    expect([changed.data, changed.cache.stored]).toEqual(['c', false]);
    expect((await http.get(`${other.url}/b`)).data).toBe('b');
    expect((await http.get('/a')).data).toBe('b');
  });

  it.each(COPIES)('is found with the fields that beforeRedirect has added, with %s', async (copy) => {
    chain().route({
      '/a': '/b',
      '/b': ({ headers }: ReceivedRequest) =>
        page(String(headers['accept-language']), { Vary: 'Accept-Language' }),
    });
    const http = chain().wrap(copy);
    await http.get('/a', {
      beforeRedirect: (options: Record<string, unknown>) => {
        (options['headers'] as Record<string, string>)['Accept-Language'] = 'de';
      },
    });
    expect((await http.get('/b', { headers: { 'Accept-Language': 'de' } })).cache.hit).toBe(true);
    expect((await http.get('/b')).cache.hit).toBe(false);
  });

  it('is not stored when redirects have no end', async () => {
    chain().route({ '/a': '/b', '/b': '/a' });
    const http = chain().wrap();
    await expect(http.get('/a', { maxRedirects: 4 })).rejects.toMatchObject({
      code: 'ERR_FR_TOO_MANY_REDIRECTS',
    });
    const records = [];
    for await (const meta of chain().backend.scan()) records.push(meta);
    expect(records).toEqual([]);
  });

  it('may be the first URL again', async () => {
    chain().route({
      '/a': (_request, count) => (count === 1 ? redirect('/b') : page('here')),
      '/b': redirect('/a'),
    });
    const http = chain().wrap();
    const miss = await http.get('/a');
    expect([miss.data, miss.cache.history.length]).toEqual(['here', 2]);
    expect((await http.get('/a')).cache.hit).toBe(true);
    expect((await http.get('/b')).cache.hit).toBe(true);
    expect(await http.cache.deleteUrl('/b')).toBe(1);
    expect(await http.cache.hasUrl('/a')).toBe(false);
  });

  it('is read but not tidied up by a cache that may only read', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap();
    const { key = '' } = (await http.get('/a')).cache;
    const reader = chain().wrap('axios', { readOnly: true });
    expect((await reader.get('/b')).cache.hit).toBe(true);
    await chain().backend.delete(key);
    expect((await reader.get('/b')).cache.hit).toBe(false);
    expect(await chain().backend.count()).toBe(2);
    expect((await http.get('/b', { cache: { expireAfter: EXPIRE_IMMEDIATELY } })).cache.hit).toBe(false);
  });

  it('is fetched anew where its pointers or itself are damaged', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap();
    await http.get('/a');
    for await (const meta of chain().backend.scan({ createdBefore: 0 })) {
      await chain().backend.replaceHead({ ...meta, head: Buffer.from('rubbish') });
    }
    const response = await http.get('/b');
    expect([response.cache.hit, response.data]).toEqual([false, 'here']);
    expect(await http.cache.count()).toBe(2);
    expect(await http.cache.deleteUrl('/b')).toBe(1);
  });
});
