import { Pace } from '../../../lib/backends/filesystem/pace.js';
import { pacedSort } from '../../../lib/backends/filesystem/paced-sort.js';

it.each([0, 1, 2, 999, 1000, 1001, 2000, 5001, 12_345])(
  '%i are in order afterwards, equal ones as they were',
  async (count) => {
    const items = Array.from({ length: count }, (_, index) => ({ time: (index * 7919) % 1013, index }));
    const sorted = await pacedSort(items, ({ time }) => time, new Pace());
    expect(sorted).toEqual([...items].sort((one, other) => one.time - other.time));
  },
);

it('lets others run meanwhile', async () => {
  const items = Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 100_003);
  let turns = 0;
  const counting = (): void => void (turns++, (immediate = setImmediate(counting)));
  let immediate = setImmediate(counting);
  await pacedSort(items, (item) => item, new Pace());
  clearImmediate(immediate);
  expect(turns).toBeGreaterThan(3);
});
