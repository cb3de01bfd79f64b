import { supersedesStored } from '../../lib/policy/supersession';

describe('D33: a response that is not stored may still end the stored one', () => {
  it.each([
    [200, true],
    [204, true],
    [301, true],
    [404, true],
    [410, true],
    [206, false],
    [304, false],
    [401, false],
    [403, false],
    [429, false],
    [103, false],
    [500, false],
    [503, false],
  ])('%d: %p', (status, expected) => {
    expect(supersedesStored(status)).toBe(expected);
  });
});
