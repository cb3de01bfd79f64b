import { Context } from './context.js';
import { sendBodies } from './scenario-bodies.js';
import { maintainWithSecrets } from './scenario-maintenance.js';
import { redirectWithSecrets } from './scenario-redirects.js';
import { sendSecrets } from './scenario-requests.js';
import { answerWithSecrets } from './scenario-responses.js';
import { findMarked, findPlainHashes, type RawPiece, summary } from './search.js';
import { PLANTED } from './secrets.js';
import { type MakeStore, type RawStore } from './stores.js';

const STEPS = [plant, sendSecrets, sendBodies, redirectWithSecrets, answerWithSecrets, maintainWithSecrets];

/**
 * Declares the tests of one storage: requests full of secrets, after which none of them is found in it.
 * @param isThorough whether everything is tried, or a few of each kind
 */
export function describeStore(name: string, make: MakeStore, isThorough = false): void {
  describe(`what ${name} holds after requests full of secrets`, () => {
    let store: RawStore;
    let context: Context;
    /** What was stored after each step, since later ones may take away what earlier ones let in. The last is when it is closed. */
    let stages: (readonly RawPiece[])[];

    beforeAll(async () => {
      store = await make();
      context = await Context.start(store.backend, isThorough);
      stages = [];
      for (const step of STEPS) {
        await step(context);
        stages.push(await store.read());
      }
      await store.backend.close();
      stages.push(await store.read());
    }, 60_000);
    afterAll(async () => {
      await context.end();
      await store.dispose();
    });

    it('is searched indeed: what is stored in clear is found, in every form', () => {
      for (const pieces of stages) {
        const found = findMarked(pieces, PLANTED);
        expect([...new Set(found.map(({ form }) => form))].sort()).toEqual([
          'base64, shifted by 1',
          'clear',
          'hex',
          'percent-encoded',
        ]);
      }
      const hashes = findPlainHashes(stages.at(-2) ?? [], [PLANTED]).map(({ form }) => form);
      expect(hashes).toContain(`sha256 in hex of ${PLANTED}`);
    });

    it('has no secret in it, in no form, while it is open and when it is closed', () => {
      for (const pieces of stages) expect(summary(findMarked(pieces))).toEqual([]);
    });

    it('has no hash of a secret that could be looked up', () => {
      expect(summary(findPlainHashes(stages.at(-2) ?? [], context.secrets.texts))).toEqual([]);
    });

    it('and events tell none', () => {
      expect(context.told).not.toEqual([]);
      expect(findMarked([{ where: 'events', bytes: Buffer.from(context.told.join('\n')) }])).toEqual([]);
    });
  });
}

/** The bodies of responses are stored as they are. */
async function plant(context: Context): Promise<void> {
  const bytes = Buffer.from(PLANTED);
  const written = [
    bytes,
    bytes.toString('hex').toUpperCase(),
    Buffer.from(`_${PLANTED}`).toString('base64'),
    [...bytes].map((code) => `%${code.toString(16)}`).join(''),
    (await import('node:crypto')).createHash('sha256').update(PLANTED).digest('hex'),
  ];
  for (const body of written) {
    await context.store({ url: context.path(() => ({ body, headers: { 'content-type': 'text/plain' } })) });
  }
}
