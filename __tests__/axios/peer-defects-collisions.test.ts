import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

// Every key is the same, as if SHA-256 were broken.
jest.mock('../../lib/key/hashing.js', () => ({
  ...jest.requireActual<object>('../../lib/key/hashing.js'),
  sha256Hex: () => 'the same for everything',
}));

describe.each(BACKENDS_UNDER_TEST)('4: a collision of keys serves the body of another (%s)', (name) => {
  const bench = useBench(name);

  it.each([
    ['another URL', { url: '/b' }],
    ['another query', { url: '/a?x=1' }],
    ['another method', { url: '/a', method: 'OPTIONS' }],
    ['another user', { url: '/a', headers: { Authorization: 'x' } }],
  ])('method, URL and user are compared: %s', async (_what, other) => {
    bench().answer(({ method, url, headers }) => ({ body: `${method} ${url} ${headers.authorization}` }));
    const http = bench().wrap({ allowableMethods: ['GET', 'OPTIONS'] });
    const first = await http.get('/a');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    const second = await http.request(other);
    expect(second.cache).toMatchObject({ key: first.cache.key, fromCache: false });
    expect(second.data).not.toEqual(first.data);
    expect((await http.get('/a')).data).toBe('GET /a undefined');
    expect((await http.request(other)).data).toBe(second.data);
    expect(await http.cache.contains({ url: '/a' })).toBe(false);
  });
});
