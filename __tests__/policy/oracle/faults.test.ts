import fc from 'fast-check';
import { conversations } from './arbitraries';
import { contradictionOf } from './contradiction';
import { FAULTS } from './faults';
import { askLibrary, PRESET_SETTINGS } from './library-answer';

/** A property is evidence only if it can say no: policies with one fault each must be found out. */
describe('the oracle finds out a policy that', () => {
  it.each(FAULTS)(
    '%s',
    (_title, focus, view) => {
      const { failed } = fc.check(
        fc.property(conversations(focus), (conversation) => {
          const real = contradictionOf(conversation, askLibrary(conversation, PRESET_SETTINGS));
          const faulty = contradictionOf(conversation, askLibrary(view(conversation), PRESET_SETTINGS));
          return real !== undefined || faulty === undefined;
        }),
        { seed: 20261120, numRuns: 20_000, endOnFailure: true },
      );
      expect(failed).toBe(true);
    },
    60_000,
  );
});
