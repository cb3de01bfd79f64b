import { once } from 'node:events';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ReadableStream } from 'node:stream/web';
import { readableOf, type StreamWatch, webStreamOf } from '../../lib/axios/body-streams.js';

const CHUNK_BYTES = 64 * 1024;
const SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5_000_000] as const;

const noise = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, index) => index % 251));

type Chunks = AsyncIterable<Uint8Array>;
const KINDS: readonly [
  kind: string,
  open: (bytes: Uint8Array, watch?: StreamWatch) => Readable | ReadableStream,
][] = [
  ['Node', readableOf],
  ['the web', webStreamOf],
];

async function chunksOf(stream: Readable | ReadableStream): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as Chunks) chunks.push(chunk);
  return chunks;
}

describe.each(KINDS)('a stream of %s over stored bytes', (_kind, open) => {
  it.each(SIZES)('gives all of %i bytes, in chunks of 64 KiB at most', async (size) => {
    const bytes = noise(size);
    const chunks = await chunksOf(open(bytes));
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(chunks).toHaveLength(Math.ceil(size / CHUNK_BYTES));
    expect(chunks.every(({ byteLength }) => byteLength > 0 && byteLength <= CHUNK_BYTES)).toBe(true);
  });

  it('gives copies, so that writing into a chunk changes nothing else', async () => {
    const bytes = noise(200_000).subarray(1000);
    for (let turn = 0; turn < 2; turn += 1) {
      for (const chunk of await chunksOf(open(bytes))) new Uint8Array(chunk.buffer).fill(0);
    }
    expect(bytes.equals(noise(200_000).subarray(1000))).toBe(true);
  });

  it('tells once that all is read, and then that it is over', async () => {
    const events: string[] = [];
    const watch = { onRead: () => events.push('read'), onClose: () => events.push('close') };
    await chunksOf(open(noise(100_000), watch));
    expect(events).toEqual(['read', 'close']);
  });

  it('tells that it is over when it is left early, and not that it was read', async () => {
    const events: string[] = [];
    const watch = { onRead: () => events.push('read'), onClose: () => events.push('close') };
    for await (const chunk of open(noise(1_000_000), watch) as Chunks) {
      expect(chunk.byteLength).toBe(CHUNK_BYTES);
      break;
    }
    expect(events).toEqual(['close']);
  });

  it('fails with the error of its limit, and gives no chunk that goes beyond', async () => {
    const error = new Error('too long');
    const read: number[] = [];
    const stream = open(noise(200_000), { limit: { bytes: 150_000, error } });
    const reading = (async () => {
      for await (const chunk of stream as Chunks) read.push(chunk.byteLength);
    })();
    await expect(reading).rejects.toBe(error);
    expect(read.every((length) => length === CHUNK_BYTES)).toBe(true);
    expect(read.length).toBeLessThanOrEqual(2);
  });

  it('gives as many bytes as its limit', async () => {
    const watch = { limit: { bytes: 150_000, error: new Error('too long') } };
    expect(Buffer.concat(await chunksOf(open(noise(150_000), watch)))).toHaveLength(150_000);
  });

  it('can be made to fail from outside, once and for all', async () => {
    const error = new Error('aborted');
    let fail: (error: Error) => void = () => undefined;
    let closed = 0;
    const stream = open(noise(1_000_000), { onOpen: (way) => (fail = way), onClose: () => (closed += 1) });
    const reading = chunksOf(stream);
    fail(error);
    fail(new Error('again'));
    await expect(reading).rejects.toBe(error);
    expect(closed).toBe(1);
  });
});

describe('a stream of Node', () => {
  it('is of bytes, not of objects, and reads no further than it is asked', async () => {
    let read = false;
    const stream = readableOf(noise(5_000_000), { onRead: () => (read = true) });
    expect(stream.readableObjectMode).toBe(false);
    await once(stream, 'readable');
    expect(stream.readableLength).toBeLessThanOrEqual(2 * CHUNK_BYTES);
    expect(read).toBe(false);
    stream.destroy();
    await once(stream, 'close');
  });

  it('that fails with nobody listening does not end the process', async () => {
    let fail: (error: Error) => void = () => undefined;
    const stream = readableOf(noise(10), { onOpen: (way) => (fail = way) });
    fail(new Error('aborted'));
    await once(stream, 'close');
    await expect(chunksOf(stream)).rejects.toThrow('Premature close');
  });

  it('waits for a slow writer', async () => {
    const stream = readableOf(noise(1_000_000));
    let most = 0;
    let total = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, callback): void {
        most = Math.max(most, stream.readableLength);
        total += chunk.length;
        setImmediate(callback);
      },
    });
    await pipeline(stream, slow);
    expect(total).toBe(1_000_000);
    expect(most).toBeLessThanOrEqual(2 * CHUNK_BYTES);
  });

  it('decodes text across chunks', async () => {
    const text = '€'.repeat(50_000);
    const stream = readableOf(Buffer.from(text));
    stream.setEncoding('utf8');
    let read = '';
    for await (const part of stream) read += part as string;
    expect(read).toBe(text);
  });
});

describe('a stream of the web', () => {
  it('fills the reader’s own buffer', async () => {
    const bytes = noise(100_000);
    const reader = webStreamOf(bytes).getReader({ mode: 'byob' });
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(1000));
      if (done) break;
      chunks.push(value);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('can be split in two', async () => {
    const [one, two] = webStreamOf(noise(100_000)).tee();
    const [first, second] = await Promise.all([chunksOf(one), chunksOf(two)]);
    expect(Buffer.concat(first).equals(Buffer.concat(second))).toBe(true);
  });

  it('takes nothing before it is read', () => {
    let isRead = false;
    webStreamOf(noise(0), { onRead: () => (isRead = true) });
    expect(isRead).toBe(false);
  });
});
