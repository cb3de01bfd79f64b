import fc from 'fast-check';
import { RetentionHeap, type RetentionPlace } from '../../lib/storage/retention-heap.js';

describe('RetentionHeap', () => {
  it('has what ends first at its top, whatever was added and removed', () => {
    const action = fc.oneof(
      { weight: 2, arbitrary: fc.record({ add: fc.nat(50) }) },
      { weight: 1, arbitrary: fc.record({ remove: fc.nat(100) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80, size: 'max' }), (actions) => {
        const heap = new RetentionHeap<number>();
        const places: RetentionPlace<number>[] = [];
        for (const one of actions) {
          if ('add' in one) places.push(heap.add(places.length, one.add));
          else if (places.length > 0) {
            const [place] = places.splice(one.remove % places.length, 1);
            heap.remove(place as RetentionPlace<number>);
          }
          const times = places.map(({ retainUntil }) => retainUntil);
          expect(heap.first?.retainUntil).toBe(times.length === 0 ? undefined : Math.min(...times));
        }
        for (const time of places.map(({ retainUntil }) => retainUntil).sort((a, b) => a - b)) {
          const { first } = heap;
          expect(first?.retainUntil).toBe(time);
          heap.remove(first as RetentionPlace<number>);
        }
        expect(heap.first).toBeUndefined();
      }),
      { seed: 20261126, numRuns: 500 },
    );
  });
});
