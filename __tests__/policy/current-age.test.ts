import fc from 'fast-check';
import { type FieldValue } from '../../lib/http/header-fields';
import { currentAgeSeconds, dateOf, generationTime, hasUnreadableAge } from '../../lib/policy/current-age';
import { date, fields, NOW } from './fixtures';

/** The corrected initial age in seconds. */
function initialAge(headers: Record<string, FieldValue>, delayMs = 0): number {
  const exchange = { headers: fields(headers), requestSentAt: NOW - delayMs, responseReceivedAt: NOW };
  return (NOW - generationTime(exchange)) / 1000;
}

describe('generationTime (RFC 9111 section 4.2.3)', () => {
  it.each<[string, Record<string, FieldValue>, number, number]>([
    ['nothing is known: just generated', {}, 0, 0],
    ['Date is now', { date: date(0) }, 0, 0],
    ['Date is old: apparent age', { date: date(-30) }, 0, 30],
    ['Date is ahead: no negative age', { date: date(30) }, 0, 0],
    ['Age alone', { age: '20' }, 0, 20],
    ['Age and response delay', { age: '20' }, 3000, 23],
    ['response delay alone', { date: date(0) }, 1500, 1.5],
    ['the greater one counts: Date', { date: date(-30), age: '20' }, 1000, 30],
    ['the greater one counts: Age', { date: date(-10), age: '25' }, 0, 25],
    ['Date cannot be read', { date: 'foo', age: '5' }, 0, 5],
    ['two Dates', { date: [date(-30), date(-40)] }, 0, 0],
    ['a clock set back in between', { age: '5' }, -60_000, 5],
  ])('%s', (_title, headers, delayMs, ageSeconds) => {
    expect(initialAge(headers, delayMs)).toBe(ageSeconds);
  });

  it.each<[FieldValue, number]>([
    ['abc', 0],
    ['-7200', 0],
    ['7200.0', 0],
    ['', 0],
    ['7200;foo=bar', 0],
    ['7200, 0', 7200],
    ['0, 7200', 0],
    [['7200', '0'], 7200],
    [['0', '7200'], 0],
    ['2147483648', 2 ** 31],
    ['99999999999', 2 ** 31],
  ])('Age: %j is %d (section 5.1: the first counts, what is invalid is ignored)', (age, seconds) => {
    expect(initialAge({ age })).toBe(seconds);
  });

  it('does not count the fraction of a second that Date cannot express', () => {
    const exchange = {
      headers: fields({ date: date(0) }),
      requestSentAt: NOW + 990,
      responseReceivedAt: NOW + 990,
    };
    expect(generationTime(exchange)).toBe(NOW + 990);
  });

  it('never lies in the future, whatever the headers', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: -1e9, max: 1e9 }), (age, when, delayMs) => {
        expect(initialAge({ age, date: when }, delayMs)).toBeGreaterThanOrEqual(0);
      }),
      { seed: 20261120, numRuns: 300 },
    );
  });
});

describe('hasUnreadableAge (RFC 9111 section 5.1)', () => {
  it.each<[FieldValue]>([['0'], ['7200'], [' 60 '], ['99999999999'], [['60', '']], ['60,'], [[]]])(
    'no: %j',
    (age) => {
      expect(hasUnreadableAge(fields({ age }))).toBe(false);
    },
  );

  it('not where there is none', () => {
    expect(hasUnreadableAge(fields({}))).toBe(false);
  });

  it.each<[FieldValue]>([
    [''],
    [' '],
    [','],
    ['-1'],
    ['+1'],
    ['1.5'],
    ['0x10'],
    ['60s'],
    ['"60"'],
    ['60;a=b'],
    ['now'],
    ['60, 60'],
    ['0, 7200'],
    [['60', '60']],
    [['', '']],
    ['6 0'],
  ])('yes: %j', (age) => {
    expect(hasUnreadableAge(fields({ age }))).toBe(true);
  });
});

describe('currentAgeSeconds', () => {
  it.each([
    [NOW - 1500, 1.5],
    [NOW, 0],
    [NOW + 1000, 0],
  ])('generated at %d', (generatedAt, seconds) => {
    expect(currentAgeSeconds({ generatedAt }, NOW)).toBe(seconds);
  });
});

describe('dateOf', () => {
  it.each<[Record<string, FieldValue>, number]>([
    [{ date: date(-5) }, NOW - 5000],
    [{}, NOW],
    [{ date: '0' }, NOW],
  ])('%j', (headers, time) => {
    expect(dateOf(fields(headers), NOW)).toBe(time);
  });
});
