import { openPage } from '../helpers/browser-globals.js';
// After the globals: axios looks for them when it is loaded.
import {
  type AxiosProgressEvent,
  type AxiosRequestConfig,
  type AxiosResponse,
  type ResponseType,
} from 'axios';
import { useBench } from '../helpers/bench.js';
import { type Answer } from '../helpers/origin-server.js';

const RESPONSE_TYPES = [
  undefined,
  'json',
  'text',
  'arraybuffer',
  'blob',
  'document',
  'formdata',
  'stream',
  'TEXT',
] as (ResponseType | undefined)[];

const type = (contentType: string): { headers: Record<string, string> } => ({
  headers: { 'content-type': contentType },
});

const BODIES: Readonly<Record<string, Exclude<Answer, () => void>>> = {
  'text in UTF-8': { ...type('text/plain'), body: 'grüße' },
  'no content type': { body: 'grüße' },
  'text in Latin-1': { ...type('text/plain; charset=ISO-8859-1'), body: Buffer.from('grüße', 'latin1') },
  'text in windows-1251': {
    ...type('text/plain;charset="windows-1251"'),
    body: Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
  },
  'text in Shift_JIS': {
    ...type('text/plain;charset=shift_jis'),
    body: Buffer.from([0x93, 0xfa, 0x96, 0x7b]),
  },
  'an encoding that does not exist': { ...type('text/plain;charset=nope'), body: 'grüße' },
  'a byte order mark': { ...type('text/plain;charset=iso-8859-1'), body: '\ufeffgrüße' },
  'a byte order mark of UTF-16': {
    ...type('text/plain;charset=utf-8'),
    body: Buffer.from('\ufeffgrüße', 'utf16le'),
  },
  HTML: { ...type('text/html;charset=utf-8'), body: '<!doctype html><title>ä</title><p>hi' },
  XML: { ...type('application/xml'), body: '<a><b c="ä"/></a>' },
  'an XML dialect': { ...type('image/svg+xml'), body: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
  'XML that is not well formed': { ...type('text/xml'), body: '<a></b>' },
  JSON: { ...type('application/json'), body: '{"a":"ä"}' },
  'an empty body': { ...type('text/html'), body: '' },
  'status 204': { status: 204, ...type('text/html') },
};

interface Reader {
  readonly result: string;
  onload: () => void;
  readAsDataURL(blob: Blob): void;
}

/** The content of a browser's Blob, which has no other way to it in jsdom. */
function dataUrlOf(blob: Blob): Promise<string> {
  const reader = new (globalThis as unknown as { FileReader: new () => Reader }).FileReader();
  return new Promise((resolve) => {
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
}

/** What can be told of a body of an XMLHttpRequest. */
async function viewOf(data: unknown): Promise<unknown[]> {
  const tag = Object.prototype.toString.call(data);
  if (tag === '[object ArrayBuffer]') return [tag, Buffer.from(data as ArrayBuffer).toString('hex')];
  if (tag === '[object Blob]') {
    const blob = data as Blob;
    return [tag, blob.constructor === Blob, blob.type, await dataUrlOf(blob)];
  }
  if (tag === '[object Document]' || tag === '[object XMLDocument]') {
    const { documentElement, contentType } = data as {
      documentElement: { outerHTML: string };
      contentType: string;
    };
    return ['document', contentType, documentElement.outerHTML];
  }
  return [tag, data];
}

describe('the xhr adapter', () => {
  const bench = useBench();
  let page: ReturnType<typeof openPage>;
  beforeEach(() => {
    page = openPage(bench().origin.url);
  });
  afterEach(() => page.close());

  async function survey(ask: (config: AxiosRequestConfig) => Promise<AxiosResponse>): Promise<unknown[]> {
    const views: unknown[] = [];
    for (const responseType of RESPONSE_TYPES) {
      const { data } = await ask({ adapter: 'xhr', ...(responseType === undefined ? {} : { responseType }) });
      views.push([responseType, ...(await viewOf(data))]);
    }
    return views;
  }

  const options = { allowableCodes: [200, 204] };
  const untransformed = { transformResponse: [] };

  describe.each(Object.keys(BODIES))('given %s', (body) => {
    it('gives what it gives without a cache, when it asks for the first time', async () => {
      bench().answer(() => BODIES[body] as Answer);
      const http = bench().wrap(options, untransformed);
      const plain = bench().plain(untransformed);
      const expected = await survey((config) => plain.get('/plain', config));
      const missed = await survey((config) => http.get(`/${String(config.responseType)}`, config));
      expect(missed).toEqual(expected);
    });

    it.each(['xhr', 'http', 'fetch'])(
      'gives what it gives without a cache, when %s has stored it',
      async (storer) => {
        bench().answer(() => BODIES[body] as Answer);
        const http = bench().wrap(options, untransformed);
        const plain = bench().plain(untransformed);
        const expected = await survey((config) => plain.get('/plain', config));
        await http.get('/a', { adapter: storer });
        const asked = bench().origin.count('/a');
        const hits = await survey((config) => http.get('/a', config));
        expect(hits).toEqual(expected);
        expect(bench().origin.count('/a')).toBe(asked);
      },
    );
  });

  it('is what axios chooses where there is a browser’s XMLHttpRequest', async () => {
    bench().answer(() => ({ ...type('text/plain;charset=iso-8859-1'), body: Buffer.from('ü', 'latin1') }));
    const http = bench().wrap();
    await http.get('/a', { adapter: 'http' });
    const plain = await bench().plain().get('/a');
    const hit = await http.get('/a');
    expect([hit.cache.fromCache, hit.data]).toEqual([true, 'ü']);
    expect(plain.data).toBe('ü');
    expect((hit.request as { responseURL: string }).responseURL).toBe(
      (plain.request as { responseURL: string }).responseURL,
    );
  });

  it.each([
    ['a body', 'hello'],
    ['no body', ''],
  ])('ends its progress for %s with an event of the same form', async (_title, body) => {
    bench().answer(() => ({ headers: { 'content-length': String(body.length) }, body }));
    const http = bench().wrap();
    const events: AxiosProgressEvent[][] = [[], []];
    const told = (turn: number): AxiosRequestConfig => ({
      adapter: 'xhr',
      onDownloadProgress: (event) => events[turn]?.push(event),
    });
    await bench().plain().get('/a', told(0));
    await http.get('/a');
    await http.get('/a', told(1));
    await new Promise(setImmediate);
    const [plain, hit] = events.map((list) => list.at(-1) as AxiosProgressEvent) as [
      AxiosProgressEvent,
      AxiosProgressEvent,
    ];
    expect(events[1]).toHaveLength(1);
    expect(Object.keys(hit)).toEqual(Object.keys(plain));
    // An XMLHttpRequest tells of the last bytes first and then, with none, of its end.
    const bytes = events[0]?.reduce((sum, event) => sum + event.bytes, 0);
    expect({ ...hit, event: undefined }).toEqual({ ...plain, event: undefined, bytes });
    expect((hit.event as object).constructor).toBe((plain.event as object).constructor);
    for (const name of ['loaded', 'total', 'lengthComputable'] as const) {
      expect((hit.event as AxiosProgressEvent)[name]).toBe((plain.event as AxiosProgressEvent)[name]);
    }
  });

  it('makes no document where nothing parses one, and then asks the origin', async () => {
    bench().answer(() => ({ ...type('text/html'), body: '<p>hi' }));
    const http = bench().wrap();
    await http.get('/a', { adapter: 'xhr' });
    Object.defineProperty(globalThis, 'DOMParser', { value: undefined, configurable: true });
    const { data, cache } = await http.get<unknown>('/a', { adapter: 'xhr', responseType: 'document' });
    expect([cache.fromCache, (await viewOf(data))[0]]).toEqual([false, 'document']);
  });
});
