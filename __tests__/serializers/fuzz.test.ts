import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { brotli, gzip } from '../../lib/serializers/compression.js';
import { encrypted } from '../../lib/serializers/encrypted.js';
import { initSerializer, SERIALIZERS } from '../../lib/serializers/named-serializer.js';
import { SerializerPipeline } from '../../lib/serializers/pipeline.js';
import { RecordSerializer } from '../../lib/serializers/record-serializer.js';
import { signed } from '../../lib/serializers/signed.js';
import { decodeHead, digestOf } from '../../lib/storage/record-codec.js';
import { BODIES, contextOf, HEADS, SECRET } from './records.js';

/** What storage gives back may be anything: damaged, of another program, or made to do harm. */
jest.setTimeout(240_000);

const MUTATIONS = 50_000;
/** What 100 bytes may make at most, beside what reading anything takes. */
const MOST_BYTES = 1_000_000;

const STAGES = {
  ...Object.fromEntries(SERIALIZERS.map((name) => [name, () => [initSerializer(name)]])),
  gzip: () => [gzip({ threshold: 0 })],
  brotli: () => [initSerializer('json'), brotli({ threshold: 0 })],
  signed: () => [initSerializer('v8'), signed(SECRET)],
  encrypted: () => [encrypted(SECRET)],
};

/** The same series in each run. @returns a number from 0 up to, not including, `below` */
function randomBelow(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const HARMFUL = [
  '__proto__',
  'constructor',
  'prototype',
  '{"json":',
  '"meta":{"values":{"a.__proto__.b":["Date"]}}',
  '\xff\x0f',
  '\x7f\xff\xff\xff',
  '&a [*a]',
  '<<: ',
  '!!binary ',
];

function mutate(bytes: Buffer, others: readonly Buffer[], random: (below: number) => number): Buffer {
  let mutated = Buffer.from(bytes);
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(mutated.length + 1);
    switch (random(7)) {
      case 0:
        if (at < mutated.length) mutated[at] = (mutated[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        if (at < mutated.length) mutated[at] = random(256);
        break;
      case 2:
        mutated = mutated.subarray(0, at);
        break;
      case 3:
        mutated = Buffer.concat([
          mutated.subarray(0, at),
          mutated.subarray(Math.min(mutated.length, at + random(20))),
        ]);
        break;
      case 4:
        mutated = Buffer.concat([
          mutated.subarray(0, at),
          Buffer.from(HARMFUL[random(HARMFUL.length)] ?? '', 'latin1'),
          mutated.subarray(at),
        ]);
        break;
      case 5: {
        const other = others[random(others.length)] as Buffer;
        mutated = Buffer.concat([mutated.subarray(0, at), other.subarray(random(other.length + 1))]);
        break;
      }
      default:
        if (mutated.length > 8) mutated.fill(0xff, at, Math.min(mutated.length, at + 4));
    }
  }
  return mutated;
}

describe.each(Object.entries(STAGES))('%s', (_name, make) => {
  it(`${MUTATIONS} damaged records: each is read, or refused`, async () => {
    const serializer = new RecordSerializer(new SerializerPipeline(make()));
    const random = randomBelow(7);
    const small = Object.values(BODIES).filter(({ length }) => length <= 2000);
    const heads = Object.values(HEADS).filter(({ length }) => length <= 2000);
    const head = contextOf({ part: 'head', maxBytes: MOST_BYTES });
    const body = contextOf({ maxBytes: MOST_BYTES });
    const stored = [
      ...(await Promise.all(
        small.map(async (one) => [await serializer.dumpsBody(one, body), body] as const),
      )),
      ...(await Promise.all(
        heads.map(
          async (one) => [await serializer.dumpsHead({ head: one, bodyBytes: 4 }, head), head] as const,
        ),
      )),
    ];
    const all = stored.map(([bytes]) => bytes);
    const tally = { read: 0, refused: 0, largest: 0 };
    for (let round = 0; round < MUTATIONS; round++) {
      const [bytes, context] = stored[random(stored.length)] as (typeof stored)[number];
      const mutated = mutate(bytes, all, random);
      try {
        const read =
          context.part === 'head'
            ? readHead((await serializer.loadsHead(mutated, context)).head)
            : await serializer.loadsBody(mutated, context);
        // What is judged next must be able to judge it.
        digestOf(read);
        tally.read += 1;
        tally.largest = Math.max(tally.largest, read.length);
      } catch (error) {
        // Those of Node itself are of another realm here.
        if (!types.isNativeError(error))
          throw new Error('something else than an error was thrown', { cause: error });
        tally.refused += 1;
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { b?: unknown }).b).toBeUndefined();
    expect(tally.read + tally.refused).toBe(MUTATIONS);
    expect(tally.largest).toBeLessThanOrEqual(2 * MOST_BYTES);
  });
});

/** Only the codec's own error may come of it. */
function readHead(bytes: Uint8Array): Uint8Array {
  try {
    decodeHead(bytes);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CACHE_CORRUPT_RECORD' });
  }
  return bytes;
}
