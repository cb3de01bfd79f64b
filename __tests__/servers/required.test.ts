import { NEEDED, whyNone } from './kinds.js';
import { availableKinds, requiredBackends } from './index.js';

/** `REQUIRE_BACKENDS`, comma-separated: what it names and cannot be tested here is a failure, never a skip. */
describe('REQUIRE_BACKENDS', () => {
  it('names backends that there are', () => {
    expect(Object.keys(NEEDED)).toEqual(expect.arrayContaining([...requiredBackends()]));
  });

  it('names only what has a server on this machine', () => {
    const missing = requiredBackends()
      .flatMap((name) => (NEEDED[name] ?? []).map((family) => [name, family] as const))
      .filter(([, family]) => availableKinds(family).length === 0)
      .map(([name, family]) => `${name} needs ${family}: ${whyNone(family)}`);
    expect(missing).toEqual([]);
  });
});
