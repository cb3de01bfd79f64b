import { Buffer } from 'node:buffer';
import { Agent } from 'node:http';
import axios from 'axios';
import {
  type Backend,
  brotli,
  type CachedAxiosInstance,
  encrypted,
  gzip,
  initSerializer,
  SerializerPipeline,
  SERIALIZERS,
  type SerializerName,
  type SerializerSpec,
  signed,
  withCache,
} from '../../lib/index.js';
import { OriginServer } from '../helpers/origin-server.js';
import { CORPUS, type Specimen, type SpecimenRequest } from './corpus.js';
import { SECRET } from './records.js';

export type Protections = Readonly<Record<string, (name: SerializerName) => SerializerSpec>>;

/** What a serializer can be followed by. */
const PROTECTIONS: Protections = {
  plain: (name) => name,
  compressed: (name) => new SerializerPipeline([initSerializer(name), name === 'v8' ? brotli() : gzip()]),
  signed: (name) => new SerializerPipeline([initSerializer(name), signed(SECRET)]),
  encrypted: (name) => new SerializerPipeline([initSerializer(name), gzip(), encrypted(SECRET)]),
};

/** Of a connection, not of the response; and what each hit has anew. */
const NOT_OF_THE_RESPONSE = ['connection', 'keep-alive', 'transfer-encoding', 'age'];

/**
 * Every response of the corpus, stored by one instance and answered by another, which opens the store anew, by each serializer
 * in each way.
 * @param open a backend over the store of that name
 * @param more what else a serializer can be followed by
 */
export function describeMatrix(
  open: (cacheName: string, serializer: SerializerSpec) => Backend,
  more: Protections = {},
): void {
  let origin: OriginServer;
  let run = 0;
  const faults: unknown[] = [];

  beforeAll(async () => {
    origin = await OriginServer.start((request) => {
      const specimen = CORPUS[Number(/^\/(\d+)/.exec(request.url)?.[1])] as Specimen;
      return specimen.answer(request);
    });
  });
  afterAll(() => origin.close());

  const cached = (name: string, serializer: SerializerSpec): CachedAxiosInstance => {
    const instance = withCache(
      axios.create({
        baseURL: origin.url,
        responseType: 'arraybuffer',
        validateStatus: () => true,
        // Megabytes take their time, in which the origin closes connections that wait.
        httpAgent: new Agent({ keepAlive: false }),
      }),
      {
        backend: open(name, serializer),
        cacheName: name,
        allowableCodes: Array.from({ length: 400 }, (_, index) => 200 + index),
        allowableMethods: ['GET', 'HEAD', 'POST'],
        replayCookies: true,
        storageTimeout: 60,
      },
    );
    instance.cache.on('backendError', ({ error }) => faults.push(error));
    return instance;
  };

  const names = SERIALIZERS.flatMap((name) =>
    Object.entries({ ...PROTECTIONS, ...more }).map(([title, make]) => [name, title, make] as const),
  );

  it.each(names)('%s, %s: every byte comes back', async (name, _title, make) => {
    const serializer = make(name);
    const cacheName = `matrix-${process.pid}-${(run += 1)}`;
    const writing = cached(cacheName, serializer);
    const expected: unknown[] = [];
    for (const [number, { requests }] of CORPUS.entries()) {
      for (const request of requests) {
        const response = await answered(writing, number, request);
        expect(response.fromCache).toBe(request.cache?.refresh === true);
        expected.push(response);
      }
    }
    await writing.cache.close();

    origin.requests.length = 0;
    const reading = cached(cacheName, serializer);
    try {
      for (const [number, { title, requests }] of CORPUS.entries()) {
        // The first of those that a later one has updated is no longer to be had.
        const updates = requests.some(({ cache }) => cache?.refresh === true);
        for (const { cache: _, ...request } of requests) {
          const before = expected.shift() as Answered;
          if (updates && !before.fromCache) continue;
          const after = await answered(reading, number, request);
          expect([title, after.fromCache]).toEqual([title, true]);
          expect([title, after.head]).toEqual([title, before.head]);
          // Not `toEqual`, which takes seconds for megabytes.
          expect([title, Buffer.compare(after.body, before.body)]).toEqual([title, 0]);
        }
      }
      expect(expected).toEqual([]);
      expect(origin.count()).toBe(0);
      expect(faults).toEqual([]);
    } finally {
      await reading.cache.clear();
      await reading.cache.close();
    }
  });
}

interface Answered {
  readonly fromCache: boolean;
  readonly head: unknown;
  readonly body: Buffer;
}

async function answered(
  instance: CachedAxiosInstance,
  number: number,
  request: SpecimenRequest,
): Promise<Answered> {
  const { data, status, statusText, headers, cache } = await instance.request<Buffer>({
    ...request,
    url: `/${number}`,
  });
  const fields = Object.entries(headers).filter(
    ([name]) => !NOT_OF_THE_RESPONSE.includes(name.toLowerCase()),
  );
  return {
    fromCache: cache.fromCache,
    head: { status, statusText, fields: fields.sort() },
    body: Buffer.from(data ?? []),
  };
}
