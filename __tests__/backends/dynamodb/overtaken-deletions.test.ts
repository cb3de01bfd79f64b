import {
  aRecord,
  assertStored,
  bytesOf,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { describeServers } from '../../servers/index.js';
import { Fixture } from './fixture.js';

const HOUR_MS = 3_600_000;

describeServers('dynamodb', (server) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await Fixture.start(server().url);
  });
  afterEach(() => fixture.end());

  const due = (variant: string) => aRecord({ variant, retainUntil: NOON + HOUR_MS });
  const now = NOON + HOUR_MS;

  it('pruning takes all pages of what is due, also where all of it lies in one partition', async () => {
    const backend = fixture.open();
    // Variants of one key are kept together.
    await putAll(
      backend,
      Array.from({ length: 35 }, (_, index) => due(`v${index}`)),
    );
    expect(await backend.prune(now, 33)).toBe(33);
    expect(await backend.count()).toBe(2);
    expect(await backend.prune(now, 100)).toBe(2);
    expect(await fixture.items()).toEqual([]);
  });

  it('pruning leaves what somebody else refreshes or replaces after it was found', async () => {
    const [backend, other] = [fixture.open(), fixture.open()];
    const refreshed = { ...due('refreshed'), retainUntil: now + 1 };
    const replaced = { ...due('replaced'), retainUntil: now + 1 };
    await putAll(backend, [due('refreshed'), due('replaced'), due('due')]);
    let meanwhile: Promise<void> | undefined;
    fixture.proxy.decide = async ({ command }) => {
      if (command !== 'DeleteItem') return undefined;
      meanwhile ??= (async () => {
        expect(await other.replaceHead(metaOf(refreshed))).toBe(true);
        await putAll(other, [replaced]);
      })();
      await meanwhile;
      return undefined;
    };
    expect(await backend.prune(now, 100)).toBe(1);
    expect(meanwhile).toBeDefined();
    expect(await backend.count()).toBe(2);
    for (const record of [refreshed, replaced]) await assertStored(backend, record);
  });

  it('a record that no head fits beside goes, but not what somebody else stores in its place meanwhile', async () => {
    const [backend, other] = [fixture.open(), fixture.open()];
    const [older, newer] = [aRecord(), aRecord({ head: bytesOf('newer'), body: noise(500_000) })];
    await putAll(backend, [older]);
    let meanwhile: Promise<void> | undefined;
    fixture.proxy.decide = async ({ command }) => {
      if (command === 'DeleteItem') await (meanwhile ??= putAll(other, [newer]));
      return undefined;
    };
    const tooLong = metaOf(aRecord({ head: noise(300_000) }));
    expect(await backend.replaceHead(tooLong, older.head)).toBe(false);
    expect(meanwhile).toBeDefined();
    await assertStored(backend, newer);
    // Where nobody comes in between it goes.
    expect(await backend.replaceHead(tooLong, newer.head)).toBe(false);
    expect(await backend.get('key')).toEqual([]);
  });
});
