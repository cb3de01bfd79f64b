import type { StoredResponse } from '../cache/stored-response.js';
import { isFresh } from '../policy/freshness-lifetime.js';
import { hostOf, shownMethod } from './selection.js';
import { Top } from './top.js';

/** How many there are of something, and how large they are together. */
export interface Tally {
  readonly name: string;
  readonly responses: number;
  readonly bytes: number;
}

/** One response, as far as a summary tells of it. */
export interface Sample {
  readonly key: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly bytes: number;
  readonly createdAt: number;
  /** Undefined: never. */
  readonly expiresAt: number | undefined;
}

/** What is in a store, in numbers. */
export interface Summary {
  readonly at: number;
  readonly responses: number;
  /** Of bodies. */
  readonly bytes: number;
  readonly fresh: Tally;
  readonly stale: Tally;
  readonly neverStale: Tally;
  readonly forOneUser: number;
  readonly unreadable: number;
  readonly hosts: readonly Tally[];
  readonly statuses: readonly Tally[];
  readonly methods: readonly Tally[];
  /** By how long ago they were first stored. */
  readonly ages: readonly Tally[];
  readonly sizes: readonly Tally[];
  readonly largest: readonly Sample[];
  readonly oldest: readonly Sample[];
}

/** So many hosts are told apart: a crawler's store may have any number. */
const MOST_HOSTS = 10_000;
export const OTHER_HOSTS = '(other hosts)';
export const NO_HOST = '(no host)';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Up to how many milliseconds. */
const AGES: readonly (readonly [number, string])[] = [
  [HOUR_MS, '< 1 hour'],
  [DAY_MS, '< 1 day'],
  [7 * DAY_MS, '< 1 week'],
  [30 * DAY_MS, '< 30 days'],
  [365 * DAY_MS, '< 1 year'],
  [Infinity, '≥ 1 year'],
];
/** Up to how many bytes. */
const SIZES: readonly (readonly [number, string])[] = [
  [1, 'empty'],
  [1_000, '< 1 kB'],
  [10_000, '< 10 kB'],
  [100_000, '< 100 kB'],
  [1_000_000, '< 1 MB'],
  [10_000_000, '< 10 MB'],
  [Infinity, '≥ 10 MB'],
];

/** Sums up responses one by one; keeps none of them, but for the few that are told by name. */
export class SummaryMaker {
  readonly #now: number;
  readonly #all = new Tallies();
  readonly #byFreshness = new Tallies();
  readonly #hosts = new Tallies(MOST_HOSTS, OTHER_HOSTS);
  readonly #statuses = new Tallies();
  readonly #methods = new Tallies();
  readonly #ages = new Tallies();
  readonly #sizes = new Tallies();
  readonly #largest: Top<Sample>;
  readonly #oldest: Top<Sample>;
  #forOneUser = 0;
  #unreadable = 0;

  /** @param named so many of the largest and of the oldest are told by name */
  constructor(now: number, named: number) {
    this.#now = now;
    this.#largest = new Top(named, (left, right) => right.bytes - left.bytes);
    this.#oldest = new Top(named, (left, right) => left.createdAt - right.createdAt);
  }

  add(stored: StoredResponse): void {
    const { bodyBytes: bytes, createdAt, expiresAt, status, url } = stored;
    this.#all.add('', bytes);
    this.#byFreshness.add(
      expiresAt === undefined ? 'never' : isFresh(stored, this.#now) ? 'fresh' : 'stale',
      bytes,
    );
    this.#hosts.add(hostOf(url).host || NO_HOST, bytes);
    this.#statuses.add(String(status), bytes);
    this.#methods.add(shownMethod(stored), bytes);
    this.#ages.add(stepOf(AGES, this.#now - createdAt), bytes);
    this.#sizes.add(stepOf(SIZES, bytes), bytes);
    if (stored.partition !== '') this.#forOneUser += 1;
    const sample = { key: stored.key, method: shownMethod(stored), url, status, bytes, createdAt, expiresAt };
    this.#largest.add(sample);
    this.#oldest.add(sample);
  }

  addUnreadable(): void {
    this.#unreadable += 1;
  }

  result(): Summary {
    const { responses, bytes } = this.#all.of('');
    return {
      at: this.#now,
      responses,
      bytes,
      fresh: this.#byFreshness.of('fresh'),
      stale: this.#byFreshness.of('stale'),
      neverStale: this.#byFreshness.of('never'),
      forOneUser: this.#forOneUser,
      unreadable: this.#unreadable,
      hosts: this.#hosts.byCount(),
      statuses: this.#statuses.byName(),
      methods: this.#methods.byCount(),
      ages: AGES.map(([, name]) => this.#ages.of(name)),
      sizes: SIZES.map(([, name]) => this.#sizes.of(name)),
      largest: this.#largest.sorted(),
      oldest: this.#oldest.sorted(),
    };
  }
}

function stepOf(steps: readonly (readonly [number, string])[], value: number): string {
  return steps.find(([below]) => value < below)?.[1] ?? '';
}

class Tallies {
  readonly #tallies = new Map<string, { responses: number; bytes: number }>();
  readonly #most: number;
  readonly #rest: string;

  /** @param rest what is beyond the most names is counted together by this one */
  constructor(most = Infinity, rest = '') {
    this.#most = most;
    this.#rest = rest;
  }

  add(name: string, bytes: number): void {
    const isNew = !this.#tallies.has(name);
    const place = isNew && this.#tallies.size >= this.#most ? this.#rest : name;
    const tally = this.#tallies.get(place) ?? { responses: 0, bytes: 0 };
    tally.responses += 1;
    tally.bytes += bytes;
    this.#tallies.set(place, tally);
  }

  of(name: string): Tally {
    const { responses = 0, bytes = 0 } = this.#tallies.get(name) ?? {};
    return { name, responses, bytes };
  }

  byCount(): readonly Tally[] {
    return this.#all().sort((left, right) => right.responses - left.responses || byText(left, right));
  }

  byName(): readonly Tally[] {
    return this.#all().sort(byText);
  }

  #all(): Tally[] {
    return [...this.#tallies].map(([name, tally]) => ({ name, ...tally }));
  }
}

function byText(left: Tally, right: Tally): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}
