import fc from 'fast-check';
import { InvalidOptionError } from '../../lib/errors';
import {
  DO_NOT_CACHE,
  EXPIRE_IMMEDIATELY,
  expiryOf,
  getExpirationDate,
  NEVER_EXPIRE,
  parseDurationSeconds,
  parseExpirationTime,
  parseStaleWindow,
} from '../../lib/policy/expiration';
import { type Lifetime, type StaleWindow } from '../../lib/policy/messages';
import { after, DO_NOT, NEVER, NOW } from './fixtures';

const RUNS = { seed: 20261120, numRuns: 300 };

/** Whatever no expiration time may be. */
const REFUSED: unknown[] = [
  NaN,
  -2,
  -0.5,
  -Infinity,
  '',
  '  ',
  '-5',
  '-1.5',
  'soon',
  '10 parsecs',
  '1 month',
  '1mo',
  '1M',
  '2 years',
  '1y',
  '10m ago',
  'm10',
  '1..5s',
  '.5s',
  '1,5s',
  '1e3',
  '0x10',
  'Infinity',
  '2050-08-18',
  '2050-08-18T02:01:18Z',
  'Thu, 31 Feb 2050 02:01:18 GMT',
  '9'.repeat(400),
  `${'9'.repeat(400)}w`,
  null,
  undefined,
  true,
  false,
  {},
  [],
  [60],
  60n,
  new Date(NaN),
  () => 60,
];

describe('parseExpirationTime', () => {
  it.each<[unknown, Lifetime]>([
    [60, after(60)],
    [0, after(0)],
    [-0, after(0)],
    [EXPIRE_IMMEDIATELY, after(0)],
    [NEVER_EXPIRE, NEVER],
    [Infinity, NEVER],
    ['-1', NEVER],
    ['60', after(60)],
    [' 60 ', after(60)],
    ['0', after(0)],
    ['1.5', after(1.5)],
    ['500ms', after(0.5)],
    ['30s', after(30)],
    ['10m', after(600)],
    ['2h', after(7200)],
    ['1d', after(86_400)],
    ['1w', after(604_800)],
    ['1h30m', after(5400)],
    ['1h 30m', after(5400)],
    ['1 h 30 min', after(5400)],
    ['2 hours 5 Minutes', after(7500)],
    ['1.5 days', after(129_600)],
    ['0s', after(0)],
    [DO_NOT_CACHE, DO_NOT],
    [new Date(NOW), { kind: 'at', epochMs: NOW }],
    ['Sun, 06 Nov 1994 08:49:37 GMT', { kind: 'at', epochMs: 784_111_777_000 }],
    ['Sunday, 06-Nov-94 08:49:37 GMT', { kind: 'at', epochMs: 784_111_777_000 }],
    ['Sun Nov  6 08:49:37 1994', { kind: 'at', epochMs: 784_111_777_000 }],
  ])('%p is %j', (value, lifetime) => {
    expect(parseExpirationTime(value, 'expireAfter', NOW)).toEqual(lifetime);
  });

  it.each(REFUSED.map((value) => [value]))('refuses %p, naming option and accepted values', (value) => {
    let caught: unknown;
    try {
      parseExpirationTime(value, 'cache.expireAfter', NOW);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InvalidOptionError);
    const error = caught as InvalidOptionError;
    expect(error.code).toBe('ERR_CACHE_INVALID_OPTION');
    expect(error.option).toBe('cache.expireAfter');
    expect(error.given).toBe(value);
    expect(error.message).toContain('new Date(');
    expect(error.message).toContain('DO_NOT_CACHE');
  });

  it('D26: keeps fractions of a second, and takes "60" for 60 seconds', () => {
    expect(parseExpirationTime(0.5, 'expireAfter', NOW)).toEqual(after(0.5));
    expect(parseExpirationTime('60', 'expireAfter', NOW)).toEqual(after(60));
    expect(expiryOf(after(0.5), NOW)).toBe(NOW + 500);
  });

  it('takes every number ≥ 0 for itself', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (seconds) => {
        expect(parseExpirationTime(seconds, 'expireAfter', NOW)).toEqual(after(Math.abs(seconds)));
      }),
      RUNS,
    );
  });

  it('adds up compound durations', () => {
    const part = fc.nat({ max: 99 });
    fc.assert(
      fc.property(part, part, part, part, part, (weeks, days, hours, minutes, seconds) => {
        const text = `${weeks}w${days}d ${hours}h${minutes}m${seconds}s`;
        expect(parseExpirationTime(text, 'expireAfter', NOW)).toEqual(
          after(weeks * 604_800 + days * 86_400 + hours * 3600 + minutes * 60 + seconds),
        );
      }),
      RUNS,
    );
  });

  it('accepts or refuses anything, and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          expect(parseExpirationTime(value, 'x', NOW).kind).toMatch(/^(never-expire|do-not-cache|after|at)$/);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidOptionError);
        }
      }),
      RUNS,
    );
  });
});

describe('parseDurationSeconds', () => {
  it.each<[unknown, number]>([
    [0, 0],
    [0.5, 0.5],
    [60, 60],
    ['60', 60],
    ['2s', 2],
    ['250ms', 0.25],
  ])('%p is %p seconds', (value, seconds) => {
    expect(parseDurationSeconds(value, 'timeout')).toBe(seconds);
  });

  it.each([[-1], [NaN], [Infinity], ['-1'], ['never'], [''], [null], [undefined], [true], [new Date(NOW)]])(
    'refuses %p',
    (value) => {
      expect(() => parseDurationSeconds(value, 'backend.timeout')).toThrow(
        expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION', option: 'backend.timeout' }),
      );
    },
  );
});

describe('parseStaleWindow', () => {
  it.each<[unknown, StaleWindow]>([
    [true, true],
    [false, false],
    [-1, true],
    ['-1', true],
    [Infinity, true],
    [0, false],
    ['0s', false],
    [30, 30],
    [0.5, 0.5],
    ['1d', 86_400],
  ])('%p is %p', (value, window) => {
    expect(parseStaleWindow(value, 'staleIfError')).toBe(window);
  });

  it.each([[-2], [NaN], [-Infinity], ['-2'], ['yes'], [''], [null], [undefined], [{}], [new Date(NOW)]])(
    'refuses %p',
    (value) => {
      expect(() => parseStaleWindow(value, 'staleIfError')).toThrow(
        expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION', option: 'staleIfError' }),
      );
    },
  );
});

describe('expiryOf', () => {
  it.each<[string, Lifetime, number | undefined]>([
    ['never', NEVER, undefined],
    ['seconds', after(60), NOW + 60_000],
    ['at once', after(0), NOW],
    ['absolute', { kind: 'at', epochMs: 5 }, 5],
    ['later than any date', after(1e300), undefined],
    ['the last date', after((8.64e15 - NOW) / 1000), 8.64e15],
  ])('%s', (_title, lifetime, expiresAt) => {
    expect(expiryOf(lifetime, NOW)).toBe(expiresAt);
  });

  it('refuses do-not-cache as a mistake of the program', () => {
    expect(() => expiryOf(DO_NOT, NOW)).toThrow(TypeError);
  });
});

describe('getExpirationDate', () => {
  it.each<[number | string | Date, Date | undefined]>([
    [60, new Date(NOW + 60_000)],
    ['1m', new Date(NOW + 60_000)],
    [-1, undefined],
    [new Date(7), new Date(7)],
  ])('%p gives %p', (value, expected) => {
    expect(getExpirationDate(value, NOW)).toEqual(expected);
  });

  it.each([[DO_NOT_CACHE], [NaN]])('refuses %p', (value) => {
    expect(() => getExpirationDate(value, NOW)).toThrow(
      expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION', option: 'expireAfter' }),
    );
  });
});
