/**
 * Takes along what requests-cache for Python has stored: reads the files of its `filesystem` backend with `serializer='json'`,
 * stores each response here, and shows that it is answered. The guide (guides/from-requests-cache.md) has the names.
 *
 *     npm run example -- migrate-from-requests-cache                          # files like those of requests-cache 1.3
 *     npm run example -- migrate-from-requests-cache ~/.cache/mine mine.sqlite
 *
 * What is in another backend or notation, Python copies there before:
 *
 *     CachedSession('to', backend='filesystem', serializer='json').cache.update(CachedSession('from').cache)
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { type CachedAxiosInstance, NEVER_EXPIRE, withCache } from 'axios-persistent-cache';

/** A response as requests-cache writes it; what is not used here is left out. */
interface PythonResponse {
  readonly status_code: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  /** None, where it never expires. */
  readonly expires?: string | null;
  /** The body: in base64, or as the JSON or the text that it is. */
  readonly _content?: string;
  readonly _decoded_content?: unknown;
}

/** Names of what has been decoded already, and of a connection that is over. */
const NOT_TAKEN = /^(?:content-encoding|content-length|transfer-encoding|connection|keep-alive|set-cookie)$/i;

async function main(): Promise<void> {
  const [given, target] = process.argv.slice(2);
  const directory = given ?? makeSample();
  const http = withCache(axios.create(), {
    ...(target === undefined ? { backend: 'memory' as const } : { cacheName: target }),
    // Whatever is not stored is asked for; here nobody is.
    onlyIfCached: true,
  });
  try {
    let [taken, left] = [0, 0];
    for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
      const response = JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as PythonResponse;
      if (await take(http, response)) taken += 1;
      else left += 1;
    }
    console.log(`${taken} taken along, ${left} left: whose they are, or what was sent, is not known`);
    for await (const stored of http.cache.values()) {
      const { data, cache } = await http.get<unknown>(stored.url, { responseType: 'text' });
      const expires = cache.expiresAt?.toISOString().slice(0, 10) ?? 'never';
      console.log(
        `${stored.url}  ${String(data).length} characters  fromCache: ${cache.fromCache}  expires: ${expires}`,
      );
    }
  } finally {
    await http.cache.close();
    if (given === undefined) rmSync(directory, { recursive: true });
  }
}

/** Whether a response could be stored here: credentials and bodies of requests are not written down there. */
async function take(http: CachedAxiosInstance, response: PythonResponse): Promise<boolean> {
  const { request, status_code: status, reason, headers, expires } = response;
  if (request.body != null || Object.values(request.headers).includes('REDACTED')) return false;
  if (/\bREDACTED\b/.test(request.url) || !['GET', 'HEAD'].includes(request.method)) return false;
  const kept = Object.entries(headers).filter(([name]) => !NOT_TAKEN.test(name));
  await http.cache.saveResponse(
    {
      status,
      statusText: reason,
      headers: Object.fromEntries(kept),
      data: bodyOf(response),
      config: { method: request.method, url: request.url },
    },
    { expireAfter: expires == null ? NEVER_EXPIRE : new Date(expires) },
  );
  return true;
}

function bodyOf({ _content: base64, _decoded_content: decoded }: PythonResponse): Buffer {
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  return Buffer.from(typeof decoded === 'string' ? decoded : JSON.stringify(decoded ?? ''));
}

/** What `CachedSession('sample', backend='filesystem', serializer='json', expire_after=…)` leaves. */
function makeSample(): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'requests-cache-'));
  const write = (
    name: string,
    response: Partial<PythonResponse>,
    headers: Record<string, string> = {},
  ): void => {
    const whole = {
      created_at: '2026-01-01T12:00:00.000000+00:00',
      elapsed: 0.01,
      expires: '2099-01-01T12:00:00.000000+00:00',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip', ETag: '"1"' },
      reason: 'OK',
      request: {
        headers: { Accept: '*/*', 'User-Agent': 'python-requests/2.34', ...headers },
        method: 'GET',
        url: `https://api.example.com/${name}`,
      },
      status_code: 200,
      url: `https://api.example.com/${name}`,
      ...response,
    };
    writeFileSync(path.join(directory, `${name}.json`), JSON.stringify(whole, undefined, 2));
  };
  write('cities', { _decoded_content: ['Vienna', 'Graz'] });
  write('logo', {
    _content: Buffer.from('an image').toString('base64'),
    headers: { 'Content-Type': 'image/png' },
  });
  write('terms', { _decoded_content: 'Be kind.', headers: { 'Content-Type': 'text/plain' }, expires: null });
  write('account', { _decoded_content: { name: 'Ada' } }, { Authorization: 'REDACTED' });
  return directory;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
