// What there is to ask for, and the settings by which it is cached.

const KINDS = [
  200,
  200,
  200,
  'etag',
  'etag',
  404,
  500,
  503,
  'no-store',
  'max-age=0',
  'redirect',
  'truncated',
  'reset before',
  'reset after',
  'slow',
  'slow',
  'gzip',
  'long',
  'never',
];
const CALM_KINDS = [200, 'slow', 'gzip', 'etag'];

/** @param scene in all but the wild ones there is one resource, which is always answered, and by what others may use */
exports.randomResources = (random, seed, scene) => {
  const all = { wild: KINDS, calm: CALM_KINDS, forsaken: ['slow'] }[scene];
  return Array.from({ length: scene === 'wild' ? 1 + random.below(3) : 1 }, (_, index) => {
    const kinds = Array.from({ length: 1 + random.below(3) }, () => random.oneOf(all));
    const varies = scene === 'wild' && random.chance(0.25);
    return { path: `/${seed}/${'abc'[index]}`, kinds, varies, calmKind: random.oneOf([200, 'etag']) };
  });
};

exports.randomSession = (random) => ({
  cacheControl: random.chance(0.5),
  ...(random.chance(0.3) ? { expireAfter: random.oneOf([0, 10, 60]) } : {}),
  ...(random.chance(0.15) ? { staleIfError: true } : {}),
  ...(random.chance(0.08) ? { staleWhileRevalidate: true } : {}),
  ...(random.chance(0.1) ? { alwaysRevalidate: true } : {}),
  ...(random.chance(0.1) ? { allowableCodes: [200, 404] } : {}),
});

/** What somebody changes on the way. */
exports.randomSettings = (random) =>
  random.oneOf([
    { staleIfError: random.chance(0.5) },
    { expireAfter: random.oneOf([5, 60]) },
    { staleWhileRevalidate: random.chance(0.2) },
    { disabled: random.chance(0.5) },
    { allowableCodes: [200, 404, 500] },
  ]);
