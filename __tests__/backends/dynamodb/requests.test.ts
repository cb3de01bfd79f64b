import { type DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import {
  aRecord,
  assertAbsent,
  assertStored,
  bytesOf,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { describeServers } from '../../servers/index.js';
import { Fixture } from './fixture.js';
import { dynamoError, type SeenRequest } from './request-proxy.js';

/** Lower than any back-off may be without being none. */
const LEAST_PAUSE_MS = 10;

describeServers('dynamodb', (server) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await Fixture.start(server().url);
    await fixture.open().count();
  });
  afterEach(() => fixture.end());

  /** A busy server may take its time until a new table is active. */
  async function forgetPausesForTable(backend: DynamodbBackend): Promise<void> {
    await backend.count();
    fixture.pauses.length = 0;
  }

  const throttleFirst = (times: number, matches: (request: SeenRequest) => boolean, name: string): void => {
    let left = times;
    fixture.proxy.decide = (request) => (matches(request) && left-- > 0 ? dynamoError(name) : undefined);
  };

  it('what calls cost, in requests', async () => {
    const backend = fixture.open({ createTable: false });
    const cost = (run: () => unknown): Promise<readonly string[]> => fixture.proxy.during(run);
    const record = aRecord({ body: noise(300_000) });
    const large = aRecord({ body: noise(1_000_000), key: 'large' });
    expect(await cost(() => backend.get('key'))).toEqual(['Query']);
    expect(await cost(() => backend.put(record))).toEqual(['PutItem']);
    expect(await cost(() => backend.put(record))).toEqual(['PutItem']);
    expect(await cost(() => backend.get('key'))).toEqual(['Query']);
    expect(await cost(() => backend.body(record))).toEqual(['GetItem']);
    expect(await cost(() => backend.replaceHead(metaOf(record), record.head))).toEqual(['UpdateItem']);
    expect(await cost(() => backend.replaceHead(metaOf(record)))).toEqual(['UpdateItem']);
    expect(await cost(() => backend.delete('key', ''))).toEqual(['DeleteItem']);
    expect(await cost(() => backend.put(large))).toEqual(Array(5).fill('PutItem'));
    expect(await cost(() => backend.get('large'))).toEqual(['Query', 'GetItem', 'GetItem', 'GetItem']);
    expect(await cost(() => backend.count())).toEqual(Array(16).fill('Query'));
    expect(await cost(() => backend.count({ resource: 'resource' }))).toEqual(Array(16).fill('Query'));
    await backend.prune(NOON, 10);
    expect(await cost(() => backend.prune(NOON, 10))).toEqual(Array(16).fill('Query'));
  });

  it('asks for what was written last, unless that is not wanted', async () => {
    const questions = async (consistentRead?: boolean): Promise<readonly unknown[]> => {
      const backend = fixture.open(consistentRead === undefined ? {} : { consistentRead });
      const before = fixture.proxy.seen.length;
      await putAll(backend, [aRecord({ body: noise(500_000) })]);
      await backend.get('key');
      await backend.body({ key: 'key', variant: '' });
      await backend.count();
      const reads = fixture.proxy.seen
        .slice(before)
        .filter(({ command }) => command === 'Query' || command === 'GetItem');
      return [...new Set(reads.map(({ input }) => input['ConsistentRead']))];
    };
    expect(await questions()).toEqual([true]);
    expect(await questions(false)).toEqual([false]);
  });

  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
    'waits longer and longer and repeats what is refused by %s',
    async (name) => {
      const backend = fixture.open();
      await forgetPausesForTable(backend);
      throttleFirst(4, ({ command }) => command === 'PutItem', name);
      await putAll(backend, [aRecord()]);
      throttleFirst(4, ({ command }) => command === 'Query', name);
      await assertStored(backend, aRecord());
      expect(fixture.pauses).toHaveLength(8);
      for (const pauses of [fixture.pauses.slice(0, 4), fixture.pauses.slice(4)]) {
        expect(pauses[0]).toBeGreaterThan(LEAST_PAUSE_MS);
        expect(pauses[3]).toBeGreaterThan(2 * (pauses[0] as number));
      }
    },
  );

  it('repeats after an internal error and after a connection that broke', async () => {
    const backend = fixture.open();
    let turn = 0;
    fixture.proxy.decide = ({ command }) =>
      command !== 'PutItem' ? undefined : ([dynamoError('InternalServerError', 500), 'cut'] as const)[turn++];
    await putAll(backend, [aRecord()]);
    expect(turn).toBe(3);
  });

  it('gives up what is refused again and again', async () => {
    const backend = fixture.open();
    throttleFirst(Infinity, () => true, 'ThrottlingException');
    await expect(backend.get('key')).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      operation: 'get',
      cause: { name: 'ThrottlingException' },
    });
    expect(fixture.pauses.length).toBeLessThan(20);
  });

  it('does not repeat what cannot succeed', async () => {
    const backend = fixture.open();
    await backend.count();
    // Those for the table.
    const before = fixture.pauses.length;
    throttleFirst(1, ({ command }) => command === 'Query', 'AccessDeniedException');
    await expect(backend.get('key')).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    expect(fixture.pauses).toHaveLength(before);
  });

  it('a put whose answer was lost and that is repeated keeps its body', async () => {
    const backend = fixture.open();
    for (const length of [1000, 900_000]) {
      const record = aRecord({ body: noise(length) });
      let isLost = false;
      fixture.proxy.decide = ({ command, input }) => {
        const item = input['Item'] as { sk?: { S?: string } } | undefined;
        const isRecord = command === 'PutItem' && item?.sk?.S === 'r#key#';
        if (!isRecord || isLost) return undefined;
        isLost = true;
        return 'lost';
      };
      await putAll(backend, [record]);
      expect(isLost).toBe(true);
      await assertStored(backend, record);
    }
    await backend.close();
    expect(await fixture.leftovers()).toEqual({ chunks: 3, registrations: 1 });
  });

  it('deletes what is left unprocessed of a batch, and waits in between', async () => {
    const backend = fixture.open();
    const variants = Array.from({ length: 60 }, (_, index) => aRecord({ variant: `v${index}` }));
    await putAll(backend, variants);
    await forgetPausesForTable(backend);
    let left = 5;
    const unprocessed: number[] = [];
    fixture.proxy.decide = ({ command, input }) => {
      if (command !== 'BatchWriteItem' || left-- <= 0) return undefined;
      const items = input['RequestItems'] as Record<string, unknown[]>;
      unprocessed.push(items[fixture.table]?.length ?? 0);
      return { status: 200, body: { UnprocessedItems: items } };
    };
    expect(await backend.delete('key')).toBe(60);
    expect(unprocessed).toEqual([25, 25, 25, 25, 25]);
    expect(fixture.pauses).toHaveLength(5);
    expect(fixture.pauses[4]).toBeGreaterThan(fixture.pauses[0] as number);
    expect(await fixture.items()).toEqual([]);
  });

  it('goes on as long as a batch makes progress, be it slow', async () => {
    const backend = fixture.open();
    await putAll(
      backend,
      Array.from({ length: 25 }, (_, index) => aRecord({ variant: `v${index}` })),
    );
    let batches = 0;
    fixture.proxy.decide = ({ command, input }) => {
      if (command !== 'BatchWriteItem' || ++batches === 25) return undefined;
      const [, ...rest] = (input['RequestItems'] as Record<string, unknown[]>)[fixture.table] ?? [];
      return { status: 200, body: { UnprocessedItems: { [fixture.table]: rest } } };
    };
    expect(await backend.delete('key')).toBe(25);
    expect(batches).toBe(25);
  });

  it('fails when a batch is never processed', async () => {
    const backend = fixture.open();
    await putAll(backend, [aRecord()]);
    fixture.proxy.decide = ({ command, input }) =>
      command === 'BatchWriteItem'
        ? { status: 200, body: { UnprocessedItems: input['RequestItems'] as object } }
        : undefined;
    await expect(backend.delete('key')).rejects.toMatchObject({ operation: 'delete' });
    fixture.proxy.decide = () => undefined;
    expect(await backend.delete('key')).toBe(1);
  });

  it('reads all pages: of a key, of a resource, of everything', async () => {
    const backend = fixture.open();
    const records = Array.from({ length: 8 }, (_, index) =>
      aRecord({ variant: `v${index}`, head: noise(100_000, index), body: noise(150_000, index) }),
    );
    await putAll(backend, records);
    const commands = await fixture.proxy.during(async () => {
      for (const record of records) await assertStored(backend, record);
    });
    expect(commands.filter((one) => one === 'Query').length).toBeGreaterThan(records.length);
    expect(await backend.count()).toBe(8);
    expect(await backend.size()).toBe(8 * 250_000);
    expect(await backend.deleteResource('resource')).toBe(8);
    await assertAbsent(backend, 'key', 'v0');
  });

  it('a request that is not answered ends when its time is over, and those behind it go on', async () => {
    const backend = fixture.open({ operationTimeout: 1500 });
    await backend.count();
    let isStuck = true;
    fixture.proxy.decide = ({ command }) =>
      command === 'PutItem' && isStuck ? new Promise(() => undefined) : undefined;
    const putting = backend.put(aRecord({ body: bytesOf('never') }));
    const getting = backend.get('other');
    const behind = backend.get('key');
    expect(await getting).toEqual([]);
    await expect(putting).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      message: expect.stringContaining('no answer to PutItem within 1500 ms') as string,
    });
    isStuck = false;
    expect(await behind).toEqual([]);
  });

  it('close() waits for what was asked for, but not for ever', async () => {
    const backend = fixture.open({ operationTimeout: 1000 });
    await backend.count();
    fixture.proxy.decide = () => new Promise(() => undefined);
    const puts = Array.from({ length: 30 }, () => backend.put(aRecord()));
    const outcomes = Promise.allSettled(puts);
    await backend.close();
    const settled = await outcomes;
    expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['rejected']));
    fixture.proxy.decide = () => undefined;
  });
});
