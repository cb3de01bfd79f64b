import fc from 'fast-check';
import { foreignHost } from '../../lib/key/host-field';
import { rulesFor } from '../../lib/key/ignored-parameters';

const rules = rulesFor(undefined);

describe('foreignHost', () => {
  it('is nothing where the caller gives none', () => {
    expect(foreignHost({ accept: 'a' }, 'http://a.test/', rules)).toBeUndefined();
  });

  it.each([
    ['http://a.test/x', 'a.test'],
    ['http://a.test/', ' A.TEST '],
    ['http://a.test/', 'a.test:80'],
    ['http://a.test/', 'a.test:'],
    ['https://a.test/?q', 'a.test:443'],
    ['http://a.test:8080/', 'a.test:8080'],
    ['https://a.test:80/', 'a.test:80'],
    ['http://[::1]/', '[::1]:80'],
    ['http://[::1]:81/', '[::1]:81'],
    ['//a.test/x', 'a.test'],
    ['//a.test:80/x', 'a.test:80'],
  ])('is nothing where it says what the URL says: %s, %j', (url, host) => {
    expect(foreignHost({ host }, url, rules)).toBeUndefined();
  });

  it.each([
    ['http://a.test/', 'B.test', 'b.test'],
    ['http://a.test/', 'b.test:80', 'b.test'],
    ['http://a.test/', 'b.test:81', 'b.test:81'],
    ['http://a.test/', 'a.test:443', 'a.test:443'],
    ['https://a.test/', 'a.test:80', 'a.test:80'],
    ['http://a.test:8080/', 'a.test', 'a.test'],
    ['http://a.test/', '[::1]:80', '[::1]'],
    ['http://a.test/', 'x::80', 'x::80'],
    ['http://a.test/', '', ''],
    ['//a.test/', 'a.test:80', 'a.test:80'],
    ['/a.test', 'a.test', 'a.test'],
    ['/a.test', 'a.test:80', 'a.test:80'],
    ['', 'a.test', 'a.test'],
  ])('%s, %j → %j', (url, host, expected) => {
    expect(foreignHost({ host }, url, rules)).toBe(expected);
  });

  it('several lines are one value', () => {
    expect(foreignHost({ host: ['a.test', 'b.test'] }, 'http://a.test/', rules)).toBe('a.test, b.test');
  });

  it('counts by its presence where the user listed the name', () => {
    const listed = rulesFor(['Host']);
    expect(foreignHost({ host: 'b.test' }, 'http://a.test/', listed)).toBe('REDACTED');
    expect(foreignHost({}, 'http://a.test/', listed)).toBeUndefined();
  });

  it('tells hosts apart, and is the same for what it returned', () => {
    const host = fc.stringMatching(/^[ab]{1,2}\.test(:(80|443|81)?)?$/);
    fc.assert(
      fc.property(host, host, fc.constantFrom('http', 'https'), (one, other, scheme) => {
        const url = `${scheme}://c.test/`;
        const [first, second] = [one, other].map((value) => foreignHost({ host: value }, url, rules));
        const [firstUrl, secondUrl] = [one, other].map((value) => new URL(`${scheme}://${value}/`).host);
        expect(first === second).toBe(firstUrl === secondUrl);
        expect(foreignHost({ host: first as string }, url, rules)).toBe(first);
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });
});
