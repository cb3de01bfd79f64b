import { type AxiosRequestConfig } from 'axios';
import { type CacheOptions, type ExpirationTime } from '../../lib/index.js';
import { type Bench, useBench } from '../helpers/bench.js';

/** What the origin answers with. It has an `ETag`, unless `tag` is false, and confirms it by a bare 304. */
export interface Says {
  readonly status?: number;
  readonly tag?: false;
  /** A number is an HTTP date, so many seconds from now. */
  readonly headers?: Readonly<Record<string, string | number>>;
}

/** What the user wants: for the session, and of each of the requests, which are equal. */
export interface Wants {
  readonly session?: CacheOptions;
  readonly request?: AxiosRequestConfig;
}

/** What becomes of the first response, and of the equal requests that follow. */
export type Course =
  | { readonly stored: false; readonly reason: RegExp }
  | {
      readonly stored: true;
      /** Seconds; `undefined`: never. */
      readonly expiresIn: number | undefined;
      /** Seconds for which the origin is not asked; 0: it is always asked, `Infinity`: never. */
      readonly usedFor: number;
      readonly reason: RegExp;
    };

/** What happens where the response's header fields count (`cacheControl`), and where they do not. */
export type Clash = readonly [says: Says, wants: Wants, obeyed: Course, ignored: Course];

export const cacheControl = (directives: string): Says => ({ headers: { 'cache-control': directives } });
export const nothing: Says = {};
export const session = (options: CacheOptions): Wants => ({ session: options });
export const pattern = (expireAfter: ExpirationTime): Wants => ({
  session: { urlsExpireAfter: { '*': expireAfter } },
});
export const request = (expireAfter: ExpirationTime): Wants => ({ request: { cache: { expireAfter } } });
export const post = (options: CacheOptions): Wants => ({
  session: options,
  request: { method: 'POST', data: { a: 1 } },
});

export const notStored = (reason: RegExp): Course => ({ stored: false, reason });
export const lasts = (seconds: number, source: string): Course => ({
  stored: true,
  expiresIn: seconds,
  usedFor: seconds,
  reason: new RegExp(`\\(${source}\\)`),
});
export const lastsForEver = (source: string): Course => ({
  stored: true,
  expiresIn: undefined,
  usedFor: Infinity,
  reason: new RegExp(`never expires \\(${source}\\)`),
});
/** Stored, and not used without asking even while it is fresh. */
export const alwaysAsked = (expiresIn: number | undefined): Course => ({
  stored: true,
  expiresIn,
  usedFor: 0,
  reason: /stored/,
});

/** The levels on which a user sets a lifetime, by the name that `reason` has for them. */
const LEVELS: readonly (readonly [string, (expireAfter: ExpirationTime) => Wants])[] = [
  ['session', (expireAfter) => session({ expireAfter })],
  ['url-pattern', pattern],
  ['request', request],
];
/** The same clash for the session, for a URL pattern, and for one request. */
export const onEachLevel = (
  clash: (wants: (expireAfter: ExpirationTime) => Wants, source: string) => Clash,
): Clash[] => LEVELS.map(([source, wants]) => clash(wants, source));

export const HOUR = 3600;
const HUNDRED_YEARS = 100 * 365 * 24 * HOUR;

/** Lets the origin answer as it says, and asks it until the course is clear. */
async function expectCourse(
  bench: Bench,
  says: Says,
  wants: Wants,
  obeys: boolean,
  course: Course,
): Promise<void> {
  const start = bench.clock.now();
  const fields = Object.entries(says.headers ?? {}).map(([name, value]) => [
    name,
    typeof value === 'number' ? new Date(start + value * 1000).toUTCString() : value,
  ]);
  if (says.tag !== false) fields.push(['etag', '"v"']);
  const { status = 200 } = says;
  bench.answer(({ headers }, count) =>
    headers['if-none-match'] === '"v"'
      ? { status: 304 }
      : { status, headers: Object.fromEntries(fields), body: `answer ${count}` },
  );
  const http = bench.wrap({ ...wants.session, cacheControl: obeys }, { validateStatus: null });
  const ask = async () => http.request({ url: '/a', ...wants.request });

  const first = (await ask()).cache;
  expect(first.reason).toMatch(course.reason);
  expect(first.stored).toBe(course.stored);
  if (!course.stored) {
    expect(await http.cache.count({ expired: true })).toBe(0);
    expect((await ask()).data).toBe('answer 2');
    expect(bench.origin.last.headers['if-none-match']).toBeUndefined();
    return;
  }
  const { expiresIn, usedFor } = course;
  expect(first.expiresAt?.getTime()).toBe(expiresIn === undefined ? undefined : start + expiresIn * 1000);
  if (usedFor > 0) {
    bench.pass(usedFor === Infinity ? HUNDRED_YEARS : usedFor - 0.001);
    expect(await ask()).toMatchObject({ data: 'answer 1', cache: { hit: true, stale: false } });
    expect(bench.origin.count()).toBe(1);
  }
  if (usedFor === Infinity) return;
  if (usedFor > 0) bench.pass(0.001);
  const hasTag = says.tag !== false;
  expect(await ask()).toMatchObject({
    data: hasTag ? 'answer 1' : 'answer 2',
    cache: { hit: false, revalidated: hasTag },
  });
  expect(bench.origin.last.headers['if-none-match']).toBe(hasTag ? '"v"' : undefined);
  expect(bench.origin.count()).toBe(2);
}

/** A test of each clash, with `cacheControl` and without. */
export function describeClashes(title: string, clashes: readonly Clash[]): void {
  describe(title, () => {
    const bench = useBench();
    const described = clashes.map(
      ([says, wants, obeyed, ignored]) =>
        [JSON.stringify(says), JSON.stringify(wants), { says, wants, obeyed, ignored }] as const,
    );

    it.each(described)('%s against %s, with cacheControl', async (_says, _wants, { says, wants, obeyed }) => {
      await expectCourse(bench(), says, wants, true, obeyed);
    });

    it.each(described)('%s against %s, without', async (_says, _wants, { says, wants, ignored }) => {
      await expectCourse(bench(), says, wants, false, ignored);
    });
  });
}
