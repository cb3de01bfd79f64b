import fc from 'fast-check';
import { rfcSettings } from '../fixtures';
import { conversations, userSettings } from './arbitraries';
import { contradictionOf, rulesBeside } from './contradiction';
import { FOCUSES, type Focus } from './fields';
import { askLibrary, PRESET_SETTINGS } from './library-answer';
import { judgeByRfc, RULES } from './oracle';

const SEED = 20261120;
/** Five times this: 100,000 conversations. */
const RUNS_PER_FOCUS = 20_000;

/** The least share of conversations that must get so far, or the property would say nothing. */
const LEAST = { stored: 0.5, reused: 0.05, reusedStale: 0.01, reusedPart: 0.0002, reusedByUser: 0.05 };

describe('RFC 9111, whatever the header fields are', () => {
  it.each(FOCUSES)(
    'throws nothing, and reuses nothing that a plain reading forbids: %s',
    (focus: Focus) => {
      const seen = { stored: 0, reused: 0, reusedStale: 0, reusedPart: 0, reusedByUser: 0 };
      fc.assert(
        fc.property(conversations(focus), userSettings, (conversation, changes) => {
          const answer = askLibrary(conversation, PRESET_SETTINGS);
          expect(contradictionOf(conversation, answer)).toBeUndefined();
          const { stored, decision } = answer;
          if (stored !== undefined) seen.stored += 1;
          if (decision?.action === 'reuse') {
            seen.reused += 1;
            if (decision.stale) seen.reusedStale += 1;
            if (conversation.response.status === 206) seen.reusedPart += 1;
          }
          const settings = rfcSettings(changes);
          const usersAnswer = askLibrary(conversation, settings);
          expect(contradictionOf(conversation, usersAnswer, rulesBeside(settings))).toBeUndefined();
          if (usersAnswer.decision?.action === 'reuse') seen.reusedByUser += 1;
        }),
        // Different conversations for each, also where two focuses have the same generators.
        { seed: SEED + FOCUSES.indexOf(focus), numRuns: RUNS_PER_FOCUS },
      );
      const { stored, reused, reusedStale, reusedPart, reusedByUser } = seen;
      expect(stored).toBeGreaterThanOrEqual(LEAST.stored * RUNS_PER_FOCUS);
      expect(reused).toBeGreaterThanOrEqual(LEAST.reused * RUNS_PER_FOCUS);
      expect(reusedStale).toBeGreaterThanOrEqual(LEAST.reusedStale * RUNS_PER_FOCUS);
      expect(reusedPart).toBeGreaterThanOrEqual(LEAST.reusedPart * RUNS_PER_FOCUS);
      expect(reusedByUser).toBeGreaterThanOrEqual(LEAST.reusedByUser * RUNS_PER_FOCUS);
    },
    120_000,
  );

  it('reuses most of what a plain reading allows', () => {
    const seen = { allowed: 0, reused: 0 };
    for (const conversation of fc.sample(conversations('everything'), { seed: SEED, numRuns: 4000 })) {
      if (!judgeByRfc(conversation).mayReuse) continue;
      seen.allowed += 1;
      if (askLibrary(conversation, PRESET_SETTINGS).decision?.action === 'reuse') seen.reused += 1;
    }
    expect(seen.reused).toBeGreaterThanOrEqual(seen.allowed / 3);
  });

  it('meets every rule among the generated conversations', () => {
    const met = new Set<string>();
    for (const conversation of fc.sample(conversations('everything'), { seed: SEED, numRuns: 4000 })) {
      const judgement = judgeByRfc(conversation);
      if (!judgement.mayReuse) met.add(judgement.rule);
    }
    expect([...met].sort()).toEqual([...RULES].sort());
  });
});
