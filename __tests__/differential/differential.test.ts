import { ADAPTERS, RESPONSE_TYPES, TRAIT_NAMES } from './caller.js';
import { type Case, largeCases, randomCase, SESSIONS } from './cases.js';
import { DOCUMENTED } from './documented-differences.js';
import { BODY_KINDS, hasZstd } from './resource.js';
import { sideBySide } from './side-by-side.js';
import { count, report, Tally } from './tally.js';
import { World } from './world.js';

/** Another seed, or more cases: `DIFFERENTIAL_SEED=7 DIFFERENTIAL_CASES=20000 npx jest differential`. */
const FIRST_SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? 1);
const CASES = Number(process.env['DIFFERENTIAL_CASES'] ?? 1200);
/** How many cases go on at a time. */
const AT_A_TIME = 6;

jest.setTimeout(600_000);

describe('plain axios and an instance with a cache', () => {
  const tally = new Tally();
  const failures: string[] = [];
  let world: World;

  async function run(cases: Iterable<Case>): Promise<void> {
    const rest = cases[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) {
        const one = next.value;
        const sides = { plain: world.plain, cached: world.session(one.session) };
        for (const comparison of await sideBySide(world, sides, one)) {
          count(tally, one, comparison);
          if (comparison.undocumented.length > 0) failures.push(report(one, comparison));
        }
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  }

  beforeAll(async () => {
    world = await World.create();
  });

  afterAll(() => world.close());

  it(`differ in nothing but what is documented (seed ${FIRST_SEED})`, async () => {
    await run(Array.from({ length: CASES }, (_, index) => randomCase(FIRST_SEED + index)));
    expect(failures.slice(0, 8).join('\n\n')).toBe('');
  });

  it('differ in nothing with bodies of 20 MB either', async () => {
    const earlier = failures.length;
    for (const one of largeCases()) await run([one]);
    expect(failures.slice(earlier).join('\n\n')).toBe('');
    expect(tally.rarerThan(6, ['miss body 20 MB'])).toEqual([]);
    expect(tally.rarerThan(4, ['hit body 20 MB'])).toEqual([]);
  });

  it('were compared over thousands of requests, many of which were hits', () => {
    expect(tally.rarerThan(2000, ['requests'])).toEqual([]);
    expect(tally.rarerThan(600, ['hit'])).toEqual([]);
    expect(tally.rarerThan(100, ['hit rejected', 'hit resolved', 'miss rejected', 'miss resolved'])).toEqual(
      [],
    );
    expect(
      tally.rarerThan(
        100,
        SESSIONS.map((session) => `hit ${session}`),
      ),
    ).toEqual([]);
    expect(tally.rarerThan(100, ['hit second', 'hit other caller', 'hit sent again'])).toEqual([]);
  });

  it('were asked by every method, adapter, and for every type of response', () => {
    const types = RESPONSE_TYPES.map((type) => type ?? 'none');
    const adapters = ADAPTERS.map((adapter) => [adapter].flat()[0] ?? 'default');
    expect(
      tally.rarerThan(
        100,
        RESPONSE_TYPES.map((type) => `miss type ${type ?? 'none'}`),
      ),
    ).toEqual([]);
    expect(
      tally.rarerThan(
        15,
        types.flatMap((type) => adapters.map((adapter) => `hit type ${type} ${adapter}`)),
      ),
    ).toEqual([]);
    expect(
      tally.rarerThan(
        20,
        ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'].map((name) => `miss ${name}`),
      ),
    ).toEqual([]);
    expect(
      tally.rarerThan(
        20,
        ['GET', 'HEAD', 'POST', 'QUERY', 'OPTIONS'].map((name) => `hit ${name}`),
      ),
    ).toEqual([]);
  });

  it('were answered in every way', () => {
    const codings = [
      'identity',
      'gzip',
      'br',
      'deflate',
      'raw deflate',
      'x-gzip',
      'unknown',
      ...(hasZstd ? ['zstd'] : []),
    ];
    const kinds = BODY_KINDS.filter((kind) => kind !== '20 MB');
    expect(
      tally.rarerThan(
        5,
        codings.flatMap((name) => [`hit coding ${name}`, `miss coding ${name}`]),
      ),
    ).toEqual([]);
    expect(
      tally.rarerThan(
        5,
        kinds.flatMap((name) => [`hit body ${name}`, `miss body ${name}`]),
      ),
    ).toEqual([]);
    expect(
      tally.rarerThan(
        20,
        ['length', 'chunked', 'until close'].map((name) => `hit framing ${name}`),
      ),
    ).toEqual([]);
    expect(
      tally.rarerThan(
        20,
        [2, 4, 5].map((hundred) => `hit status ${hundred}xx`),
      ),
    ).toEqual([]);
    expect(
      tally.rarerThan(
        10,
        ['truncated', 'reset', 'garbage', 'silent', 'stalled'].map((name) => `fault ${name}`),
      ),
    ).toEqual([]);
    const hops = [301, 302, 303, 307, 308].flatMap((status) =>
      ['absolute', 'relative', 'other origin'].map((to) => `hop ${status} ${to}`),
    );
    expect(tally.rarerThan(8, hops)).toEqual([]);
    expect(tally.rarerThan(50, ['hit redirected', 'miss redirected'])).toEqual([]);
  });

  it('were asked with every option', () => {
    expect(
      tally.rarerThan(
        2,
        TRAIT_NAMES.map((name) => `trait ${name}`),
      ),
    ).toEqual([]);
  });

  it('showed every difference that is documented', () => {
    expect(
      tally.rarerThan(
        1,
        DOCUMENTED.map(({ name }) => name),
      ),
    ).toEqual([]);
  });

  it('never found storage at fault', () => {
    expect(world.events).toEqual([]);
  });
});
