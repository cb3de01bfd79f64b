import axios from 'axios';
import { gzipSync } from 'node:zlib';
import { fromRecordMeta, toRecord } from '../../lib/cache/stored-response.js';
import {
  type Backend,
  type CacheOptions,
  initBackend,
  rfc9111,
  type StoredRecord,
  withCache,
} from '../../lib/index.js';
import { type Handler, OriginServer } from '../helpers/origin-server.js';

/** All byte values, which no text has. */
export const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
/** What ends a script, a line, a tag; and what is beyond ASCII. */
export const NASTY = '{"text":"</script><b>\\u2028 \u2028 é 😀"}';

const FRESH = { 'Cache-Control': 'max-age=3600, stale-while-revalidate=60', ETag: '"v1"' };

/** What lasts for an hour, for no time that can be told, until a day, and for the session; and what says nothing that can be understood. */
export const COOKIES = [
  'theme=a=b%20c; Path=/shop; Domain=example.com; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly',
  'old=1; Max-Age=1e300',
  'day=2; expires=Wed, 21 Oct 2099 07:28:00 GMT',
  'session=3; SameSite=Lax',
  'odd=4; Max-Age=soon; Expires=never',
];

const ANSWERS: Readonly<Record<string, Handler>> = {
  '/binary': () => ({ headers: { ...FRESH, 'Content-Type': 'image/png' }, body: ALL_BYTES }),
  '/json': () => ({ headers: { ...FRESH, 'Content-Type': 'application/json' }, body: NASTY }),
  '/gzip': () => ({
    headers: { ...FRESH, 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' },
    body: gzipSync('once compressed'),
  }),
  '/variants': ({ headers }) => ({
    headers: { ...FRESH, Vary: 'Accept-Language' },
    body: `in ${String(headers['accept-language'])}`,
  }),
  '/moved': () => ({ status: 302, headers: { ...FRESH, Location: '/arrived' } }),
  '/part': () => ({
    status: 206,
    headers: { ...FRESH, 'Content-Range': 'bytes 0-9/100' },
    body: '0123456789',
  }),
  '/stale': () => ({
    headers: { 'Cache-Control': 'max-age=0, must-revalidate', ETag: '"s"' },
    body: 'stale',
  }),
  '/missing': () => ({ status: 404, headers: FRESH, body: 'nothing here' }),
  '/cookies': () => ({
    headers: { ...FRESH, 'Set-Cookie': COOKIES },
    body: 'with cookies',
  }),
  '/empty': () => ({ headers: FRESH, body: '' }),
};

/** The paths of what {@link fill} stores; `/variants` twice. */
export const STORED = 11;

/** An origin that answers with all kinds of bodies. */
export function startOrigin(): Promise<OriginServer> {
  return OriginServer.start((request, count) => {
    const handler = ANSWERS[request.url.split('?')[0] ?? ''];
    return handler === undefined
      ? { headers: FRESH, body: `answer of ${request.url.split('?')[0]}` }
      : handler(request, count);
  });
}

/** Fills a store by requests, in all the ways in which records differ. */
export async function fill(origin: OriginServer, options: CacheOptions): Promise<void> {
  const http = withCache(axios.create({ baseURL: origin.url, validateStatus: null }), {
    ...rfc9111,
    ...options,
  });
  await http.get('/binary', { responseType: 'arraybuffer' });
  await http.get('/json', { cache: { tags: ['user:7'] } });
  await http.get('/gzip', { decompress: false, responseType: 'arraybuffer' });
  await http.get('/variants', { headers: { 'Accept-Language': 'de' } });
  await http.get('/variants', { headers: { 'Accept-Language': 'fr' } });
  await http.get('/moved');
  await http.get('/part', { headers: { Range: 'bytes=0-9' }, responseType: 'arraybuffer' });
  await http.get('/stale');
  await http.get('/missing');
  await http.get('/empty', { cache: { key: 'a key of \u001b[31mmy own' } });
  await http.get('/user?token=hidden-token', { headers: { Authorization: 'Bearer hidden-bearer' } });
  await http.cache.close();
}

/** Stores many responses that differ by their URLs and keys: copies of one that was stored by hand. */
export async function fillWith(count: number, cacheName: string, body = 'x'.repeat(100)): Promise<void> {
  const backend = initBackend(cacheName, 'sqlite', { fastSave: true });
  const http = withCache(axios.create({ baseURL: 'https://api.example.com' }), { backend });
  const config = { url: '/items/0' };
  const response = {
    data: body,
    status: 200,
    statusText: '',
    headers: { 'content-type': 'text/plain' },
    config,
  };
  const key = await http.cache.saveResponse(response, { expireAfter: '1h' });
  const [record] = await backend.get(key);
  if (record?.body === undefined) throw new Error('Nothing was stored.');
  const { stored } = fromRecordMeta(record);
  for (let index = 1; index < count; index++) {
    const copy = {
      ...stored,
      key: index.toString(16).padStart(64, '0'),
      url: `${stored.url.slice(0, -1)}${index}`,
    };
    await backend.put(toRecord(copy, record.body));
  }
  await http.cache.close();
}

/** All records of a store, whole, by address: to be compared. */
export async function recordsOf(backend: Backend): Promise<Readonly<Record<string, unknown>>> {
  const records: Record<string, unknown> = {};
  for await (const { key, variant } of backend.scan()) {
    const found = (await backend.get(key)).find((one) => one.variant === variant);
    const body = found?.body ?? (await backend.body({ key, variant }));
    if (found === undefined || body === undefined) throw new Error(`${key} is listed, and not there.`);
    records[JSON.stringify([key, variant])] = comparable({ ...found, body });
  }
  return records;
}

function comparable({
  head,
  body,
  resource,
  createdAt,
  expiresAt,
  retainUntil,
  bodyBytes,
}: StoredRecord): object {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return { head: base64(head), body: base64(body), resource, createdAt, expiresAt, retainUntil, bodyBytes };
}
