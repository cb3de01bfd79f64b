import fc from 'fast-check';
import { formatHttpDate, parseHttpDate } from '../../lib/http/http-date';

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const RUNS = { seed: 20261120, numRuns: 500 };

describe('the three forms (RFC 9110 section 5.6.7)', () => {
  const example = Date.UTC(1994, 10, 6, 8, 49, 37);
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', example],
    ['Sunday, 06-Nov-94 08:49:37 GMT', example],
    ['Sun Nov  6 08:49:37 1994', example],
    ['Sun Nov 06 08:49:37 1994', example],
    ['Thu, 18 Aug 2050 02:01:18 GMT', Date.UTC(2050, 7, 18, 2, 1, 18)],
    ['Sun, 21 Nov 2286 04:46:39 GMT', Date.UTC(2286, 10, 21, 4, 46, 39)],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Tue, 01 Jan 0050 00:00:00 GMT', Date.parse('0050-01-01T00:00:00Z')],
  ])('%s', (text, time) => {
    expect(parseHttpDate(text, NOW)).toBe(time);
  });

  it.each([
    'THU, 18 Aug 2050 02:01:18 GMT',
    'Thu, 18 AUG 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01:18 gMT',
    ' Thu, 18 Aug 2050 02:01:18 GMT\t',
    'Mon, 18 Aug 2050 02:01:18 GMT',
  ])('is tolerant of case, white space around, and a wrong day of the week: %j', (text) => {
    expect(parseHttpDate(text, NOW)).toBe(Date.UTC(2050, 7, 18, 2, 1, 18));
  });
});

describe('what is no HTTP date', () => {
  it.each([
    '',
    '0',
    '-1',
    '2050',
    'Thu, 18 Aug 2050 02:01:18 UTC',
    'Thu, 18 Aug 2050 02:01:18 AEST',
    'Thu, 18 Aug 2050 02:01:18 +0000',
    'Thu, 18 Aug 2050 02:01:18',
    'Thu, 18 Aug 50 02:01:18 GMT',
    'Thu 18 Aug 2050 02:01:18 GMT',
    'Thu, 18  Aug  2050 02:01:18 GMT',
    'Thu, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02.01.18 GMT',
    'Thu, 18 Aug 2050 2:01:18 GMT',
    'Thu, 8 Aug 2050 02:01:18 GMT',
    'Thu, 31 Feb 2050 02:01:18 GMT',
    'Thu, 00 Aug 2050 02:01:18 GMT',
    'Tue, 29 Feb 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 25:00:00 GMT',
    'Thu, 18 Aug 2050 24:00:00 GMT',
    'Thu, 18 Aug 2050 02:60:00 GMT',
    'Thu, 18 Aug 2050 02:01:61 GMT',
    'Foo, 18 Aug 2050 02:01:18 GMT',
    'Thu, 18 Foo 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT',
    'Thursday, 31-Feb-50 02:01:18 GMT',
    'Thu Feb 31 02:01:18 2050',
    '2050-08-18T02:01:18Z',
  ])('%j', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });
});

describe('two-digit years: at most 50 years ahead', () => {
  it.each([
    [2026, '50', 2050],
    [2026, '75', 2075],
    [2026, '77', 1977],
    [2026, '94', 1994],
    [2026, '00', 2000],
    [2099, '01', 2101],
    [2099, '48', 2148],
    [2099, '60', 2060],
    [1999, '00', 2000],
    [2001, '99', 1999],
  ])('in %d the year %s is %d', (nowYear, digits, year) => {
    expect(parseHttpDate(`Sunday, 01-Mar-${digits} 00:00:00 GMT`, Date.UTC(nowYear, 10, 20))).toBe(
      Date.UTC(year, 2, 1),
    );
  });

  it('counts the 50 years to the second', () => {
    const limit = 'Friday, 20-Nov-76 12:00:00 GMT';
    expect(parseHttpDate(limit, NOW)).toBe(Date.UTC(2076, 10, 20, 12));
    expect(parseHttpDate(limit, NOW - 1000)).toBe(Date.UTC(1976, 10, 20, 12));
  });
});

describe('properties', () => {
  const time = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }).map((seconds) => seconds * 1000);

  it('reads back what it writes', () => {
    expect(formatHttpDate(Date.UTC(1994, 10, 6, 8, 49, 37, 999))).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    fc.assert(
      fc.property(time, (at) => {
        expect(parseHttpDate(formatHttpDate(at), NOW)).toBe(at);
      }),
      RUNS,
    );
  });

  it('never throws', () => {
    const text = fc.string({
      unit: fc.constantFrom('Thu', ', ', 'Aug', '18', '2050', ' ', ':', '02', 'GMT', '-', 'x'),
    });
    fc.assert(
      fc.property(text, fc.integer(), (value, now) => {
        const at = parseHttpDate(value, now);
        expect(at === undefined || Number.isSafeInteger(at)).toBe(true);
      }),
      RUNS,
    );
  });
});
