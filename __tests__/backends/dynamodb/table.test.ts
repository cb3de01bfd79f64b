import * as sdk from '@aws-sdk/client-dynamodb';
import { aRecord, assertStored, getOnly, NOON, putAll } from '../../../lib/backend-suite/records.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { until } from '../../helpers/until.js';
import { dynamoTraitsOf, describeServers } from '../../servers/index.js';
import { Fixture } from './fixture.js';
import { dynamoError } from './request-proxy.js';

describeServers('dynamodb', (server) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await Fixture.start(server().url);
  });
  afterEach(() => fixture.end());

  const describeTable = async (): Promise<sdk.TableDescription | undefined> =>
    (await fixture.client.send(new sdk.DescribeTableCommand({ TableName: fixture.table }))).Table;

  it('is created at the first use, with on-demand billing, partition and sort key, and TTL', async () => {
    const backend = fixture.open();
    await expect(describeTable()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await putAll(backend, [aRecord()]);
    const table = await describeTable();
    expect(table).toMatchObject({
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
    const indexes = (table?.LocalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName);
    expect(indexes.sort()).toEqual(['by_resource', 'by_retention']);
    if (!dynamoTraitsOf(server()).timeToLive) return;
    const ofTable = new sdk.DescribeTimeToLiveCommand({ TableName: fixture.table });
    await until(async () => {
      const { TimeToLiveDescription: ttl } = await fixture.client.send(ofTable);
      return ttl?.TimeToLiveStatus === 'ENABLED' && ttl.AttributeName === 'ttl';
    });
  });

  it('is not touched when it is there: its TTL is not enabled twice, nor where it is not wanted', async () => {
    await putAll(fixture.open(), [aRecord()]);
    await until(() => fixture.proxy.seen.some(({ command }) => command === 'UpdateTimeToLive'));
    const first = fixture.open();
    const commands = await fixture.proxy.during(async () => {
      await assertStored(first, aRecord());
      await first.close();
    });
    expect(commands).not.toContain('CreateTable');
    if (dynamoTraitsOf(server()).timeToLive) expect(commands).not.toContain('UpdateTimeToLive');
    const without = fixture.open({ ttl: false });
    expect(await fixture.proxy.during(() => without.count())).toEqual([
      'DescribeTable',
      ...Array<string>(16).fill('Query'),
    ]);
    const untouched = fixture.open({ createTable: false });
    expect(await fixture.proxy.during(() => untouched.get('key'))).toEqual(['Query']);
  });

  it('may be created by many at a time', async () => {
    const backends = Array.from({ length: 6 }, () => fixture.open());
    await Promise.all(backends.map((backend, index) => backend.put(aRecord({ key: `${index}` }))));
    expect(await fixture.open().count()).toBe(6);
  });

  it('is waited for until it is active', async () => {
    let polls = 0;
    fixture.proxy.decide = ({ command }) => {
      if (command !== 'DescribeTable' || ++polls === 1 || polls > 4) return undefined;
      return { status: 200, body: { Table: { TableStatus: 'CREATING' } } };
    };
    await putAll(fixture.open(), [aRecord()]);
    // A busy server may say the same a little longer.
    expect(polls).toBeGreaterThanOrEqual(5);
    expect(fixture.pauses).toHaveLength(polls - 2);
  });

  it('is refused when it has other keys, and left as it is', async () => {
    await fixture.client.send(
      new sdk.CreateTableCommand({
        TableName: fixture.table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    const backend = fixture.open();
    for (const call of [() => backend.get('key'), () => backend.put(aRecord()), () => backend.clear()]) {
      await expect(call()).rejects.toMatchObject({
        code: 'ERR_CACHE_BACKEND',
        operation: 'open',
        message: expect.stringMatching(/is not one of this library: it lacks keys pk and sk/) as string,
      });
    }
    expect((await describeTable())?.ItemCount).toBe(0);
  });

  it('is not created where that is not wanted; once it is there it is used', async () => {
    const backend = fixture.open({ createTable: false });
    await expect(backend.put(aRecord())).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      cause: { name: 'ResourceNotFoundException' },
    });
    await fixture.open().count();
    await putAll(backend, [aRecord()]);
  });

  it('is created again when somebody has deleted it', async () => {
    const backend = fixture.open();
    await putAll(backend, [aRecord()]);
    await fixture.client.send(new sdk.DeleteTableCommand({ TableName: fixture.table }));
    await expect(backend.get('key')).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    await putAll(backend, [aRecord()]);
    await assertStored(backend, aRecord());
  });

  it('is used also by those who may not look at it or change it', async () => {
    await fixture.open().count();
    const management = ['DescribeTable', 'CreateTable', 'DescribeTimeToLive', 'UpdateTimeToLive'];
    fixture.proxy.decide = ({ command }) =>
      management.includes(command) ? dynamoError('AccessDeniedException') : undefined;
    const backend = fixture.open();
    await putAll(backend, [aRecord()]);
    await assertStored(backend, aRecord());
  });

  it('is not given up when TTL cannot be enabled', async () => {
    fixture.proxy.decide = ({ command }) =>
      command.includes('TimeToLive') ? dynamoError('ValidationException') : undefined;
    const backend = fixture.open();
    await putAll(backend, [aRecord()]);
    await backend.close();
    expect(await fixture.open().count()).toBe(1);
  });

  it('an opening that failed is tried again by the next call', async () => {
    let isDown = true;
    fixture.proxy.decide = () => (isDown ? 'cut' : undefined);
    const backend = fixture.open();
    await expect(backend.get('key')).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    isDown = false;
    expect(await backend.get('key')).toEqual([]);
  });

  it('shows records past retention to nobody, but prunes them; without TTL it shows them', async () => {
    const clock = new ManualClock(NOON);
    const backend = fixture.open({}, { clock });
    const without = fixture.open({ ttl: false }, { clock });
    const due = aRecord({ key: 'due', retainUntil: NOON + 1000, body: new Uint8Array(500_000) });
    await putAll(backend, [due, aRecord({ key: 'kept', retainUntil: NOON + 1001 })]);
    await assertStored(backend, due);
    clock.advance(1000);
    expect(await backend.get('due')).toEqual([]);
    expect(await backend.body(due)).toBeUndefined();
    expect(await backend.count()).toBe(1);
    for await (const { key } of backend.scan()) expect(key).toBe('kept');
    expect((await getOnly(without, 'due')).body).toHaveLength(500_000);
    expect(await without.count()).toBe(2);
    expect(await backend.prune(clock.now(), 10)).toBe(1);
    expect(await without.count()).toBe(1);
  });

  it('the time of deletion is in seconds, rounded up, never long past, and absent where there is none', async () => {
    const clock = new ManualClock(NOON);
    const backend = fixture.open({}, { clock });
    const ttlOf = async (retainUntil: number | undefined, other = backend): Promise<unknown> => {
      await putAll(other, [aRecord({ retainUntil })]);
      const [item] = await fixture.items();
      return item?.['ttl']?.N;
    };
    expect(await ttlOf(NOON + 1)).toBe(String(NOON / 1000 + 1));
    expect(await ttlOf(NOON + 1000)).toBe(String(NOON / 1000 + 1));
    expect(await ttlOf(1)).toBe(String(NOON / 1000));
    expect(await ttlOf(undefined)).toBeUndefined();
    expect(await ttlOf(8.64e15)).toBeUndefined();
    expect(await ttlOf(NOON + 1, fixture.open({ ttl: false }, { clock }))).toBeUndefined();
  });
});
