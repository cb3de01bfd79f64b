import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type AxiosRequestConfig } from 'axios';
import { type CacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, type Bench, type BackendUnderTest, useBench } from '../helpers/bench.js';

// A defect that was measured in requests-cache, by the number under which it is known in this project.

const SECRET = 'sEcReT-4711';
const VISIBLE = 'may-be-seen';
const IN_BASE64 = Buffer.from(`ada:${SECRET}`).toString('base64');

/** All that storage holds: every column and byte of every record, and of the files where there are some. */
async function everythingStored(bench: Bench, name: BackendUnderTest): Promise<string> {
  const parts: string[] = [];
  for await (const { head, ...meta } of bench.backend.scan()) {
    const body = (await bench.backend.body(meta)) ?? new Uint8Array();
    parts.push(
      JSON.stringify(meta),
      Buffer.from(head).toString('latin1'),
      Buffer.from(body).toString('latin1'),
    );
  }
  if (name === 'sqlite') {
    const directory = path.dirname(bench.file);
    for (const file of readdirSync(directory)) {
      parts.push(readFileSync(path.join(directory, file)).toString('latin1'));
    }
  }
  return parts.join('\n');
}

const MINE: CacheOptions = { ignoredParameters: ['Session-Id', 'password'] };
const post = (data: unknown, type?: string): AxiosRequestConfig => ({
  method: 'post',
  data,
  headers: type === undefined ? {} : { 'Content-Type': type },
});

function multipart(): FormData {
  const form = new FormData();
  form.append('password', SECRET);
  form.append(
    'profile',
    new Blob([JSON.stringify({ deep: { password: SECRET } })], { type: 'application/json' }),
  );
  return form;
}

const ELEVEN_MIB = 'x'.repeat(11 * 1024 * 1024);

/** Where a secret may be, with the options that are needed for it to be known as one. */
const PLACES: readonly [
  where: string,
  request: (url: string) => AxiosRequestConfig,
  options?: CacheOptions,
][] = [
  ['Authorization', () => ({ headers: { authorization: `Bearer ${SECRET}` } })],
  ['a default name in another case', () => ({ headers: { 'x-aPI-kEY': SECRET } })],
  ['a name of the user’s in another case', () => ({ headers: { 'SESSION-ID': SECRET } }), MINE],
  ['Cookie', () => ({ headers: { Cookie: `sid=${SECRET}` } })],
  ['auth', () => ({ auth: { username: 'ada', password: SECRET } })],
  ['userinfo of the URL', (url) => ({ url: url.replace('http://', `http://ada:${SECRET}@`) })],
  ['the query', () => ({ params: { access_token: SECRET } })],
  ['nested parameters of the query', () => ({ params: { user: { api_key: SECRET } } })],
  ['a name of the user’s in the query', () => ({ params: { password: SECRET } }), MINE],
  ['a form', () => post(`password=${SECRET}&x=1`), MINE],
  ['JSON', () => post({ api_key: SECRET })],
  ['nested JSON', () => post({ user: { list: [{ password: SECRET }] } }), MINE],
  [
    'JSON below contentRootKey',
    () => post({ data: { password: SECRET }, x: 1 }),
    { ...MINE, contentRootKey: 'data' },
  ],
  [
    'JSON beside contentRootKey',
    () => post({ data: { x: 1 }, password: SECRET }),
    { ...MINE, contentRootKey: 'data' },
  ],
  ['JSON that is labelled as text', () => post(JSON.stringify({ password: SECRET }), 'text/plain'), MINE],
  ['multipart', () => post(multipart()), MINE],
  ['a body of more than 10 MiB', () => post({ password: SECRET, filler: ELEVEN_MIB }), MINE],
  ['the target of a redirect', () => ({ url: `/from?access_token=${SECRET}` })],
  ['Set-Cookie of the response', () => ({ url: '/login' })],
];

describe.each(BACKENDS_UNDER_TEST)('D14: secrets are stored in clear (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer(({ url }) => {
      if (url.startsWith('/from')) return { status: 302, headers: { location: url.replace('from', 'to') } };
      return { headers: { 'set-cookie': `sid=${SECRET}`, 'x-shown': VISIBLE }, body: 'fine' };
    });
  });

  it.each(PLACES)('not from %s', async (_where, request, options) => {
    const http = bench().wrap({ ...options, allowableMethods: ['GET', 'POST'] });
    const config = { url: '/a', ...request(`${bench().origin.url}/a`) };
    config.headers = { ...config.headers, 'X-Asked': VISIBLE };
    const sent = await http.request(config);
    expect([sent.data, sent.cache.stored]).toEqual(['fine', true]);
    expect((await http.request(config)).cache.fromCache).toBe(true);
    const stored = await everythingStored(bench(), name);
    // What the search would have to find, were it there.
    expect(stored.split(VISIBLE).length).toBeGreaterThan(2);
    expect(stored).not.toContain(SECRET);
    expect(stored).not.toContain(IN_BASE64);
    const shown = await http.cache.get(config);
    expect(JSON.stringify([shown, String(shown)])).not.toContain(SECRET);
  });

  it.each(PLACES.filter(([, , options]) => options !== undefined))(
    'what the user ignores in %s does not count for matching, either',
    async (_where, request, options) => {
      const http = bench().wrap({ ...options, allowableMethods: ['GET', 'POST'] });
      const config = { url: '/a', ...request(`${bench().origin.url}/a`) };
      const key = await http.cache.createKey(config);
      const changed = await http.cache.createKey(replaced(config, 'another'));
      // Beside its root the value still tells requests apart, though it is hidden.
      expect(changed === key).toBe(_where !== 'JSON beside contentRootKey');
    },
  );
});

/** The same request with another secret. */
function replaced(config: AxiosRequestConfig, secret: string): AxiosRequestConfig {
  if (config.data instanceof FormData) {
    const form = new FormData();
    form.append('password', secret);
    form.append(
      'profile',
      new Blob([JSON.stringify({ deep: { password: secret } })], { type: 'application/json' }),
    );
    return { ...config, data: form };
  }
  return JSON.parse(JSON.stringify(config).replaceAll(SECRET, secret)) as AxiosRequestConfig;
}
