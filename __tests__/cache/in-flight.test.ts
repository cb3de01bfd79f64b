import { InFlight } from '../../lib/cache/in-flight.js';

test('a flight knows what was deleted since it was sent, and nothing of before', () => {
  const inFlight = new InFlight();
  const earlier = inFlight.begin({ key: 'a', resource: 'r' });
  inFlight.keyDeleted('b');
  const later = inFlight.begin({ key: 'a', resource: 'r' });
  expect(inFlight.isDeletedSince(earlier, 'b')).toBe(true);
  expect(inFlight.isDeletedSince(later, 'b')).toBe(false);
  expect([earlier.isOutdated, later.isOutdated]).toEqual([false, false]);
});

test('of very many deletions the oldest are forgotten, and what was under way before them is not stored', () => {
  const inFlight = new InFlight();
  const endless = inFlight.begin({ key: 'endless', resource: 'r' });
  for (let index = 0; index < 10_000; index += 1) inFlight.keyDeleted(`key ${index}`);
  const recent = inFlight.begin({ key: 'recent', resource: 'r' });
  expect(endless.isOutdated).toBe(false);
  expect(inFlight.isDeletedSince(endless, 'key 0')).toBe(true);
  inFlight.keyDeleted('one more');
  expect(endless.isOutdated).toBe(true);
  expect(inFlight.isTooLate(endless, '')).toBe(true);
  expect(recent.isOutdated).toBe(false);
  expect(inFlight.isDeletedSince(recent, 'one more')).toBe(true);
});
