import { type CachedAxiosInstance } from '../../lib/index.js';
import { type FoundRecord, type StoredRecord } from '../../lib/storage/backend.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

describe.each(BACKENDS_UNDER_TEST)('a stored record that cannot be used (%s)', (name) => {
  const bench = useBench(name);

  async function only(): Promise<StoredRecord> {
    for await (const meta of bench().backend.scan()) {
      const body = await bench().backend.body(meta);
      if (body !== undefined) return { ...meta, body };
    }
    throw new Error('Nothing is stored.');
  }

  const flipped = (bytes: Uint8Array, index: number): Uint8Array => {
    const changed = Uint8Array.from(bytes);
    changed.set([(changed.at(index) ?? 0) ^ 0xff], index < 0 ? changed.length + index : index);
    return changed;
  };

  const DAMAGES: readonly [
    what: string,
    problem: string,
    damage: (record: StoredRecord) => Partial<StoredRecord>,
  ][] = [
    ['a changed byte in the head', 'damaged', ({ head }) => ({ head: flipped(head, -3) })],
    ['a head cut short', 'damaged', ({ head }) => ({ head: head.slice(0, -1) })],
    ['an empty head', 'damaged', () => ({ head: new Uint8Array(0) })],
    ['another program’s bytes', 'foreign', () => ({ head: Buffer.from('{"json":"of another program"}') })],
    ['a format of the future', 'newer-format', ({ head }) => ({ head: withByte(head, 4, 250) })],
    ['a changed byte in the body', 'damaged', ({ body }) => ({ body: flipped(body, 0) })],
    ['a body cut short', 'damaged', ({ body }) => ({ body: body.slice(0, -1) })],
    [
      'a body of another length',
      'damaged',
      ({ body }) => ({ body: Buffer.concat([body, Buffer.from('!')]) }),
    ],
  ];

  const withByte = (bytes: Uint8Array, index: number, value: number): Uint8Array => {
    const changed = Uint8Array.from(bytes);
    changed[index] = value;
    return changed;
  };

  async function answersAnewAndHeals(http: CachedAxiosInstance, problem: string): Promise<void> {
    expect(await http.get('/a')).toMatchObject({
      data: 'answer 2',
      cache: { fromCache: false, stored: true },
    });
    expect(bench().events).toMatchObject([{ type: 'recordRejected', problem }]);
    expect(await http.get('/a')).toMatchObject({ data: 'answer 2', cache: { hit: true } });
    expect(bench().events).toHaveLength(1);
    expect(await http.cache.count()).toBe(1);
  }

  beforeEach(() => {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
  });

  it.each(DAMAGES)('%s is a miss, is told of, and is replaced', async (_what, problem, damage) => {
    const http = bench().wrap();
    await http.get('/a');
    const record = await only();
    await bench().backend.put({ ...record, ...damage(record) });
    await answersAnewAndHeals(http, problem);
  });

  it('a record that was copied under another key is a miss', async () => {
    const http = bench().wrap();
    await http.get('/a');
    const record = await only();
    const { key } = (await http.get('/secret', { cache: { onlyIfCached: true }, validateStatus: null }))
      .cache;
    await bench().backend.put({ ...record, key: String(key) });
    expect((await http.get('/secret')).cache.fromCache).toBe(false);
    expect(bench().events).toMatchObject([{ type: 'recordRejected', problem: 'misplaced' }]);
  });

  it('a body that is gone is a miss', async () => {
    let isGone = false;
    const backend = faultyBackend(bench().backend, (method) => {
      if (!isGone) return undefined;
      if (method === 'body') return Promise.resolve(undefined);
      if (method !== 'get') return undefined;
      return withoutBodies();
    });
    const withoutBodies = async (): Promise<readonly FoundRecord[]> => {
      const { body: _body, ...meta } = await only();
      return [{ ...meta, body: undefined }];
    };
    const http = bench().wrap({ backend });
    await http.get('/a');
    isGone = true;
    expect((await http.get('/a')).data).toBe('answer 2');
    expect(bench().events).toMatchObject([{ type: 'recordRejected', problem: 'body-missing' }]);
  });

  it('is not served for an error either, nor confirmed by a 304', async () => {
    bench().answer(({ headers }, count) =>
      headers['if-none-match'] === undefined
        ? { headers: { etag: '"v"' }, body: `answer ${count}` }
        : { status: 304 },
    );
    const http = bench().wrap({ expireAfter: 10, staleIfError: true });
    await http.get('/a');
    bench().pass(11);
    const record = await only();
    await bench().backend.put({ ...record, body: flipped(record.body, 2) });
    expect(await http.get('/a')).toMatchObject({
      status: 200,
      data: 'answer 3',
      cache: { fromCache: false },
    });
    await bench().backend.put({ ...(await only()), body: Buffer.from('broken') });
    bench().pass(11);
    bench().answer(() => ({ status: 500 }));
    await expect(http.get('/a')).rejects.toMatchObject({ status: 500 });
  });

  it('answers 504 where the origin must not be asked', async () => {
    const http = bench().wrap({}, { validateStatus: null });
    await http.get('/a');
    const record = await only();
    await bench().backend.put({ ...record, body: flipped(record.body, 0) });
    expect((await http.get('/a', { cache: { onlyIfCached: true } })).status).toBe(504);
    expect(bench().origin.count()).toBe(1);
  });
});
