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

function multipart(secret: string): FormData {
  const form = new FormData();
  const profile = JSON.stringify({ deep: { password: secret } });
  form.append('password', secret);
  form.append('profile', new Blob([profile], { type: 'application/json' }));
  return form;
}

const ELEVEN_MIB = 'x'.repeat(11 * 1024 * 1024);

interface Place {
  readonly where: string;
  readonly request: (url: string) => AxiosRequestConfig;
  /** What is needed for the value to be known as a secret; undefined: nothing. */
  readonly options?: CacheOptions;
  /** Whether the value, though hidden, still tells requests apart. */
  readonly counts?: true;
}

const below: CacheOptions = { ...MINE, contentRootKey: 'data' };
const PLACES: readonly Place[] = [
  { where: 'Authorization', request: () => ({ headers: { authorization: `Bearer ${SECRET}` } }) },
  { where: 'a default name in another case', request: () => ({ headers: { 'x-aPI-kEY': SECRET } }) },
  {
    where: 'a listed name in another case',
    request: () => ({ headers: { 'SESSION-ID': SECRET } }),
    options: MINE,
  },
  { where: 'Cookie', request: () => ({ headers: { Cookie: `sid=${SECRET}` } }) },
  { where: 'auth', request: () => ({ auth: { username: 'ada', password: SECRET } }) },
  {
    where: 'userinfo of the URL',
    request: (url) => ({ url: url.replace('http://', `http://ada:${SECRET}@`) }),
  },
  { where: 'the query', request: () => ({ params: { access_token: SECRET } }) },
  { where: 'nested parameters of the query', request: () => ({ params: { user: { api_key: SECRET } } }) },
  { where: 'a listed name in the query', request: () => ({ params: { password: SECRET } }), options: MINE },
  { where: 'a form', request: () => post(`password=${SECRET}&x=1`), options: MINE },
  { where: 'JSON', request: () => post({ api_key: SECRET }) },
  { where: 'nested JSON', request: () => post({ user: { list: [{ password: SECRET }] } }), options: MINE },
  { where: 'JSON below the root', request: () => post({ data: { password: SECRET }, x: 1 }), options: below },
  {
    where: 'JSON beside the root',
    request: () => post({ data: { x: 1 }, password: SECRET }),
    options: below,
    counts: true,
  },
  {
    where: 'JSON that is labelled as text',
    request: () => post(JSON.stringify({ password: SECRET }), 'text/plain'),
    options: MINE,
    counts: true,
  },
  { where: 'multipart', request: () => post(multipart(SECRET)), options: MINE },
  {
    where: 'a body of more than 10 MiB',
    request: () => post({ password: SECRET, filler: ELEVEN_MIB }),
    options: MINE,
  },
  { where: 'the target of a redirect', request: () => ({ url: `/from?access_token=${SECRET}` }) },
  { where: 'Set-Cookie of the response', request: () => ({ url: '/login' }) },
];

describe.each(BACKENDS_UNDER_TEST)('D14: secrets are stored in clear (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer(({ url }) => {
      if (url.startsWith('/from')) return { status: 302, headers: { location: url.replace('from', 'to') } };
      return { headers: { 'set-cookie': `sid=${SECRET}`, 'x-shown': VISIBLE }, body: 'fine' };
    });
  });

  it.each(PLACES)('not from $where', async ({ request, options }) => {
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

  it.each(PLACES.filter(({ options }) => options !== undefined))(
    'what is listed counts for matching only where it is told to: $where',
    async ({ request, options, counts = false }) => {
      const http = bench().wrap({ ...options, allowableMethods: ['GET', 'POST'] });
      const config = { url: '/a', ...request(`${bench().origin.url}/a`) };
      const key = await http.cache.createKey(config);
      expect((await http.cache.createKey(withAnother(config))) === key).toBe(!counts);
    },
  );
});

/** The same request with another secret. */
function withAnother(config: AxiosRequestConfig): AxiosRequestConfig {
  if (config.data instanceof FormData) return { ...config, data: multipart('another') };
  return JSON.parse(JSON.stringify(config).replaceAll(SECRET, 'another')) as AxiosRequestConfig;
}
