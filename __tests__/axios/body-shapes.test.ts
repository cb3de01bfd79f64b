import axios, {
  type AxiosAdapter,
  type AxiosRequestConfig,
  type AxiosResponse,
  type ResponseType,
} from 'axios';
import { gzipSync } from 'node:zlib';
import { useBench } from '../helpers/bench.js';
import { type BodyView, outcomeOf } from '../helpers/body-views.js';
import { type Answer } from '../helpers/origin-server.js';

type Adapter = NonNullable<AxiosRequestConfig['adapter']>;

const getAdapter = axios.getAdapter as (name: string) => AxiosAdapter;
const functionOver =
  (name: string): AxiosAdapter =>
  (config) =>
    getAdapter(name)(config);

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  http: 'http',
  fetch: 'fetch',
  'a list of names': ['xhr', 'http', 'fetch'],
  'a list that begins with fetch, by another spelling': ['FETCH', 'http'],
  'axios’s own fetch function': getAdapter('fetch'),
  'a function over http': functionOver('http'),
  'a function over fetch': functionOver('fetch'),
  'a list of one function': [functionOver('fetch')],
};

const STORERS = ['http', 'fetch', 'a function over fetch'];

const RESPONSE_TYPES = [
  undefined,
  'json',
  'text',
  'arraybuffer',
  'blob',
  'BLOB',
  'document',
  'formdata',
  'stream',
  'STREAM',
  'nonsense',
] as (ResponseType | undefined)[];

const BOUNDARY = 'x'.repeat(20);
const MULTIPART = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="field"',
  '',
  'grüße',
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="a.bin"',
  'Content-Type: application/octet-stream',
  '',
  'bytes\u0000\u0001',
  `--${BOUNDARY}--`,
  '',
].join('\r\n');
const multipart = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

const BODIES: Readonly<Record<string, Exclude<Answer, () => void>>> = {
  JSON: { headers: { 'content-type': 'application/json' }, body: '{"n": 1.10, "umlaut": "äöü"}' },
  'a byte order mark': { headers: { 'content-type': 'text/plain' }, body: '\ufeffgrüße' },
  'bytes that are not UTF-8': {
    headers: { 'content-type': 'TEXT/Plain; charset=ISO-8859-1' },
    body: Buffer.from([0x67, 0xfc, 0xdf, 0xff, 0x00]),
  },
  'no content type': { body: 'grüße' },
  gzip: {
    headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' },
    body: gzipSync('grüße '.repeat(100)),
  },
  'a multipart form': { headers: multipart, body: MULTIPART },
  'a form of URL-encoded fields': {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=1&b=%C3%BC&a=2',
  },
  'a form that breaks off': { headers: multipart, body: MULTIPART.slice(0, 150) },
  'an empty body': { headers: { 'content-type': 'text/plain' }, body: '' },
  'an empty form': { headers: multipart, body: '' },
  'status 204': { status: 204, headers: { 'content-type': 'text/plain' } },
  'status 404': { status: 404, headers: { 'content-type': 'text/html' }, body: '<p>no' },
};

/** Asks by every adapter for every type, and notes what came of it. */
async function survey(
  ask: (config: AxiosRequestConfig, path: string) => Promise<AxiosResponse>,
  readers: readonly string[] = Object.keys(ADAPTERS),
): Promise<Record<string, BodyView>> {
  const outcomes: Record<string, BodyView> = {};
  for (const reader of readers) {
    const adapter = ADAPTERS[reader] as Adapter;
    for (const responseType of RESPONSE_TYPES) {
      const config: AxiosRequestConfig = { adapter, ...(responseType === undefined ? {} : { responseType }) };
      const title = `${reader}, ${String(responseType)}`;
      outcomes[title] = await outcomeOf(ask(config, `/${encodeURIComponent(title)}`));
    }
  }
  return outcomes;
}

describe.each(Object.keys(BODIES))(
  'every adapter and responseType gives what it gives without a cache: %s',
  (body) => {
    const bench = useBench();
    const options = { allowableCodes: [200, 204, 404] };
    const untransformed = { transformResponse: [] };
    beforeEach(() => bench().answer(({ url }) => (url === '/known' ? {} : (BODIES[body] as Answer))));

    it.each(Object.keys(ADAPTERS))('when %s asks for the first time', async (reader) => {
      const plain = bench().plain(untransformed);
      const http = bench().wrap(options, untransformed);
      const expected = await survey((config) => plain.get('/a', config), [reader]);
      const missed = await survey((config, path) => http.get(path, config), [reader]);
      expect(Object.keys(expected)).toHaveLength(RESPONSE_TYPES.length);
      expect(missed).toEqual(expected);
    });

    it.each(STORERS)('when %s has stored it', async (storer) => {
      const http = bench().wrap(options, untransformed);
      // A function is known after its first answer.
      for (const adapter of Object.values(ADAPTERS))
        await http.get('/known', { adapter, cache: { refresh: true } });
      await http.get('/a', { adapter: ADAPTERS[storer] as Adapter, validateStatus: null });
      const plain = bench().plain(untransformed);
      const expected = await survey((config) => plain.get('/plain', config));
      const hits = await survey((config) => http.get('/a', { ...config, cache: { onlyIfCached: true } }));
      expect(hits).toEqual(expected);
    });
  },
);
