import { runProgram, useCompiledLib } from './child-process.js';

const MEBIBYTE = 1024 * 1024;

interface Heap {
  /** Bytes in use after 20,000 requests, and after all of them. */
  readonly early: number;
  readonly late: number;
  readonly sent: number;
  readonly reachedOrigin: number;
  readonly entries: number;
}

describe('memory', () => {
  const lib = useCompiledLib();

  describe('after 200,000 requests over 1,000 URLs', () => {
    const BACKENDS = ['memory', 'sqlite'] as const;
    const running = new Map<string, Promise<Heap>>();

    // Each takes a minute of one core, so they go side by side.
    beforeAll(() => {
      for (const backend of BACKENDS) {
        const heap = runProgram<Heap>(lib(), 'heap.cjs', [backend, '20000', '200000'], ['--expose-gc']);
        heap.catch(() => undefined);
        running.set(backend, heap);
      }
    });

    it.each(BACKENDS)(
      'is what it was after 20,000 (%s)',
      async (backend) => {
        const result = await running.get(backend);
        expect(result).toMatchObject({ sent: 200_000, entries: 1000 });
        expect(result?.reachedOrigin).toBeGreaterThan(1500);
        // A leak of eight bytes a request would be more than this.
        expect((result?.late ?? Infinity) - (result?.early ?? 0)).toBeLessThan(1.4 * MEBIBYTE);
      },
      300_000,
    );
  });

  it.each(['http', 'fetch'])(
    'stays flat while 500 MB pass through an instance whose limit is 10 MB (%s)',
    async (adapter) => {
      const result = await runProgram<{ received: number; most: number; stored: boolean; entries: number }>(
        lib(),
        'long-stream.cjs',
        [adapter, '500000000', '10000000'],
        ['--expose-gc'],
      );
      expect(result).toMatchObject({ received: 500_000_000, stored: false, entries: 0 });
      // The limit, and the buffers of two sockets.
      expect(result.most).toBeLessThan(16 * MEBIBYTE);
    },
    120_000,
  );
});
