import { type Case, randomCase } from './cases.js';
import { type Mutant, MUTANTS, withFault } from './mutants.js';
import { sideBySide } from './side-by-side.js';
import { World } from './world.js';

/** Within so many cases each fault has to be noticed. */
const CASES = 400;
const FIRST_SEED = 1;
const AT_A_TIME = 10;

const FAULTS = MUTANTS.filter(({ isUsual }) => isUsual !== true);

jest.setTimeout(120_000);

describe('the comparison notices an instance with a fault:', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });

  afterEach(() => world.close());

  /** Some cases at a time, until one of them tells. */
  async function isNoticed(mutant: Mutant): Promise<boolean> {
    for (let start = 0; start < CASES; start += AT_A_TIME) {
      const cases = Array.from({ length: AT_A_TIME }, (_, index) => randomCase(FIRST_SEED + start + index));
      // With some faults others would have no end.
      const usable = cases.filter(
        ({ givesUp }) => givesUp === 'never' || mutant.name === 'aborts are no cancellations',
      );
      const noticed = await Promise.all(usable.map((one) => differs(mutant, one)));
      if (noticed.includes(true)) return true;
    }
    return false;
  }

  /** Whether a fault is to blame: without it nothing is found, in a case of its own. */
  async function differs(mutant: Mutant, one: Case): Promise<boolean> {
    if (!(await hasFindings(mutant, one))) return false;
    return !(await hasFindings({ name: 'none' }, { ...one, name: `${one.name}-control` }));
  }

  async function hasFindings(mutant: Mutant, one: Case): Promise<boolean> {
    const sides = { plain: world.plain, cached: withFault(world.session(one.session), mutant) };
    const comparisons = await sideBySide(world, sides, one);
    return comparisons.some(({ undocumented }) => undocumented.length > 0);
  }

  it.each(FAULTS.map((mutant) => [mutant.name, mutant] as const))('%s', async (_name, mutant) => {
    expect(await isNoticed(mutant)).toBe(true);
  });
});
