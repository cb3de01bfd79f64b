import { Scratch } from '../../../lib/backends/redis/scratch.js';

const MEBIBYTE = 1024 * 1024;

it('lends its buffer to one at a time; others get one of their own, no larger than it need be', () => {
  const scratch = new Scratch();
  const first = scratch.take(100_000);
  const second = scratch.take(100_000);
  expect([first.length, second.length]).toEqual([100_000, 100_000]);
  expect(first.buffer.byteLength).toBe(MEBIBYTE);
  expect(second.buffer.byteLength).toBe(100_000);
  // Another's does not free it.
  scratch.giveBack(second);
  expect(scratch.take(100).buffer).not.toBe(first.buffer);
  scratch.giveBack(first);
  expect(scratch.take(200_000).buffer).toBe(first.buffer);
});

it('does not lend again what somebody may still read', () => {
  const scratch = new Scratch();
  const lost = scratch.take(1000);
  scratch.abandon(lost);
  const next = scratch.take(1000);
  expect(next.buffer).not.toBe(lost.buffer);
  // It comes back late, and changes nothing.
  scratch.giveBack(lost);
  scratch.abandon(lost);
  expect(scratch.take(1000).buffer).not.toBe(next.buffer);
  scratch.giveBack(next);
  expect(scratch.take(1000).buffer).toBe(next.buffer);
});

it('keeps nothing that is larger', () => {
  const scratch = new Scratch();
  const large = scratch.take(MEBIBYTE + 1);
  scratch.giveBack(large);
  expect(scratch.take(10).buffer).not.toBe(large.buffer);
});
