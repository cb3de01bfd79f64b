import { monotonicMs } from '../../clock.js';
import { CacheClosedError } from '../../errors.js';
import { withDeadline } from '../../storage/deadline.js';
import { Opening } from '../../storage/opening.js';
import type { DynamodbClientLike, DynamodbOptions } from '../../storage/options/dynamodb.js';
import { type DynamoPackage, loadDynamo, openClient } from './client.js';
import type { AttributeValue } from './attribute-value.js';
import type { Item } from './item.js';
import { DEFAULT_OPERATION_TIMEOUT_MS, DEFAULT_TABLE } from './options.js';
import { enableTimeToLive, prepareTable } from './table.js';

/** The requests that are sent, as the protocol calls them. */
export type Command =
  | 'BatchGetItem'
  | 'BatchWriteItem'
  | 'CreateTable'
  | 'DeleteItem'
  | 'DescribeTable'
  | 'DescribeTimeToLive'
  | 'GetItem'
  | 'PutItem'
  | 'Query'
  | 'UpdateItem'
  | 'UpdateTimeToLive';

/** What is used of the answers. */
export interface Answer {
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly Count?: number;
  readonly Attributes?: Item;
  readonly LastEvaluatedKey?: Item;
  readonly Responses?: Readonly<Record<string, readonly Item[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys?: readonly Item[] }>>;
  readonly UnprocessedItems?: Readonly<Record<string, readonly object[]>>;
  readonly Table?: TableDescription;
  readonly TimeToLiveDescription?: { readonly TimeToLiveStatus?: string };
}

export interface TableDescription {
  readonly TableStatus?: string;
  readonly KeySchema?: readonly KeySchemaElement[];
  readonly LocalSecondaryIndexes?: readonly {
    readonly IndexName?: string;
    readonly KeySchema?: readonly KeySchemaElement[];
  }[];
}

export interface KeySchemaElement {
  readonly AttributeName?: string;
  readonly KeyType?: string;
}

/** What a request says; `TableName` is added. */
export type Input = Readonly<Record<string, unknown>>;

/** What tests may want to be otherwise. */
export interface ConnectionParts {
  readonly load?: () => Promise<DynamoPackage>;
  /** Waits for so many milliseconds. */
  readonly wait?: (ms: number) => Promise<void>;
}

interface Opened {
  readonly driver: DynamoPackage;
  readonly client: DynamodbClientLike;
}

const MOST_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1000;

/** Sends requests by a client that is made at the first use. Each request ends in time, repetitions included. */
export class DynamoConnection {
  readonly tableName: string;
  readonly #options: DynamodbOptions;
  readonly #load: () => Promise<DynamoPackage>;
  readonly #wait: (ms: number) => Promise<void>;
  readonly #timeoutMs: number;
  readonly #making = new Opening(() => this.#make());
  /** Made, and the table is there. */
  readonly #opening = new Opening(() => this.#open());
  /** Give up requests that are under way. */
  readonly #giveUp = new Set<(error: Error) => void>();
  #isClosed = false;
  /** What is not to be waited for, but by `close`. */
  #aside: Promise<void> | undefined;

  constructor(options: DynamodbOptions, { load = loadDynamo, wait = sleep }: ConnectionParts = {}) {
    this.tableName = options.tableName ?? DEFAULT_TABLE;
    this.#options = options;
    this.#load = load;
    this.#wait = wait;
    this.#timeoutMs = options.operationTimeout ?? DEFAULT_OPERATION_TIMEOUT_MS;
  }

  /** Whether reads are to see what was written last. */
  get isConsistent(): boolean {
    return this.#options.consistentRead ?? true;
  }

  /** Sends a request about the table, and repeats it where that is of use. */
  async send(command: Command, input: Input): Promise<Answer> {
    const opened = this.#opening.value ?? (await this.#opening.ensure());
    try {
      return await this.#sendBy(opened, command, input);
    } catch (error) {
      // Somebody has deleted the table. The next call looks after it.
      if (isNamed(error, 'ResourceNotFoundException')) this.#opening.forget();
      throw error;
    }
  }

  /** Deletes items, however many. */
  async deleteAll(keys: readonly Item[]): Promise<void> {
    for (let start = 0; start < keys.length; start += 25) {
      const requests: readonly object[] = keys
        .slice(start, start + 25)
        .map((Key) => ({ DeleteRequest: { Key } }));
      await this.#untilProcessed(requests, async (rest) => {
        const { UnprocessedItems } = await this.send('BatchWriteItem', {
          RequestItems: { [this.tableName]: rest },
        });
        return UnprocessedItems?.[this.tableName] ?? [];
      });
    }
  }

  /** Reads some attributes of items, however many. What is not there is left out. */
  async getAll(keys: readonly Item[], projection: string): Promise<readonly Item[]> {
    const found: Item[] = [];
    for (let start = 0; start < keys.length; start += 100) {
      await this.#untilProcessed(keys.slice(start, start + 100), async (rest) => {
        const wanted = { Keys: rest, ProjectionExpression: projection, ConsistentRead: true };
        const { Responses, UnprocessedKeys } = await this.send('BatchGetItem', {
          RequestItems: { [this.tableName]: wanted },
        });
        found.push(...(Responses?.[this.tableName] ?? []));
        return UnprocessedKeys?.[this.tableName]?.Keys ?? [];
      });
    }
    return found;
  }

  /** One page of a query. */
  query(input: Input): Promise<Answer> {
    return this.send('Query', { ConsistentRead: this.isConsistent, ...input });
  }

  /** The pages of a query. */
  async *pages(input: Input): AsyncGenerator<Answer, void, undefined> {
    let from: Readonly<Record<string, AttributeValue>> | undefined;
    do {
      const page = await this.query({ ...input, ...(from === undefined ? {} : { ExclusiveStartKey: from }) });
      yield page;
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
  }

  /** Lets go of the client, and of what still waits for it. Does not wait for ever for a client that is still being made. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const giveUp of this.#giveUp) giveUp(this.#closedError());
    await withDeadline(this.#letGo(), this.#timeoutMs, () => this.#closedError()).catch(() => undefined);
  }

  async #letGo(): Promise<void> {
    await this.#opening.attempt?.catch(() => undefined);
    await this.#aside;
    const client = this.#making.value?.client;
    this.#making.forget();
    this.#opening.forget();
    if (this.#options.client === undefined) client?.destroy();
  }

  async #untilProcessed<T>(all: readonly T[], process: (rest: readonly T[]) => Promise<readonly T[]>) {
    let rest = all;
    for (let attempt = 1; rest.length > 0; attempt++) {
      const left = await process(rest);
      // As long as there is progress, it is only a matter of time.
      if (left.length < rest.length) attempt = 1;
      if (left.length > 0) {
        if (attempt >= MOST_ATTEMPTS)
          throw new Error('DynamoDB is too busy to process all items of a request');
        await this.#pause(attempt);
      }
      rest = left;
    }
  }

  async #sendBy(opened: Opened, command: Command, input: Input): Promise<Answer> {
    const end = monotonicMs() + this.#timeoutMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(opened, command, input, end - monotonicMs());
      } catch (error) {
        const isLast = attempt >= MOST_ATTEMPTS || monotonicMs() + pauseMs(attempt) >= end;
        if (isLast || this.#isClosed || !isPassing(error)) throw error;
        await this.#pause(attempt);
      }
    }
  }

  /** Ends in time also where the client does not heed the signal, as while it looks for credentials. */
  #sendOnce({ client, driver }: Opened, command: Command, input: Input, ms: number): Promise<Answer> {
    const isAboutTable = !command.startsWith('Batch');
    const sent = isAboutTable ? { TableName: this.tableName, ...input } : input;
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw this.#closedError();
      const abort = new AbortController();
      const giveUp = (error: Error): void => {
        reject(error);
        abort.abort();
      };
      const late = (): void => giveUp(new Error(`no answer to ${command} within ${this.#timeoutMs} ms`));
      const timer = setTimeout(late, Math.max(1, ms));
      this.#giveUp.add(giveUp);
      const end = (): void => {
        clearTimeout(timer);
        this.#giveUp.delete(giveUp);
      };
      // Within a promise, since a client of the user's own may throw at once.
      const answer = Promise.resolve().then(() =>
        client.send(new driver[`${command}Command`](sent), { abortSignal: abort.signal }),
      );
      answer.then(end, end);
      answer.then(resolve as (answer: unknown) => void, reject);
    });
  }

  #closedError(): CacheClosedError {
    return new CacheClosedError(`Table "${this.tableName}"`);
  }

  #pause(attempt: number): Promise<void> {
    return this.#wait(pauseMs(attempt));
  }

  async #make(): Promise<Opened> {
    const driver = await this.#load();
    return { driver, client: await openClient(driver, this.#options) };
  }

  async #open(): Promise<Opened> {
    const opened = await this.#making.ensure();
    const { createTable = true, ttl = true } = this.#options;
    if (!createTable) return opened;
    const send = (command: Command, input: Input = {}): Promise<Answer> =>
      this.#sendBy(opened, command, input);
    await prepareTable(this.tableName, send, this.#wait);
    // That must not hold up requests, nor fail them.
    if (ttl) this.#aside = enableTimeToLive(send).catch(() => undefined);
    return opened;
  }
}

/** Doubles, and is never the same for all who wait. */
function pauseMs(attempt: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
  return longest * (0.5 + Math.random() / 2);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const BUSY = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'InternalServerError',
  'ServiceUnavailable',
]);
/** A connection that was kept from an earlier request has ended meanwhile. The SDK does not always hand on the code. */
const CUT = /\b(?:ECONNRESET|EPIPE)\b|socket hang up/;

/** Whether the same request may well succeed a little later. */
function isPassing(error: unknown): boolean {
  const { name, code, message, $metadata } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  if (BUSY.has(String(name)) || CUT.test(`${String(code)} ${String(message)}`)) return true;
  const status = $metadata?.httpStatusCode;
  return typeof status === 'number' && status >= 500;
}

/** Whether it is the error of DynamoDB that has this name. */
export function isNamed(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === name;
}
