import type { Clock, EpochMs } from '../../clock.js';
import type { RecordMeta, ScanRange } from '../../storage/backend.js';
import type { AttributeValue } from './attribute-value.js';
import type { Bodies } from './bodies.js';
import type { DynamoConnection, Input } from './connection.js';
import { claimedChunks, foundItem, type Item, itemKey, number, numberIn } from './item.js';
import { type Names, resourceSortKey } from './names.js';
import { inParallel } from '../../storage/in-parallel.js';
import type { DynamoStore } from './store.js';
import { BY_RESOURCE, BY_RETENTION } from './table.js';

/** So many records are read at a time: some hundred kilobytes of heads, and never long on the event loop. */
const PAGE = 200;
/** Of one partition, so that few that are due do not take many requests. */
const LEAST_SHARE = 10;

/** Lists, counts and prunes records by the local indexes, which have no bodies. */
export class DynamoListing {
  readonly #connection: DynamoConnection;
  readonly #names: Names;
  readonly #store: DynamoStore;
  readonly #bodies: Bodies;
  readonly #hasTtl: boolean;
  readonly #clock: Clock;

  constructor(
    connection: DynamoConnection,
    names: Names,
    { store, bodies, hasTtl, clock }: { store: DynamoStore; bodies: Bodies; hasTtl: boolean; clock: Clock },
  ) {
    this.#connection = connection;
    this.#names = names;
    this.#store = store;
    this.#bodies = bodies;
    this.#hasTtl = hasTtl;
    this.#clock = clock;
  }

  async *list(range: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    for (const partition of this.#names.partitions) {
      const pages = this.#connection.pages({ ...this.#query(partition, range), Limit: PAGE });
      for await (const { Items = [] } of pages) {
        for (const item of Items) {
          const found = foundItem(item);
          if (found !== undefined) yield found.meta;
        }
      }
    }
  }

  /** All of one resource: few, and wanted at once. */
  async listResource(range: ScanRange): Promise<readonly RecordMeta[]> {
    const found = await inParallel(this.#names.partitions, async (partition) => {
      const metas: RecordMeta[] = [];
      for await (const { Items = [] } of this.#connection.pages(this.#query(partition, range))) {
        metas.push(...Items.flatMap((item) => foundItem(item)?.meta ?? []));
      }
      return metas;
    });
    return found.flat();
  }

  count(range: ScanRange): Promise<number> {
    return this.#sum(range, { Select: 'COUNT' }, (_items, counted) => counted);
  }

  size(): Promise<number> {
    return this.#sum({}, { ProjectionExpression: 'x, y' }, (items) =>
      items.reduce((sum, item) => sum + (numberIn(item['x']) ?? 0) + (numberIn(item['y']) ?? 0), 0),
    );
  }

  async prune(now: EpochMs, limit: number): Promise<number> {
    let pruned = 0;
    while (pruned < limit) {
      const wanted = limit - pruned;
      const due = await this.#due(now, wanted);
      const removed = await inParallel(due, (item) => this.#removeIfDue(item, now));
      pruned += removed.filter(Boolean).length;
      // Those that were not removed have changed meanwhile, and are not due any more.
      if (due.length < wanted) break;
    }
    if (pruned < limit) await this.#bodies.sweep();
    return pruned;
  }

  /** Records that are past retention, so many of them if there are. Not many more are read. */
  async #due(now: EpochMs, wanted: number): Promise<readonly Item[]> {
    const due: Item[] = [];
    let unfinished: readonly { readonly partition: string; readonly from?: Item }[] =
      this.#names.partitions.map((partition) => ({ partition }));
    while (unfinished.length > 0 && due.length < wanted) {
      const share = Math.ceil((wanted - due.length) / unfinished.length);
      const Limit = Math.min(PAGE, Math.max(LEAST_SHARE, share));
      const pages = await inParallel(unfinished, async ({ partition, from }) => {
        const page = await this.#connection.query({
          IndexName: BY_RETENTION,
          KeyConditionExpression: 'pk = :pk AND u <= :now',
          ExpressionAttributeValues: { ':pk': { S: partition }, ':now': number(now) },
          Limit,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        });
        due.push(...(page.Items ?? []));
        return { partition, from: page.LastEvaluatedKey };
      });
      unfinished = pages.flatMap(({ partition, from }) => (from === undefined ? [] : [{ partition, from }]));
    }
    return due.slice(0, wanted);
  }

  async #removeIfDue(item: Item, now: EpochMs): Promise<boolean> {
    const key = itemKey(item);
    if (key === undefined) return false;
    const body = { writeId: item['w']?.S ?? '', chunks: claimedChunks(item) ?? 0 };
    return this.#store.removeUnlessChanged(key, body, {
      condition: 'u <= :now',
      values: { ':now': { N: String(now) } },
    });
  }

  async #sum(
    range: ScanRange,
    more: Input,
    amount: (items: readonly Item[], counted: number) => number,
  ): Promise<number> {
    const sums = await inParallel(this.#names.partitions, async (partition) => {
      let sum = 0;
      for await (const { Items = [], Count = 0 } of this.#connection.pages({
        ...this.#query(partition, range),
        ...more,
      })) {
        sum += amount(Items, Count);
      }
      return sum;
    });
    return sums.reduce((sum, one) => sum + one, 0);
  }

  #query(partition: string, range: ScanRange): Input {
    const { resource, expiredBy, freshAt, createdBefore } = range;
    const values: Record<string, AttributeValue | undefined> = {
      ':pk': { S: partition },
      ':B': { S: 'B' },
      ':M': { S: 'M' },
      ':N': { S: 'N' },
      ':S': { S: 'S' },
    };
    // What is not a record is not counted either.
    const filters = [
      '(attribute_type(h, :B) OR attribute_type(h, :M))',
      'attribute_type(c, :N)',
      'attribute_type(x, :N)',
      'attribute_type(w, :S)',
    ];
    const filter = (expression: string, name: string, value: number): void => {
      filters.push(expression);
      values[name] = number(value);
    };
    if (expiredBy !== undefined) filter('e <= :expiredBy', ':expiredBy', expiredBy);
    if (freshAt !== undefined) filter('(attribute_not_exists(e) OR e > :freshAt)', ':freshAt', freshAt);
    if (createdBefore !== undefined) filter('c < :createdBefore', ':createdBefore', createdBefore);
    if (this.#hasTtl) filter('(attribute_not_exists(u) OR u > :now)', ':now', this.#clock.now());
    if (resource !== undefined) values[':rs'] = { S: resourceSortKey(resource) };
    return {
      IndexName: BY_RESOURCE,
      KeyConditionExpression: resource === undefined ? 'pk = :pk' : 'pk = :pk AND rs = :rs',
      FilterExpression: filters.join(' AND '),
      ExpressionAttributeValues: values,
    };
  }
}
