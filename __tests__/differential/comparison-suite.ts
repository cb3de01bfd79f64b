import { ADAPTERS, RESPONSE_TYPES, TRAIT_NAMES } from './caller.js';
import { type Case, largeCases, randomCase, SESSIONS } from './cases.js';
import { BODY_KINDS, hasZstd } from './resource.js';
import { type Comparison, sideBySide } from './side-by-side.js';
import { count, report, Tally } from './tally.js';
import { World } from './world.js';

/** Another seed, or more cases: `DIFFERENTIAL_SEED=7 DIFFERENTIAL_CASES=20000 npx jest differential`. */
const FIRST_SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? 1);
const CASES = Number(process.env['DIFFERENTIAL_CASES'] ?? 2000);
/** How many cases go on at a time. */
const AT_A_TIME = 6;
/** A case that has not ended by then will not. */
const ENDLESS_MS = 60_000;

/** Compares one half of the cases. Each is a file of its own, so that they can run side by side. */
export function describeComparison(half: 0 | 1): void {
  const first = FIRST_SEED + half * Math.ceil(CASES / 2);
  const size = half === 0 ? Math.ceil(CASES / 2) : Math.floor(CASES / 2);
  jest.setTimeout(120_000 + CASES * 500);

  describe('plain axios and an instance with a cache', () => {
    const tally = new Tally();
    const failures: string[] = [];
    let world: World;

    async function run(cases: Iterable<Case>): Promise<void> {
      const rest = cases[Symbol.iterator]();
      const work = async (): Promise<void> => {
        for (let next = rest.next(); next.done !== true; next = rest.next()) {
          for (const comparison of await ended(next.value)) {
            count(tally, next.value, comparison);
            if (comparison.undocumented.length > 0) failures.push(report(next.value, comparison));
          }
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, work));
    }

    async function ended(one: Case): Promise<readonly Comparison[]> {
      let timer: NodeJS.Timeout | undefined;
      const endless = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`The case of seed ${one.seed} does not end.`)), ENDLESS_MS);
      });
      try {
        const sides = { plain: world.plain, cached: world.session(one.session) };
        return await Promise.race([sideBySide(world, sides, one), endless]);
      } finally {
        clearTimeout(timer);
      }
    }

    /** Expects that everything of a list was met at least so often in half of the cases. */
    function expectEach(minimum: number, names: readonly string[]): void {
      expect(tally.rarerThan(minimum, names)).toEqual([]);
    }

    beforeAll(async () => {
      world = await World.create();
    });

    afterAll(() => world.close());

    it(`differ in nothing but what is documented (from seed ${first})`, async () => {
      await run(Array.from({ length: size }, (_, index) => randomCase(first + index)));
      expect(failures.slice(0, 8).join('\n\n')).toBe('');
    });

    it('differ in nothing with bodies of 20 MB either', async () => {
      const earlier = failures.length;
      for (const one of largeCases().filter((_, index) => index % 2 === half)) await run([one]);
      expect(failures.slice(earlier).join('\n\n')).toBe('');
      expectEach(3, ['miss body 20 MB', 'hit body 20 MB']);
    });

    it('were compared over thousands of requests, many of which were hits', () => {
      expectEach(2500, ['requests']);
      expectEach(1000, ['hit']);
      expectEach(150, ['hit rejected', 'hit resolved', 'miss rejected', 'miss resolved']);
      expectEach(
        250,
        SESSIONS.map((session) => `hit ${session}`),
      );
      expectEach(100, ['hit second', 'hit other caller', 'hit sent again']);
    });

    it('were asked by every method, adapter, and for every type of response', () => {
      const types = RESPONSE_TYPES.map((type) => type ?? 'none');
      const adapters = ADAPTERS.map((adapter) => [adapter].flat()[0] ?? 'default');
      expectEach(
        100,
        types.map((type) => `miss type ${type}`),
      );
      expectEach(
        20,
        types.flatMap((type) => adapters.map((adapter) => `hit type ${type} ${adapter}`)),
      );
      const stored = ['GET', 'HEAD', 'POST', 'QUERY', 'OPTIONS'];
      expectEach(
        20,
        [...stored, 'PUT', 'PATCH', 'DELETE'].map((name) => `miss ${name}`),
      );
      expectEach(
        20,
        stored.map((name) => `hit ${name}`),
      );
    });

    it('were answered in every way', () => {
      const codings = ['identity', 'gzip', 'br', 'deflate', 'raw deflate', 'x-gzip', 'unknown'];
      const kinds = BODY_KINDS.filter((kind) => kind !== '20 MB');
      for (const kind of ['hit', 'miss']) {
        expectEach(
          5,
          [...codings, ...(hasZstd ? ['zstd'] : [])].map((name) => `${kind} coding ${name}`),
        );
        expectEach(
          5,
          kinds.map((name) => `${kind} body ${name}`),
        );
      }
      expectEach(
        20,
        ['length', 'chunked', 'until close'].map((name) => `hit framing ${name}`),
      );
      expectEach(
        20,
        [2, 4, 5].map((hundred) => `hit status ${hundred}xx`),
      );
      expectEach(
        10,
        ['truncated', 'reset', 'garbage', 'silent', 'stalled'].map((name) => `fault ${name}`),
      );
      const hops = [301, 302, 303, 307, 308].flatMap((status) =>
        ['absolute', 'relative', 'other origin'].map((to) => `hop ${status} ${to}`),
      );
      expectEach(8, hops);
      expectEach(50, ['hit redirected', 'miss redirected']);
    });

    it('were asked with every option', () => {
      expectEach(
        2,
        TRAIT_NAMES.map((name) => `trait ${name}`),
      );
    });

    it('never found storage at fault', () => {
      expect(world.events).toEqual([]);
    });
  });
}
