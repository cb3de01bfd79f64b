import fc from 'fast-check';
import { CircuitBreaker } from '../../lib/storage/circuit-breaker.js';
import { ManualClock } from '../helpers/manual-clock.js';

function setUp(failures = 3) {
  const clock = new ManualClock(1000);
  const breaker = new CircuitBreaker({ failures, pauseMs: 100 }, clock);
  const fail = (): boolean => breaker.failed(breaker.enter() as number);
  const succeed = (): boolean => breaker.succeeded(breaker.enter() as number);
  return { clock, breaker, fail, succeed };
}

describe('CircuitBreaker', () => {
  it('opens after so many failures in a row', () => {
    const { breaker, fail } = setUp();
    expect([fail(), fail(), fail()]).toEqual([false, false, true]);
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.openUntil).toBe(1100);
  });

  it('counts anew after a success', () => {
    const { breaker, fail, succeed } = setUp();
    expect([fail(), fail(), succeed(), fail(), fail()]).toEqual([false, false, false, false, false]);
    expect(breaker.enter()).toBeDefined();
    expect(breaker.openUntil).toBeUndefined();
  });

  it('lets exactly one probe through when the pause is over', () => {
    const { breaker, clock, fail } = setUp(1);
    fail();
    clock.advance(99);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(1);
    expect(breaker.enter()).toBeDefined();
    expect(breaker.enter()).toBeUndefined();
    clock.advance(1_000_000);
    expect(breaker.enter()).toBeUndefined();
  });

  it('closes when the probe succeeds', () => {
    const { breaker, clock, fail, succeed } = setUp(1);
    fail();
    clock.advance(100);
    expect(succeed()).toBe(true);
    expect(breaker.openUntil).toBeUndefined();
    expect([breaker.enter(), breaker.enter()]).not.toContain(undefined);
  });

  it('pauses again when the probe fails, at its first failure', () => {
    const { breaker, clock, fail } = setUp(3);
    fail();
    fail();
    fail();
    clock.advance(150);
    expect(fail()).toBe(true);
    expect(breaker.openUntil).toBe(1250);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(100);
    expect(breaker.enter()).toBeDefined();
  });

  it('needs the full number of failures again after it has closed', () => {
    const { clock, fail, succeed } = setUp(2);
    fail();
    fail();
    clock.advance(100);
    succeed();
    expect([fail(), fail()]).toEqual([false, true]);
  });

  it('ignores calls from before the pause', () => {
    const { breaker, clock, fail } = setUp(1);
    const slow = [breaker.enter(), breaker.enter()] as number[];
    fail();
    expect(breaker.succeeded(slow[0] as number)).toBe(false);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(100);
    const probe = breaker.enter() as number;
    expect(breaker.failed(slow[1] as number)).toBe(false);
    expect(breaker.succeeded(probe)).toBe(true);
  });

  it('does not pause longer because the clock was set back', () => {
    const { breaker, clock, fail } = setUp(1);
    fail();
    clock.advance(-3_600_000);
    expect(breaker.enter()).toBeDefined();
  });

  it('never lets more than one call through while it is open, and never stays shut after a success', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'enter' as const }),
      fc.record({ kind: fc.constantFrom('succeed' as const, 'fail' as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(150) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { breaker, clock } = setUp(2);
        const running: number[] = [];
        let probes = 0;
        for (const action of steps) {
          const wasOpen = breaker.openUntil !== undefined;
          if (action.kind === 'wait') clock.advance(action.ms);
          else if (action.kind === 'enter') {
            const permit = breaker.enter();
            if (permit !== undefined) running.push(permit);
            if (wasOpen && permit !== undefined) probes++;
          } else {
            const [permit] = running.splice(action.which % Math.max(1, running.length), 1);
            if (permit === undefined) continue;
            const changed = action.kind === 'fail' ? breaker.failed(permit) : breaker.succeeded(permit);
            if (changed) probes = 0;
          }
          expect(probes).toBeLessThanOrEqual(1);
        }
        // Whatever happened: when all calls are over and time has passed, a success closes it.
        for (const permit of running) breaker.failed(permit);
        clock.advance(100);
        breaker.succeeded(breaker.enter() as number);
        expect(breaker.openUntil).toBeUndefined();
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });
});
