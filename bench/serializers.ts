import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import axios, { type AxiosResponse } from 'axios';
import {
  type Backend,
  brotli,
  encrypted,
  gzip,
  initBackend,
  initSerializer,
  SerializerPipeline,
  type SerializerSpec,
  signed,
  type StoredRecord,
  withCache,
  zstd,
} from 'axios-persistent-cache';
import { MemoryBackend } from 'axios-persistent-cache/backends';
import { compare } from './measure.js';

const RESULTS = path.join(__dirname, 'results');
const SECRET = 'a secret of thirty-two bytes, for measuring';

const hasZstd = 'zstdCompressSync' in zlib;

/** What is measured, by how it is written in the table. */
const SERIALIZERS: Readonly<Record<string, () => SerializerSpec>> = {
  binary: () => 'binary',
  json: () => 'json',
  'json, decodeContent': () => initSerializer('json', { decodeContent: true }),
  yaml: () => 'yaml',
  bson: () => 'bson',
  v8: () => 'v8',
  'binary + gzip': () => gzip(),
  'binary + brotli': () => brotli(),
  ...(hasZstd ? { 'binary + zstd': () => zstd() } : {}),
  'json + gzip': () => new SerializerPipeline([initSerializer('json'), gzip()]),
  'binary + signed': () => signed(SECRET),
  'binary + encrypted': () => encrypted(SECRET),
  'binary + gzip + encrypted': () => new SerializerPipeline([gzip(), encrypted(SECRET)]),
};

interface Kind {
  readonly title: string;
  readonly type: string;
  readonly body: Buffer;
}

/** Records as an interface sends them: names that repeat, values that differ. */
function anApiAnswer(count: number): Buffer {
  const users = Array.from({ length: count }, (_, id) => ({
    id,
    name: `User ${(id * 7919) % 1000}`,
    email: `user${id}@example.org`,
    active: id % 3 === 0,
    balance: (id * 104_729) % 100_000,
    tags: [`tag${id % 7}`, `tag${id % 11}`],
  }));
  return Buffer.from(JSON.stringify(users));
}

/** Bytes that do not compress, with the beginning of a JPEG. */
function anImage(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  bytes.set([0xff, 0xd8, 0xff]);
  return bytes;
}

const KINDS: readonly Kind[] = [
  { title: 'JSON, 2 KB', type: 'application/json', body: anApiAnswer(20) },
  { title: 'JSON, 100 KB', type: 'application/json', body: anApiAnswer(900) },
  { title: 'image, 100 KB', type: 'image/jpeg', body: anImage(100_000) },
];

interface Row {
  readonly serializer: string;
  readonly kind: string;
  readonly storedBytes: number;
  readonly writeMicros: number;
  readonly readMicros: number;
  /** Of times, to those of `binary` in the same turns. */
  readonly writeRatio: number;
  readonly readRatio: number;
}

/** Measures size and speed of serializers, prints a table and writes `bench/results/serializers.json`. */
export async function benchSerializers(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '15' } } });
  const rows: Row[] = [];
  for (const kind of KINDS) {
    const record = await aRecord(kind);
    for (const [name, make] of Object.entries(SERIALIZERS)) {
      rows.push(await measure(name, make(), kind, record, Number(values.rounds)));
    }
  }
  print(rows);
  if (!hasZstd) console.log(`\nzstd: not measured, ${process.version} does not have it.`);
  const machine = { node: process.version, cpus: os.cpus().length, cpu: os.cpus()[0]?.model };
  mkdirSync(RESULTS, { recursive: true });
  const file = path.join(RESULTS, 'serializers.json');
  writeFileSync(file, `${JSON.stringify({ at: new Date(), machine, rows }, undefined, 2)}\n`);
  console.log(`\nWritten to ${path.relative(process.cwd(), file)}`);
}

/** What a cache stores of such a response. */
async function aRecord({ body, type }: Kind): Promise<StoredRecord> {
  const backend = new MemoryBackend();
  const http = withCache(
    axios.create({
      adapter: (config) =>
        // `cache` is what the cache itself adds.
        Promise.resolve<Omit<AxiosResponse, 'cache'>>({
          data: body,
          status: 200,
          statusText: 'OK',
          headers: {
            'content-type': type,
            date: 'Tue, 01 Jul 2025 10:00:00 GMT',
            etag: '"33a64df551425fcc55e4d42a148795d9f25f89d4"',
            'cache-control': 'public, max-age=600',
            server: 'nginx/1.27.0',
            vary: 'Accept-Encoding',
          },
          config,
        }) as Promise<AxiosResponse>,
    }),
    { backend },
  );
  await http.get('https://api.example.org/v1/users?page=2', { responseType: 'arraybuffer' });
  for await (const meta of backend.scan()) {
    const [found] = backend.get(meta.key);
    if (found?.body !== undefined) return { ...found, body: found.body };
  }
  throw new Error('Nothing was stored.');
}

async function measure(
  serializer: string,
  spec: SerializerSpec,
  { title: kind }: Kind,
  record: StoredRecord,
  rounds: number,
): Promise<Row> {
  const storage = new MemoryBackend();
  const backend = initBackend('bench', storage, { serializer: spec });
  const base = initBackend('bench', new MemoryBackend(), { serializer: passing() });
  await base.put(record);
  await backend.put(record);
  await requireSame(backend, record);
  const [stored] = storage.get(record.key);
  const write = await compare(
    () => base.put(record),
    () => backend.put(record),
    rounds,
  );
  const read = await compare(
    () => base.get(record.key),
    () => backend.get(record.key),
    rounds,
  );
  return {
    serializer,
    kind,
    storedBytes: (stored?.head.byteLength ?? NaN) + (stored?.body?.byteLength ?? NaN),
    writeMicros: write.micros,
    readMicros: read.micros,
    writeRatio: write.ratio,
    readRatio: read.ratio,
  };
}

/** `binary`, with whatever work there is around a serializer. */
function passing(): SerializerSpec {
  return new SerializerPipeline([initSerializer('binary')]);
}

async function requireSame(backend: Backend, record: StoredRecord): Promise<void> {
  const [found] = await backend.get(record.key);
  if (found?.body === undefined || Buffer.compare(found.body, record.body) !== 0) {
    throw new Error('What was read is not what was written.');
  }
}

function print(rows: readonly Row[]): void {
  for (const { title, body } of KINDS) {
    console.log(`\n${title} (${body.length} bytes)\n`);
    console.log('| serializer                | stored bytes | write, µs | read, µs |');
    console.log('| ------------------------- | -----------: | --------: | -------: |');
    for (const { serializer, kind, storedBytes, writeMicros, readMicros } of rows) {
      if (kind !== title) continue;
      const cells = [
        serializer.padEnd(25),
        String(storedBytes).padStart(12),
        writeMicros.toFixed(writeMicros < 10 ? 1 : 0).padStart(9),
        readMicros.toFixed(readMicros < 10 ? 1 : 0).padStart(8),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}
