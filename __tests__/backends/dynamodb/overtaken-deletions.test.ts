import {
  aRecord,
  assertStored,
  bytesOf,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { describeServers } from '../../servers/index.js';
import { Fixture } from './fixture.js';
import { dynamoError } from './request-proxy.js';

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

  it('a body whose chunks cannot be deleted stays registered, and a sweep deletes it', async () => {
    const clock = new ManualClock(NOON);
    const backend = fixture.open({}, { clock });
    await putAll(backend, [aRecord({ body: noise(500_000) })]);
    fixture.proxy.decide = ({ command, input }) =>
      command === 'BatchWriteItem' && JSON.stringify(input).includes('"chunk"')
        ? dynamoError('ValidationException')
        : undefined;
    expect(await backend.delete('key', '')).toBe(1);
    expect(await fixture.leftovers()).toEqual({ chunks: 2, registrations: 1 });
    fixture.proxy.decide = () => undefined;
    clock.advance(2 * HOUR_MS);
    await backend.prune(clock.now(), 100);
    expect(await fixture.items()).toEqual([]);
  });

  it('what is deleted for good is looked up as it was written last, also where reads need not see that', async () => {
    const clock = new ManualClock(NOON);
    const backend = fixture.open({ consistentRead: false }, { clock });
    const seen: boolean[] = [];
    await putAll(backend, [aRecord({ body: noise(500_000), retainUntil: undefined })]);
    fixture.proxy.decide = ({ command, input }) => {
      const ofTable = (input['RequestItems'] as Record<string, object> | undefined)?.[fixture.table];
      if (command === 'BatchGetItem')
        seen.push((ofTable as { ConsistentRead?: boolean }).ConsistentRead === true);
      if (command === 'Query') seen.push(input['ConsistentRead'] === true);
      return undefined;
    };
    clock.advance(2 * HOUR_MS);
    await backend.prune(clock.now(), 100);
    expect(seen.filter(Boolean)).toEqual([true]);
    seen.length = 0;
    await backend.clear();
    expect(seen).toEqual(Array(16).fill(true));
  });
});
