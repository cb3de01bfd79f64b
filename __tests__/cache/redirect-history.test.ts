import { readFileSync } from 'node:fs';
import { rfc9111 } from '../../lib/index.js';
import { COPIES, describeChains, page, redirect } from './redirect-chain.js';

describeChains('the redirects on the way to a response', (chain) => {
  it.each(COPIES)('are told on misses and on hits alike, with %s', async (copy) => {
    const { origin, other } = chain();
    chain().route({ '/a': redirect('/b', 301), '/b': redirect(`${other.url}/c`, 307) });
    chain().route({ '/c': page('here') }, other);
    const http = chain().wrap(copy);
    const miss = await http.get('/a');
    const hit = await http.get('/a');
    expect([miss.cache.hit, hit.cache.hit]).toEqual([false, true]);
    const seen = miss.cache.history.map(({ method, url, status, headers }) => [
      method,
      url,
      status,
      headers['location'],
    ]);
    expect(seen).toEqual([
      ['GET', `${origin.url}/a`, 301, '/b'],
      ['GET', `${origin.url}/b`, 307, `${other.url}/c`],
    ]);
    expect(hit.cache.history).toEqual(miss.cache.history);
    expect((hit.request as { res: { responseUrl: string } }).res.responseUrl).toBe(`${other.url}/c`);
  });

  it('are told where the response is not stored', async () => {
    chain().route({ '/a': '/b', '/b': { status: 404 } });
    const response = await chain().wrap().get('/a', { validateStatus: null });
    expect(response.cache.stored).toBe(false);
    expect(response.cache.history.map(({ url }) => url)).toEqual([`${chain().origin.url}/a`]);
  });

  it('are none where there were none, and where the adapter does not tell', async () => {
    chain().route({ '/a': '/b', '/b': page('here') });
    const http = chain().wrap();
    expect((await http.get('/b')).cache.history).toEqual([]);
    expect((await http.get('/b')).cache.history).toEqual([]);
    expect((await http.get('/a', { adapter: 'fetch' })).cache.history).toEqual([]);
    expect((await http.get('/a', { cache: false })).cache.history).toEqual([]);
  });

  it('cannot be changed by whoever looks at them', async () => {
    chain().route({ '/a': redirect('/b', 302, { 'X-List': ['<a>', '<b>'] }), '/b': page('here') });
    const http = chain().wrap();
    for (const { cache } of [await http.get('/a'), await http.get('/a'), await http.get('/a')]) {
      const [first] = cache.history;
      expect(Object.isFrozen(cache.history)).toBe(true);
      expect(Object.isFrozen(first)).toBe(true);
      expect(Object.isFrozen(first?.headers)).toBe(true);
      expect(Object.values(first?.headers ?? {}).every((value) => Object.isFrozen(value))).toBe(true);
    }
  });

  it('show no secrets, and no cookies', async () => {
    chain().route({
      '/a': redirect('/b?token=SECRET1&page=2', 302, {
        'Set-Cookie': 'session=SECRET2',
        'X-API-Key': 'SECRET3',
        Link: '</next?token=SECRET5>; rel=next',
        Refresh: '5; url=/b?token=SECRET6',
      }),
      '/b': page('here'),
    });
    const http = chain().wrap();
    for (const { cache } of [await http.get('/a?api_key=SECRET4'), await http.get('/a?api_key=SECRET4')]) {
      expect(JSON.stringify(cache.history)).not.toContain('SECRET');
      const [first] = cache.history;
      expect(first?.url).toBe(`${chain().origin.url}/a?api_key=REDACTED`);
      expect(first?.headers['location']).toBe('/b?token=REDACTED&page=2');
      expect(first?.headers).not.toHaveProperty('set-cookie');
    }
  });

  it('show cookies where these are replayed', async () => {
    chain().route({ '/a': redirect('/b', 302, { 'Set-Cookie': 'theme=dark' }), '/b': page('here') });
    const http = chain().wrap('axios', { replayCookies: true });
    await http.get('/a');
    expect((await http.get('/a')).cache.history[0]?.headers['set-cookie']).toEqual(['theme=dark']);
  });

  it('are those of the last time that the origin was asked', async () => {
    let by = '/b';
    const fields = { 'Cache-Control': 'max-age=60', ETag: '"1"' };
    chain().route({
      '/a': () => redirect(by),
      '/b': redirect('/c?way=b'),
      '/d': redirect('/c?way=d'),
      '/c': ({ headers }) =>
        headers['if-none-match'] === '"1"'
          ? { status: 304, headers: fields }
          : { headers: fields, body: 'here' },
    });
    const http = chain().wrap('axios', rfc9111);
    await http.get('/a');
    by = '/d';
    chain().bench.pass(100);
    const confirmed = await http.get('/a');
    expect(confirmed.cache.revalidated).toBe(true);
    const urls = (response: typeof confirmed): string[] => response.cache.history.map(({ url }) => url);
    expect(urls(confirmed)).toEqual([`${chain().origin.url}/a`, `${chain().origin.url}/d`]);
    const hit = await http.get('/a');
    expect(hit.cache.hit).toBe(true);
    expect(urls(hit)).toEqual(urls(confirmed));
    expect((hit.request as { res: { responseUrl: string } }).res.responseUrl).toMatch(/way=d$/);
  });

  it.each(COPIES)(
    "are recorded beside the caller's own beforeRedirect, which gets all that axios gives, with %s",
    async (copy) => {
      chain().route({ '/a': '/b', '/b': page('here') });
      const seen: unknown[][] = [];
      const config = { beforeRedirect: (...args: unknown[]) => void seen.push(args) };
      const plain: unknown[][] = [];
      await chain().wrap(copy).get('/a', config);
      await chain()
        .wrap(copy, { disabled: true })
        .get('/a', { beforeRedirect: (...args: unknown[]) => void plain.push(args) });
      expect(seen).toHaveLength(1);
      expect(seen[0]).toHaveLength(plain[0]?.length ?? 0);
    },
  );
});

describeChains('what is stored of redirects', (chain) => {
  it.each(COPIES)('holds no secret in clear, with %s', async (copy) => {
    const { other, bench } = chain();
    chain().route({
      '/a': redirect(`${other.url}/b?access_token=SECRET1`, 302, { 'Set-Cookie': 'id=SECRET2' }),
      '/mine': '/a?sig=SECRET3',
    });
    chain().route({ '/b': redirect('/c?X-Amz-Signature=SECRET4'), '/c': page('here') }, other);
    const http = chain().wrap(copy);
    await http.get('/mine', { headers: { Authorization: 'Bearer SECRET5', Cookie: 'id=SECRET6' } });
    await http.get('/a', { auth: { username: 'SECRET7', password: 'SECRET8' } });
    await http.get(chain().origin.url.replace('//', '//SECRET9:SECRET0@') + '/mine');
    const raw: Buffer[] = [];
    for await (const { key } of bench.backend.scan()) {
      for (const { head, body } of await bench.backend.get(key))
        raw.push(Buffer.from(head), Buffer.from(body ?? []));
    }
    if (bench.backend.name === 'sqlite') {
      for (const suffix of ['', '-wal']) raw.push(readFileSync(bench.file + suffix));
    }
    const text = Buffer.concat(raw).toString('latin1');
    expect(text).toContain('/b?access_token=REDACTED');
    expect(text).not.toContain('SECRET');
    expect(text).not.toContain(Buffer.from('SECRET7:SECRET8').toString('base64'));
    expect(text).not.toContain(Buffer.from('SECRET9:SECRET0').toString('base64'));
  });
});
