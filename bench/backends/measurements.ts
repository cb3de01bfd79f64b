import axios, { type AxiosAdapter, type AxiosResponse } from 'axios';
import { type Backend, type CachedAxiosInstance, withCache } from 'axios-persistent-cache';
import { bytesInUse, compare, type Comparison, indexes, longestHold } from '../measure.js';
import { keyOf, recordOf, type Subject, valueOf } from './subject.js';

/** One line of the table. */
export interface Entry {
  readonly what: string;
  readonly measured: string;
  /** The numbers behind `measured`. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly target?: string;
  readonly isMet?: boolean;
}

const KB = 1024;
const SIZES: readonly [string, number][] = [
  ['1 KB', KB],
  ['32 KB', 32 * KB],
  ['512 KB', 512 * KB],
];
/** So many records are stored for the comparison with the bare driver, and before many are. */
const FEW = 100;
const AT_ONCE = 100;
const MOST_HIT_RATIO = 1.3;
const MOST_PUT_RATIO = 1.5;
const MOST_HOLD_MS = 50;
/** What a listing may keep, whatever the number of records. */
const MOST_KEPT_BYTES = 16 * KB * KB;
const DAY_MS = 86_400_000;
/** Not yet past, since some servers delete at once what is; `removeExpired` is asked with a clock that is two days ahead. */
const TOMORROW = Date.now() + DAY_MS;

/** @param wantedEntries how many records the large store has */
export async function measure(subject: Subject, wantedEntries: number, rounds: number): Promise<Entry[]> {
  const entries = Math.min(wantedEntries, subject.mostEntries ?? Infinity);
  const found: Entry[] = [];
  const add = (...more: readonly Entry[]): void => void found.push(...more);
  for (const [size, bytes] of SIZES) {
    const compared = await againstBare(subject, size, bytes, rounds);
    add(...(subject.isLookup === true ? compared.map(withoutTarget) : compared));
  }
  if (subject.throughProxy !== undefined) add(...(await roundTrips(subject)));
  add(...(await manyEntries(subject, entries, rounds)));
  add(await manyThroughAxios(subject, entries, rounds));
  return found;
}

async function againstBare(subject: Subject, size: string, bytes: number, rounds: number): Promise<Entry[]> {
  const keys = Array.from({ length: FEW }, (_, index) => keyOf(index));
  const backend = subject.open(`size_${bytes}`);
  const bare = await subject.openBare();
  const value = valueOf(bytes);
  for (const key of keys) {
    await backend.put(recordOf(key, bytes));
    await bare.put(key, value);
  }
  const hit = await compare(
    cycle(keys, (key) => bare.get(key)),
    cycle(keys, (key) => backend.get(key)),
    rounds,
  );
  const { ask } = bare;
  const asked =
    ask &&
    (await compare(
      cycle(keys, (key) => ask.get(key)),
      cycle(keys, (key) => backend.get(key)),
      rounds,
    ));
  const put = await compare(
    cycle(keys, (key) => bare.put(key, value)),
    cycle(keys, (key) => backend.put(recordOf(key, bytes))),
    rounds,
  );
  await backend.clear();
  await backend.close();
  await bare.close();
  return [
    ratioEntry(`hit, ${size}`, hit, MOST_HIT_RATIO),
    ...(ask && asked ? [ratioEntry(`hit, ${size}, to ${ask.title}`, asked, MOST_HIT_RATIO)] : []),
    ratioEntry(`put, ${size}`, put, MOST_PUT_RATIO),
  ];
}

function withoutTarget({ what, measured, numbers }: Entry): Entry {
  return { what, measured, numbers };
}

function cycle(keys: readonly string[], ask: (key: string) => unknown): () => unknown {
  let index = 0;
  return () => ask(keys[index++ % keys.length] as string);
}

function ratioEntry(what: string, comparison: Comparison, most: number): Entry {
  const { ratio, baseMicros, micros } = comparison;
  return {
    what,
    measured: `${ratio.toFixed(2)} ×   (${micros.toFixed(1)} µs, base ${baseMicros.toFixed(1)} µs)`,
    numbers: { ...comparison },
    target: `≤ ${most} ×`,
    isMet: ratio <= most,
  };
}

async function roundTrips(subject: Subject): Promise<Entry[]> {
  const proxied = await subject.throughProxy?.('proxied');
  if (proxied === undefined) return [];
  const { proxy, backend } = proxied;
  const key = keyOf(1);
  const found: Entry[] = [];
  try {
    for (const [size, bytes] of SIZES) {
      const record = recordOf(key, bytes);
      await backend.put(record);
      await backend.get(key);
      const hit = await proxy.measure(() => backend.get(key));
      const put = await proxy.measure(() => backend.put(record));
      const trips = { hit: hit.traffic.roundTrips, put: put.traffic.roundTrips };
      found.push({
        what: `round trips, ${size}`,
        measured: `hit ${trips.hit}, put ${trips.put}`,
        numbers: trips,
        target: 'hit 1',
        isMet: trips.hit === 1,
      });
    }
    await backend.clear();
  } finally {
    await backend.close();
    await proxy.close();
  }
  return found;
}

async function manyEntries(subject: Subject, entries: number, rounds: number): Promise<Entry[]> {
  const few = subject.open('few');
  const many = subject.open('many');
  await fill(few, FEW);
  await fill(many, entries);
  const keys = Array.from({ length: entries }, (_, index) => keyOf(index));
  const [nextFew, nextMany] = [indexes(FEW), indexes(entries)];
  const hit = await compare(
    () => few.get(keys[nextFew()] as string),
    () => many.get(keys[nextMany()] as string),
    rounds,
  );
  await few.clear();
  await few.close();
  const what = entries.toLocaleString('en');
  const found = [ratioEntry(`hit among ${what} to hit among ${FEW}`, hit, MOST_HIT_RATIO)];
  if (subject.throughProxy === undefined)
    found.push(withoutTarget(await bareAmongMany(subject, keys, rounds)));
  found.push(...(await listing(many, what, entries)), await removal(many, what, entries));
  await many.close();
  return found;
}

/** What the number costs a user, who sees it beside everything else that a request does. No network: the origin is a function. */
async function manyThroughAxios(subject: Subject, entries: number, rounds: number): Promise<Entry> {
  const [few, many] = [
    await cacheOf(subject.open('few_through_axios'), FEW),
    await cacheOf(subject.open('many_through_axios'), entries),
  ];
  const [nextFew, nextMany] = [indexes(FEW), indexes(entries)];
  const hit = await compare(
    () => few.get(urlOf(nextFew())),
    () => many.get(urlOf(nextMany())),
    rounds,
  );
  const last = await many.get(urlOf(entries - 1));
  if (!last.cache.fromCache) throw new Error('What was measured was no hit.');
  for (const http of [few, many]) {
    await http.cache.clear();
    await http.cache.close();
  }
  const what = entries.toLocaleString('en');
  return ratioEntry(`through axios: hit among ${what} to hit among ${FEW}`, hit, MOST_HIT_RATIO);
}

async function cacheOf(backend: Backend, entries: number): Promise<CachedAxiosInstance> {
  const body = JSON.stringify({ text: 'x'.repeat(KB) });
  const origin: AxiosAdapter = (config) => {
    const response = {
      data: body,
      status: 200,
      statusText: 'OK',
      headers: { 'content-type': 'application/json' },
      config,
      request: {},
    };
    // The cache adds what it says of the response.
    return Promise.resolve(response as AxiosResponse);
  };
  // Emulators of servers may take seconds for a hundred at once, which the default would not wait for.
  const http = withCache(axios.create({ adapter: origin }), { backend, expireAfter: -1, storageTimeout: 60 });
  for (let start = 0; start < entries; start += AT_ONCE) {
    const count = Math.min(AT_ONCE, entries - start);
    await Promise.all(Array.from({ length: count }, (_, offset) => http.get(urlOf(start + offset))));
  }
  return http;
}

function urlOf(index: number): string {
  return `http://origin.test/items/${index}`;
}

/** What the sheer number costs the bare driver. */
async function bareAmongMany(subject: Subject, keys: readonly string[], rounds: number): Promise<Entry> {
  const [few, many] = [await subject.openBare(), await subject.openBare()];
  const value = valueOf(KB);
  for (const key of keys.slice(0, FEW)) await few.put(key, value);
  for (const key of keys) await many.put(key, value);
  const [nextFew, nextMany] = [indexes(FEW), indexes(keys.length)];
  const hit = await compare(
    () => few.get(keys[nextFew()] as string),
    () => many.get(keys[nextMany()] as string),
    rounds,
  );
  await few.close();
  await many.close();
  return ratioEntry('the same by the bare driver', hit, MOST_HIT_RATIO);
}

async function fill(backend: Backend, entries: number): Promise<void> {
  for (let start = 0; start < entries; start += AT_ONCE) {
    const count = Math.min(AT_ONCE, entries - start);
    await Promise.all(
      Array.from({ length: count }, async (_, offset) =>
        backend.put(recordOf(keyOf(start + offset), KB, TOMORROW)),
      ),
    );
  }
}

async function listing(backend: Backend, title: string, entries: number): Promise<Entry[]> {
  let listed = 0;
  const { holdMs, tookMs } = await longestHold(async () => {
    for await (const { key } of backend.scan()) if (key !== '') listed++;
  });
  if (listed !== entries) throw new Error(`Listed ${listed} of ${entries}`);
  const before = bytesInUse();
  let most = before;
  let seen = 0;
  for await (const { key } of backend.scan()) {
    if (key !== '' && ++seen % Math.ceil(entries / 8) === 0) most = Math.max(most, bytesInUse());
  }
  const keptBytes = most - before;
  return [
    holdEntry(`listing ${title}`, holdMs, tookMs),
    {
      what: `listing ${title}: memory kept`,
      measured: `${(keptBytes / KB / KB).toFixed(1)} MiB`,
      numbers: { keptBytes },
      target: `≤ ${MOST_KEPT_BYTES / KB / KB} MiB`,
      isMet: keptBytes <= MOST_KEPT_BYTES,
    },
  ];
}

function holdEntry(what: string, holdMs: number, tookMs: number): Entry {
  return {
    what: `${what}: longest hold`,
    measured: `${holdMs.toFixed(1)} ms   (in ${(tookMs / 1000).toFixed(2)} s)`,
    numbers: { holdMs, tookMs },
    target: `≤ ${MOST_HOLD_MS} ms`,
    isMet: holdMs <= MOST_HOLD_MS,
  };
}

/** Through the whole library, as its users call it. */
async function removal(backend: Backend, title: string, entries: number): Promise<Entry> {
  const clock = { now: () => TOMORROW + DAY_MS };
  const http = withCache(axios.create(), { backend, clock });
  let removed = 0;
  const { holdMs, tookMs } = await longestHold(async () => {
    removed = await http.cache.removeExpired();
  });
  http.cache.detach();
  if (removed !== entries) throw new Error(`Removed ${removed} of ${entries}`);
  return holdEntry(`removeExpired of ${title}`, holdMs, tookMs);
}
