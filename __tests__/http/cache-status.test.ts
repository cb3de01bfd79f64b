import { type CacheStatus, formatCacheStatus, isCacheStatusName } from '../../lib/http/cache-status';

const hit: CacheStatus = {
  hit: true,
  fwd: undefined,
  fwdStatus: undefined,
  stored: false,
  collapsed: false,
  ttl: 59.9,
  rule: 'fresh',
};

// https://www.rfc-editor.org/rfc/rfc9211.html#section-2
it.each<[string, CacheStatus]>([
  ['cache; hit; ttl=59; detail=fresh', hit],
  ['cache; hit; ttl=-1; detail=max-stale', { ...hit, ttl: -0.1, rule: 'max-stale' }],
  ['cache; hit; detail=never-expires', { ...hit, ttl: undefined, rule: 'never-expires' }],
  ['cache; hit; ttl=999999999999999; detail=fresh', { ...hit, ttl: 1e18 }],
  [
    'cache; fwd=uri-miss; fwd-status=200; stored; ttl=60; detail=nothing-stored',
    { ...hit, hit: false, fwd: 'uri-miss', fwdStatus: 200, stored: true, ttl: 60, rule: 'nothing-stored' },
  ],
  [
    'cache; fwd=stale; collapsed; detail=stale',
    { ...hit, hit: false, fwd: 'stale', collapsed: true, ttl: undefined, rule: 'stale' },
  ],
  ['cache; detail=stale', { ...hit, hit: false, ttl: undefined, rule: 'stale' }],
])('%s', (text, status) => {
  expect(formatCacheStatus('cache', status)).toBe(text);
});

it.each([
  ['my.cache/1', 'my.cache/1; hit'],
  ['*', '*; hit'],
  ['my cache', '"my cache"; hit'],
  ['1cache', '"1cache"; hit'],
  ['a"b\\c', '"a\\"b\\\\c"; hit'],
])('the name %s is written as a token, or else quoted', (name, start) => {
  expect(isCacheStatusName(name)).toBe(true);
  expect(formatCacheStatus(name, hit).startsWith(start)).toBe(true);
});

it.each(['', 'caché', 'a\nb', 'a\u0000'])('%j cannot be a name', (name) => {
  expect(isCacheStatusName(name)).toBe(false);
});
