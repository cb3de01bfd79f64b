import { CookieJar } from 'tough-cookie';
import { type AxiosRequestConfig } from 'axios';
import { type Context } from './context.js';

const ECHOED = [
  ...['Authorization', 'pROXY-authorization', 'X-API-KEY', 'x-auth-token', 'X-Api-Token', 'X-Access-Token'],
  ...['access_token', 'api_key', 'apikey', 'Cookie', 'x-REPLY', 'X-Mine', 'Set-Cookie', 'Set-Cookie2'],
];

/** Fields that hold a URL, or several. */
const URL_FIELDS: Readonly<Record<string, (url: string) => string>> = {
  Location: (url) => url,
  'Content-Location': (url) => url,
  Link: (url) => `<${url}>; rel="next", <${url}&page=2>; rel="last"`,
  Refresh: (url) => `5; url=${url}`,
  'X-Original-URL': (url) => url,
  'X-Urls': (url) => `https://b.test/,${url}`,
  'X-Filtered': (url) => `<${url.replace('x=1', "x='1'")}>`,
  SourceMap: (url) => url,
  'Content-Security-Policy': (url) => `default-src 'self'; report-uri ${url}`,
};

/** Where a client goes next: a response in which they have credentials is not stored at all. */
const LEADING = ['Location', 'Link', 'Refresh'];

/** Everything of a response that must not be stored, each with a secret of its own. */
function secretFields(context: Context, place: string): Record<string, string> {
  const { secrets, origin } = context;
  const fields: Record<string, string> = {};
  for (const name of ECHOED) fields[name] = `sid=${secrets.of(`${place}-${name.toLowerCase()}`)}`;
  for (const [name, write] of Object.entries(URL_FIELDS)) {
    const of = (part: string): string => secrets.of(`${place}-${name.toLowerCase()}-${part}`);
    if (LEADING.includes(name)) {
      fields[name] = write(`${origin.url}/at?x=1&mine=${of('listed')}#/a?mine=${of('fragment')}`);
      continue;
    }
    const userinfo = `${of('user')}:${of('password')}@`;
    const query = `x=1&access_token=${of('query')}&mine=${of('listed')}`;
    fields[name] = write(
      `${origin.url.replace('//', `//${userinfo}`)}/at?${query}#/a?id_token=${of('fragment')}`,
    );
  }
  return fields;
}

/** Responses with secrets in their header fields, and all the ways on which such fields reach storage. */
export async function answerWithSecrets(context: Context): Promise<void> {
  await answerAtOnce(context);
  await answerByUpdates(context);
  await answerByVary(context);
  await answerByConditions(context);
  await answerInTrouble(context);
  await answerInParts(context);
  await answerToJars(context);
}

async function answerAtOnce(context: Context): Promise<void> {
  const withSecrets = (place: string, status = 200) =>
    context.path(() => ({ status, headers: secretFields(context, place), body: 'fine' }));
  for (const cacheControl of [false, true]) {
    const http = context.wrap({ cacheControl });
    await context.store({ url: withSecrets(`plain-${cacheControl}`) }, http);
    await context.store({ url: withSecrets(`created-${cacheControl}`, 201), method: 'POST' }, http);
  }
  // A redirect that is not followed is a response as others are.
  for (const status of context.some([301, 302, 303, 307, 308])) {
    await context.store({ url: withSecrets(`unfollowed-${status}`, status), maxRedirects: 0 });
  }
  for (const [name, write] of Object.entries(URL_FIELDS)) {
    const query = `?access_token=${context.secrets.of(`relative-${name.toLowerCase()}`)}`;
    for (const url of [`/at${query}`, `${context.origin.url}/${query}`, `at${query}`, query]) {
      const path = context.path(() => ({ headers: { [name]: write(url) } }));
      const { cache } = await context.http.get(path);
      if (cache.stored === LEADING.includes(name)) throw new Error(`${name}: ${write(url)}: ${cache.reason}`);
    }
  }
  const stream = await context.http.get<NodeJS.ReadableStream>(withSecrets('stream'), {
    responseType: 'stream',
    headers: { Authorization: context.secrets.of('stream-header') },
  });
  for await (const _chunk of stream.data) continue;
}

async function answerByUpdates(context: Context): Promise<void> {
  const url = context.path(({ method }, count) => {
    const headers = { etag: '"v"', 'cache-control': 'max-age=10' };
    if (method === 'HEAD') return { headers: { ...headers, ...secretFields(context, `head-${count}`) } };
    return count === 1
      ? { headers, body: 'fine' }
      : {
          status: 304,
          headers: { ...headers, ...withoutLocation(secretFields(context, `confirmed-${count}`)) },
        };
  });
  const http = context.wrap({ cacheControl: true });
  const asked = { headers: { 'X-Mine': context.secrets.of('confirmed-mine') } };
  await http.get(url, asked);
  context.clock.advanceSeconds(20);
  expectTold(await http.get(url, asked), 'revalidated');
  await http.head(url, asked);
  context.clock.advanceSeconds(20);
  await http.get(url, { ...asked, headers: { ...asked.headers, Cookie: context.secrets.of('other-user') } });
}

/** What is nominated is compared later, and so has to be kept in some form. */
async function answerByVary(context: Context): Promise<void> {
  const { secrets } = context;
  const fields = ['Authorization', 'Cookie', 'X-Api-Key', 'X-Mine', 'Proxy-Authorization', 'X-CSRF-Token'];
  const varying = () => context.path(() => ({ headers: { vary: fields.join(', ') } }));
  const presented = (place: string): Record<string, string> =>
    Object.fromEntries(fields.map((name) => [name, secrets.of(`${place}-${name.toLowerCase()}`)]));
  await context.store({ url: varying(), headers: presented('vary') });
  await context.store({ url: varying(), auth: { username: 'ada', password: secrets.of('vary-auth') } });
  await context.store({ url: varying(), headers: presented('vary-own-key'), cache: { key: 'varies' } });
  for (const name of ['Referer', 'Origin', 'X-Original-URL']) {
    const url = context.path(() => ({ headers: { vary: name } }));
    const value = `http://${secrets.of('vary-user')}:x@a.test/?token=${secrets.of('vary-query')}`;
    await context.store({ url, headers: { [name]: value } });
  }
}

/** Also where an origin varies by them, nobody needs to see what a caller's conditions were. */
async function answerByConditions(context: Context): Promise<void> {
  for (const name of ['If-None-Match', 'If-Range']) {
    const url = context.path(() => ({ headers: { vary: name }, body: 'fine' }));
    await context.http.get(url, { headers: { [name]: `"${context.secrets.of(`vary-${name}`)}"` } });
    if ((await context.http.cache.get({ url })) === undefined && !(await context.http.cache.hasUrl(url)))
      throw new Error(`Not stored: what varies by ${name}.`);
  }
}

async function answerInTrouble(context: Context): Promise<void> {
  const { secrets } = context;
  const failing = (place: string) =>
    context.path((_request, count) =>
      count === 1
        ? { headers: { 'x-reply': secrets.of(`${place}-first`) }, body: 'fine' }
        : { status: 503, headers: secretFields(context, place), statusText: 'Out' },
    );
  for (const option of ['staleIfError', 'staleWhileRevalidate'] as const) {
    const http = context.wrap({ [option]: 3600, expireAfter: 10 });
    const asked = { url: failing(option), headers: { Authorization: secrets.of(`${option}-header`) } };
    await http.request(asked);
    context.clock.advanceSeconds(20);
    expectTold(await http.request(asked), 'stale');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function answerInParts(context: Context): Promise<void> {
  const text = 'a body of thirty characters ...';
  const url = context.path(({ headers }, count) => {
    const [, first = '0', last = '9'] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
    const range = `bytes ${first}-${last}/${text.length}`;
    const fields = { etag: '"v"', 'content-range': range, ...secretFields(context, `part-${count}`) };
    return { status: 206, headers: fields, body: text.slice(Number(first), Number(last) + 1) };
  });
  const http = context.wrap({ cacheControl: true });
  const asked = (range: string): AxiosRequestConfig => ({
    url,
    headers: { Range: range, Authorization: context.secrets.of('part-header') },
    responseType: 'arraybuffer',
  });
  await context.store(asked('bytes=0-9'), http);
  await http.request(asked('bytes=10-19'));
  const conditional = { Range: 'bytes=0-3', 'If-Range': `"${context.secrets.of('if-range')}"` };
  await http.get(
    context.path(() => ({ body: text })),
    { headers: conditional },
  );
}

async function answerToJars(context: Context): Promise<void> {
  const { secrets, origin } = context;
  const jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
  jar.setCookieSync(`sid=${secrets.of('jar')}`, origin.url);
  const { wrapper } = await import('axios-cookiejar-support');
  const http = context.http;
  // The types of the package are of another axios.
  wrapper(http as unknown as Parameters<typeof wrapper>[0]);
  const set = { 'set-cookie': `seen=${secrets.of('jar-set')}`, vary: 'cookie' };
  await http.get(
    context.path(() => ({ headers: set })),
    { jar },
  );
  await http.get(context.path(), { jar });
  // The cookies of the jar are part of what a redirect is followed with.
  const target = context.path();
  await http.get(
    context.path(() => ({ status: 302, headers: { ...set, location: target } })),
    { jar },
  );
}

/** What axios follows would take a 304 with this field for a redirect. */
function withoutLocation({ Location: _location, ...others }: Record<string, string>): Record<string, string> {
  return others;
}

function expectTold(
  { cache }: { cache: Record<'stale' | 'revalidated', boolean> & { reason: string } },
  word: 'stale' | 'revalidated',
): void {
  if (!cache[word]) throw new Error(`The response is not ${word}: ${cache.reason}`);
}
