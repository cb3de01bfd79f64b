import type { NativeFormOptions } from './native-form.js';

/** What is used of a client of `@aws-sdk/client-dynamodb`. A `DynamoDBClient` is one. */
export interface DynamodbClientLike {
  send(command: object, options?: object): Promise<unknown>;
  destroy(): void;
}

/** Keys to sign requests with, as the AWS SDK takes them. */
export interface DynamodbCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Options of the backend `dynamodb`. */
export interface DynamodbOptions extends NativeFormOptions {
  /**
   * The table: 3 to 255 letters, digits, `_`, `.` and `-`, or an ARN. Many caches may share one, see `namespace`.
   * @default 'http_cache'
   */
  readonly tableName?: string | undefined;
  /**
   * Keeps the records of several caches in one table apart. Any text that is not empty.
   * @default the cache name
   */
  readonly namespace?: string | undefined;
  /**
   * Create the table at the first use where it does not exist, with on-demand billing, wait until it is there (some
   * seconds, during which requests do without cache), and enable its TTL. Needs the permissions `dynamodb:DescribeTable`,
   * `CreateTable`, `DescribeTimeToLive` and `UpdateTimeToLive`; with false none of them. The table then needs the keys `pk`
   * and `sk` and two local secondary indexes, which the guide to backends names.
   * @default true
   */
  readonly createTable?: boolean | undefined;
  /**
   * The AWS region.
   * @default as the AWS SDK finds it (`AWS_REGION`, the profile); with an endpoint and no region `us-east-1`. Where there
   * is neither a region nor an endpoint, of which the SDK could only complain: the server at `http://127.0.0.1:8000`
   */
  readonly region?: string | undefined;
  /**
   * URL of the server, for those that are not AWS: `http://127.0.0.1:8000`.
   * @default as the AWS SDK finds it: `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`, the profile, or that of the region
   */
  readonly endpoint?: string | undefined;
  /**
   * Keys to sign requests with, or a function that gives a promise of them.
   * @default as the AWS SDK finds them (environment, profile, role of the machine); for an endpoint on this machine
   * (`localhost`, `127.0.0.1`, `[::1]`), where neither `AWS_ACCESS_KEY_ID` nor `AWS_PROFILE` is set: made-up ones
   */
  readonly credentials?: DynamodbCredentials | (() => Promise<DynamodbCredentials>) | undefined;
  /**
   * A client of yours, or a function that makes one at the first use. It is not destroyed with the cache. Not together with
   * `region`, `endpoint`, `credentials` and `clientOptions`.
   */
  readonly client?:
    DynamodbClientLike | (() => DynamodbClientLike | PromiseLike<DynamodbClientLike>) | undefined;
  /** More options for the constructor of `DynamoDBClient`, such as `requestHandler`. */
  readonly clientOptions?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Let DynamoDB delete records that are past retention, by itself and at no charge: some time after, at most about two
   * days. By the machine's clock such records also read as absent until then, as if they were gone. False: they stay until
   * `removeExpired` or a prune deletes them.
   * @default true
   */
  readonly ttl?: boolean | undefined;
  /**
   * Read what was written last, by whomever. False costs half, and a read soon after a write may miss it, also in the same
   * process; and an invalidation may miss what has just been stored.
   * @default true
   */
  readonly consistentRead?: boolean | undefined;
  /**
   * Milliseconds that one request to DynamoDB may take, its repetitions included; a call of the cache is one request, but
   * for bodies over 380 KB and maintenance. A whole number > 0.
   * @default 2000
   */
  readonly operationTimeout?: number | undefined;
}
