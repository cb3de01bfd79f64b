import { type AxiosRequestConfig } from 'axios';
import { type Context, LISTED } from './context.js';

const HEADERS = [
  ...['aUTHORIZATION', 'proxy-AUTHORIZATION', 'cOOKIE', 'x-aPI-kEY', 'X-Auth-Token', 'x-api-token'],
  ...['X-ACCESS-TOKEN', 'apikey', 'X-CSRF-Token', 'X-Session-Id', 'X-Amz-Security-Token', 'X-Hub-Signature'],
  ...['Private-Token', 'X_Client_Secret', 'x-MINE', 'AccessToken', 'X-Password', 'X-RapidAPI-Key'],
  ...['X-Forwarded-Authorization', 'X-JWT-Assertion', 'DPoP', 'Authentication', 'X-GitHub-OTP'],
];

const FIELDS = [
  ...[
    'access_token',
    'API_KEY',
    'apikey',
    'accessToken',
    'refresh_token',
    'id_token',
    'token',
    'jwt',
    'mine',
  ],
  ...['client_secret', 'password', 'passwd', 'pwd', 'sig', 'signature', 'session-id', 'sid', 'X-API-Key'],
  ...['X-Amz-Signature', 'X-Amz-Security-Token', 'X-Amz-Credential', 'X-Goog-Signature', 'authorization'],
  ...['oauth_token', 'oauth_signature', 'session_token', 'passphrase', 'code_verifier', 'client_assertion'],
];

const named = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');

/** Requests with secrets in their header fields and URLs. */
export async function sendSecrets(context: Context): Promise<void> {
  await sendInHeaders(context);
  await sendInQueries(context);
  await sendElsewhere(context);
  await sendWithOwnKeys(context);
}

async function sendInHeaders(context: Context): Promise<void> {
  const { secrets } = context;
  for (const name of context.some(HEADERS)) {
    await context.store({ headers: { [name]: secrets.of(`header-${named(name)}`) } });
  }
  await context.store({ headers: { Authorization: secrets.in(`Bearer ${secrets.of('bearer')}`) } });
  await context.store({ headers: { Cookie: secrets.in(`sid=${secrets.of('sid')}; theme=dark`) } });
  await context.store({ headers: { 'X-Mine': [secrets.of('line-1'), secrets.of('line-2')] } });
  const matching = context.wrap({ matchHeaders: true });
  const all = HEADERS.map((name) => [name, secrets.of(`matched-${named(name)}`)]);
  await context.store({ headers: Object.fromEntries(all) as Record<string, string> }, matching);
  const list = context.wrap({ matchHeaders: ['X-Mine', 'Authorization', 'Referer', 'X-Target'] });
  for (const http of [context.http, matching, list]) {
    for (const name of ['Referer', 'Origin', 'X-Original-URL', 'X-Target', 'Destination']) {
      const url = `http://${secrets.of(`${name}-user`)}:${secrets.of(`${name}-password`)}@a.test/`;
      await context.store({ headers: { [name]: url } }, http);
      const query = `http://a.test/?x=1&access_token=${secrets.of(`${name}-query`)}`;
      await context.store({ headers: { [name]: `${query}#token=${secrets.of(`${name}-fragment`)}` } }, http);
    }
  }
  const conditional = { 'If-None-Match': `"${secrets.of('if-none-match')}"` };
  await context.http.get(context.path(), { headers: conditional });
  await context.wrap({ cacheControl: true }).get(context.path(), { headers: conditional });
}

async function sendInQueries(context: Context): Promise<void> {
  const { secrets } = context;
  const written: ((name: string, secret: string) => AxiosRequestConfig)[] = [
    (name, secret) => ({ params: { [name]: secret } }),
    (name, secret) => ({ params: { [name]: [secret, secret], x: 1 } }),
    (name, secret) => ({ params: { user: { deep: { [name]: secret } } } }),
    (name, secret) => ({ params: { list: [{ [name]: secret }] } }),
    (name, secret) => ({ url: `${context.path()}?y=1&${percentEncoded(name)}=${secret}` }),
    (name, secret) => ({ url: `${context.path()}?y=1&${name}=${percentEncoded(secret)}` }),
    (name, secret) => ({ url: `${context.path()}?y=1;${name}=${secret}` }),
    (name, secret) => ({ url: `${context.path()}?user.${name}=${secret}` }),
    // A value that is a URL or JSON has names of its own.
    (name, secret) => ({ params: { next: `/login?${name}=${secret}` } }),
    (name, secret) => ({ params: { next: `https://a.test/b#x=1&${name}=${secret}` } }),
    (name, secret) => ({ params: { next: `/a?then=${encodeURIComponent(`/b?${name}=${secret}`)}` } }),
    (name, secret) => ({ params: { variables: JSON.stringify({ input: [{ [name]: secret }] }) } }),
    (name, secret) => ({ params: { variables: JSON.stringify({ next: `/b?${name}=${secret}` }) } }),
    (name, secret) => ({ params: { variables: JSON.stringify({ a: JSON.stringify({ [name]: secret }) }) } }),
    (name, secret) => ({ params: { next: encodeURIComponent(`/b?${name}=${secret}`) } }),
    // Not UTF-8, which servers read all the same.
    (name, secret) => ({ url: `${context.path()}?next=%2Fb%3Fx%3D%E4%26${name}%3D${secret}` }),
    (name, secret) => ({ url: `${context.path()}?https://a.test/?${name}=${secret}` }),
    (name, secret) => ({ url: `${context.path()}?${encodeURIComponent(`/b?${name}=${secret}`)}` }),
    (name, secret) => ({ url: `${context.path()}?x#${name}=${secret}` }),
  ];
  for (const [index, request] of context.some(written).entries()) {
    for (const name of index === 0 ? context.some(FIELDS) : ['mine', 'api_key', 'X-Amz-Signature']) {
      await context.store(request(name, secrets.of(`query-${index}-${named(name)}`)));
    }
  }
  await context.store({ params: { next: `https://${secrets.of('nested-user')}:x@a.test/` } });
}

/** Every character by its code. */
const percentEncoded = (text: string): string =>
  [...Buffer.from(text)].map((code) => `%${code.toString(16)}`).join('');

async function sendElsewhere(context: Context): Promise<void> {
  const { secrets, origin } = context;
  const [user, password] = [secrets.of('auth-user'), secrets.of('auth-password')];
  secrets.in(`${user}:${password}`);
  secrets.in(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  await context.store({ auth: { username: user, password } });
  const userinfo = `${secrets.of('userinfo-user')}:${secrets.of('userinfo-password')}`;
  secrets.in(`Basic ${Buffer.from(secrets.in(userinfo)).toString('base64')}`);
  await context.store({ url: `${origin.url.replace('//', `//${userinfo}@`)}${context.path()}` });
  // The origin plays the proxy: it is sent the whole URL.
  const { hostname, port } = new URL(origin.url);
  const auth = { username: secrets.of('proxy-user'), password: secrets.of('proxy-password') };
  const proxy = { host: hostname, port: Number(port), auth };
  await context.store({ url: `http://a.test${context.path()}`, proxy });
  await context.store({
    method: 'POST',
    headers: { 'X-HTTP-Method-Override': 'GET', Authorization: secrets.of('overridden') },
    params: { token: secrets.of('overridden-query') },
  });
  for (const method of ['HEAD', 'PUT', 'PATCH', 'QUERY']) {
    const headers = { Authorization: secrets.of(`${method}-header`), 'X-Mine': secrets.of(`${method}-mine`) };
    await context.store({ method, headers, params: { mine: secrets.of(`${method}-query`) } });
  }
}

async function sendWithOwnKeys(context: Context): Promise<void> {
  const { secrets } = context;
  const secretly = (place: string): AxiosRequestConfig => ({
    headers: { Authorization: secrets.of(`${place}-header`), 'X-Mine': secrets.of(`${place}-mine`) },
    params: Object.fromEntries(
      [...LISTED, 'token'].map((name) => [name, secrets.of(`${place}-${named(name)}`)]),
    ),
  });
  await context.store({ ...secretly('own-key'), cache: { key: 'a key of its own' } });
  await context.store(secretly('key-fn'), context.wrap({ keyFn: ({ url }) => `by function: ${url}` }));
  await context.store(
    secretly('default-key'),
    context.wrap({ keyFn: (_request, defaultKey) => defaultKey() }),
  );
}
