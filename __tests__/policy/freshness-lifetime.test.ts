import fc from 'fast-check';
import { parseCacheControl } from '../../lib/http/cache-control';
import { fieldValue, type FieldValue } from '../../lib/http/header-fields';
import {
  explicitLifetime,
  heuristicLifetime,
  isFresh,
  type FreshnessLifetime,
} from '../../lib/policy/freshness-lifetime';
import { type LifetimeSource } from '../../lib/policy/messages';
import { date, DAY, NOW, response } from './fixtures';

function explicit(headers: Record<string, FieldValue>): FreshnessLifetime | undefined {
  const one = response(headers);
  return explicitLifetime(one, parseCacheControl(fieldValue(one.headers, 'cache-control')), NOW);
}

function heuristic(headers: Record<string, FieldValue>, status = 200, fraction = 0.1): number | undefined {
  const one = response(headers, status);
  const directives = parseCacheControl(fieldValue(one.headers, 'cache-control'));
  return heuristicLifetime(one, directives, fraction, NOW)?.freshnessLifetimeSeconds;
}

describe('explicitLifetime (RFC 9111 section 4.2.1)', () => {
  it.each<[string, Record<string, FieldValue>, number, LifetimeSource]>([
    ['max-age', { 'cache-control': 'max-age=60' }, 60, 'max-age'],
    ['max-age over Expires', { 'cache-control': 'max-age=60', expires: date(-1000) }, 60, 'max-age'],
    ['max-age=0 over a future Expires', { 'cache-control': 'max-age=0', expires: date(1000) }, 0, 'max-age'],
    ['max-age over an invalid Expires', { 'cache-control': 'max-age=60', expires: '0' }, 60, 'max-age'],
    ['s-maxage is ignored', { 'cache-control': 's-maxage=3600, max-age=1' }, 1, 'max-age'],
    ['Expires − Date', { expires: date(100), date: date(40) }, 60, 'expires'],
    ['Expires − Date, both slow', { expires: date(-40), date: date(-100) }, 60, 'expires'],
    ['Expires = Date', { expires: date(0), date: date(0) }, 0, 'expires'],
    ['Expires before Date, both fast', { expires: date(300), date: date(400) }, 0, 'expires'],
    ['Expires without Date', { expires: date(60) }, 60, 'expires'],
    ['Expires with a Date that is none', { expires: date(60), date: 'foo' }, 60, 'expires'],
    [
      'Expires in RFC 850 form',
      { expires: 'Thursday, 18-Aug-50 02:01:18 GMT', date: 'Thu, 18 Aug 2050 02:00:18 GMT' },
      60,
      'expires',
    ],
  ])('%s', (_title, headers, freshnessLifetimeSeconds, source) => {
    expect(explicit(headers)).toEqual({ freshnessLifetimeSeconds, source });
  });

  it.each<[string, Record<string, FieldValue>]>([
    ['nothing', {}],
    ['s-maxage alone', { 'cache-control': 's-maxage=60' }],
    ['immutable alone', { 'cache-control': 'immutable' }],
    ['public alone', { 'cache-control': 'public' }],
  ])('%s says nothing', (_title, headers) => {
    expect(explicit(headers)).toBeUndefined();
  });
});

describe('D9: an Expires that cannot be read is already stale, and never an exception', () => {
  it.each<[FieldValue]>([
    ['0'],
    ['-1'],
    [''],
    ['60'],
    ['soon'],
    ['Thu, 18 Aug 2050 02:01:18 UTC'],
    ['Thu, 18 Aug 50 02:01:18 GMT'],
    ['Thu, 31 Feb 2050 02:01:18 GMT'],
    [[date(60), date(61)]],
    [[date(60), date(60)]],
    [`${date(60)}, ${date(61)}`],
  ])('Expires: %j', (expires) => {
    expect(explicit({ expires, date: date(0) })).toEqual({ freshnessLifetimeSeconds: 0, source: 'expires' });
  });

  it('whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (expires) => {
        expect(explicit({ expires })).toEqual({ freshnessLifetimeSeconds: 0, source: 'expires' });
      }),
      { seed: 20261120, numRuns: 300 },
    );
  });
});

describe('D10: what cannot be read is stale, not for ever; immutable lengthens nothing', () => {
  it.each(['max-age=-1', 'max-age', 'max-age=', "max-age='60'", 'max-age=1.5'])('%s', (cacheControl) => {
    expect(explicit({ 'cache-control': cacheControl, expires: date(60) })).toEqual({
      freshnessLifetimeSeconds: 0,
      source: 'max-age',
    });
  });

  it.each([
    ['max-age="60"', 60],
    ['max-age=60, immutable', 60],
  ])('%s is %d', (cacheControl, seconds) => {
    expect(explicit({ 'cache-control': cacheControl })?.freshnessLifetimeSeconds).toBe(seconds);
  });
});

describe('an Age that cannot be read makes every lifetime 0 (sections 4.2.1 and 5.1)', () => {
  const AGES: [FieldValue][] = [['-1'], ['x'], [''], ['1, 1'], [['5', '7']]];

  it.each(AGES)('Age: %j', (age) => {
    expect(explicit({ age, 'cache-control': 'max-age=60' })).toEqual({
      freshnessLifetimeSeconds: 0,
      source: 'max-age',
    });
    expect(explicit({ age, expires: date(60) })).toEqual({ freshnessLifetimeSeconds: 0, source: 'expires' });
    expect(explicit({ age })).toBeUndefined();
    expect(heuristic({ age, 'last-modified': date(-1000), date: date(0) })).toBeUndefined();
  });

  it('one that can be read makes none shorter: the age is taken off elsewhere', () => {
    expect(explicit({ age: '50', 'cache-control': 'max-age=60' })?.freshnessLifetimeSeconds).toBe(60);
    expect(heuristic({ age: '50', 'last-modified': date(-1000), date: date(0) })).toBe(100);
  });
});

describe('heuristicLifetime (RFC 9111 section 4.2.2)', () => {
  const lastModified = { 'last-modified': date(-1000), date: date(0) };

  it.each<[string, Record<string, FieldValue>, number, number, number | undefined]>([
    ['a tenth', lastModified, 200, 0.1, 100],
    ['counted from Date', { 'last-modified': date(-1000), date: date(-500) }, 200, 0.1, 50],
    ['counted from reception without Date', { 'last-modified': date(-1000) }, 200, 0.1, 100],
    ['another fraction', lastModified, 200, 0.5, 500],
    ['a status that allows it', lastModified, 410, 0.1, 100],
    ['a status that does not', lastModified, 201, 0.1, undefined],
    ['unless it is public', { ...lastModified, 'cache-control': 'public' }, 599, 0.1, 100],
    ['off', lastModified, 200, 0, undefined],
    ['no Last-Modified', { date: date(0), etag: '"x"' }, 200, 0.1, undefined],
    ['a Last-Modified that is none', { 'last-modified': '2020-01-01' }, 200, 0.1, undefined],
    ['two of them', { 'last-modified': [date(-1000), date(-2000)] }, 200, 0.1, undefined],
    ['modified in the future', { 'last-modified': date(10), date: date(0) }, 200, 0.1, undefined],
    ['modified just now', { 'last-modified': date(0), date: date(0) }, 200, 0.1, undefined],
  ])('%s', (_title, headers, status, fraction, seconds) => {
    expect(heuristic(headers, status, fraction)).toBe(seconds);
  });
});

describe('isFresh', () => {
  it.each([
    [undefined, true],
    [NOW + 1, true],
    [NOW, false],
    [NOW - DAY, false],
  ])('until %p: %p', (expiresAt, expected) => {
    expect(isFresh({ expiresAt }, NOW)).toBe(expected);
  });
});
