import { NEWER, OF_THIS_VERSION, OLDER } from './by-version.js';
import { DOCUMENTED } from './documented-differences.js';
import { EXAMPLES, exampleCase } from './examples.js';
import { sideBySide } from './side-by-side.js';
import { report } from './tally.js';
import { World } from './world.js';

describe('differences from plain axios that are documented', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.create();
  });

  afterAll(() => world.close());

  const all = [...DOCUMENTED, ...OF_THIS_VERSION];
  it.each(all.map(({ name }, index) => [name, index] as const))('%s', async (name, index) => {
    const one = exampleCase(name, index);
    const sides = { plain: world.plain, cached: world.session(one.session) };
    const comparisons = await sideBySide(world, sides, one);
    const undocumented = comparisons.filter((comparison) => comparison.undocumented.length > 0);
    expect(undocumented.map((comparison) => report(one, comparison)).join('\n')).toBe('');
    expect(comparisons.flatMap(({ documented }) => documented)).toContain(name);
  });

  it('are all that have an example', () => {
    const names = [...DOCUMENTED, ...OLDER, ...NEWER].map(({ name }) => name);
    expect(Object.keys(EXAMPLES).sort()).toEqual(names.sort());
  });
});
