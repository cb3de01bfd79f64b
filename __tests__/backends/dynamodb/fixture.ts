import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-dynamodb';
import { type Clock } from '../../../lib/clock.js';
import { DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import { type DynamodbOptions } from '../../../lib/storage/options/dynamodb.js';
import { RequestProxy } from './request-proxy.js';

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The tables of one test, with a proxy before the server. */
export class Fixture {
  readonly proxy: RequestProxy;
  /** Past the proxy. */
  readonly client: sdk.DynamoDBClient;
  readonly table = `test_${randomUUID()}`;
  /** Milliseconds for which the backends have waited; they do not really. */
  readonly pauses: number[] = [];
  readonly #opened: DynamodbBackend[] = [];

  private constructor(proxy: RequestProxy, endpoint: string) {
    this.proxy = proxy;
    this.client = new sdk.DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  }

  static async start(endpoint: string): Promise<Fixture> {
    return new Fixture(await RequestProxy.start(endpoint), endpoint);
  }

  open(
    options: DynamodbOptions = {},
    { clock, namespace = 'cache' }: { clock?: Clock; namespace?: string } = {},
  ): DynamodbBackend {
    const backend = new DynamodbBackend(
      namespace,
      {
        tableName: this.table,
        ...(options.client === undefined ? { endpoint: this.proxy.endpoint } : {}),
        operationTimeout: 10_000,
        ...options,
      },
      {
        wait: (ms) => {
          this.pauses.push(ms);
          return new Promise((resolve) => setImmediate(resolve));
        },
        ...(clock === undefined ? {} : { clock }),
      },
    );
    this.#opened.push(backend);
    return backend;
  }

  /** All items of the table. */
  async items(): Promise<readonly Record<string, sdk.AttributeValue>[]> {
    const all: Record<string, sdk.AttributeValue>[] = [];
    for await (const { Items = [] } of sdk.paginateScan({ client: this.client }, { TableName: this.table })) {
      all.push(...Items);
    }
    return all;
  }

  /** Items of chunks, and of registrations of bodies. */
  async leftovers(): Promise<{ readonly chunks: number; readonly registrations: number }> {
    const items = await this.items();
    return {
      chunks: items.filter(({ sk }) => sk?.S === 'chunk').length,
      registrations: items.filter(({ sk }) => sk?.S?.startsWith('b#')).length,
    };
  }

  async end(): Promise<void> {
    for (const backend of this.#opened) await backend.close();
    try {
      await this.client.send(new sdk.DeleteTableCommand({ TableName: this.table }));
    } catch {
      // There is none.
    }
    this.client.destroy();
    await this.proxy.close();
  }
}
