import { BackendError } from '../../errors.js';
import {
  type Answer,
  type Command,
  type Input,
  isNamed,
  type KeySchemaElement,
  type TableDescription,
} from './connection.js';

export const BY_RESOURCE = 'by_resource';
export const BY_RETENTION = 'by_retention';

const POLL_MS = 250;
/** Creating a table takes some seconds; a minute would be unusual. */
const MOST_POLLS = 240;

const INDEXES = [
  {
    IndexName: BY_RESOURCE,
    sortKey: 'rs',
    // Whatever lists and counts records has all that it needs here, and reads no bodies.
    Projection: {
      ProjectionType: 'INCLUDE',
      NonKeyAttributes: ['k', 'v', 'r', 'h', 'y', 'x', 'c', 'e', 'u', 'w', 'n'],
    },
  },
  {
    IndexName: BY_RETENTION,
    sortKey: 'u',
    Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['w', 'n'] },
  },
] as const;

type Send = (command: Command, input?: Input) => Promise<Answer>;

/** Creates the table where it does not exist, and waits until it can be used. */
export async function prepareTable(
  tableName: string,
  send: Send,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    const found = await look(send);
    if (found === 'hidden') return;
    if (found === 'absent') {
      await create(send);
      // Often it is there at once where the server is not AWS.
      if (poll === 0) continue;
    } else if (found.TableStatus === 'ACTIVE' || found.TableStatus === 'UPDATING') {
      return requireSchema(tableName, found);
    }
    await wait(POLL_MS);
  }
  throw openError(`table "${tableName}" was not there in time`);
}

/** Lets DynamoDB delete what is past retention. */
export async function enableTimeToLive(send: Send): Promise<void> {
  const { TimeToLiveDescription } = await send('DescribeTimeToLive');
  if (TimeToLiveDescription?.TimeToLiveStatus !== 'DISABLED') return;
  await send('UpdateTimeToLive', {
    TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
  });
}

/** The table; `hidden`: one may not look at it, which says nothing about whether it can be used. */
async function look(send: Send): Promise<TableDescription | 'absent' | 'hidden'> {
  try {
    return (await send('DescribeTable')).Table ?? 'hidden';
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return 'absent';
    if (isNamed(error, 'AccessDeniedException')) return 'hidden';
    throw error;
  }
}

async function create(send: Send): Promise<void> {
  const attributes = ['pk', 'sk', ...INDEXES.map(({ sortKey }) => sortKey)];
  try {
    await send('CreateTable', {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes.map((name) => ({
        AttributeName: name,
        AttributeType: name === 'u' ? 'N' : 'S',
      })),
      KeySchema: keySchema('sk'),
      LocalSecondaryIndexes: INDEXES.map(({ IndexName, sortKey, Projection }) => ({
        IndexName,
        KeySchema: keySchema(sortKey),
        Projection,
      })),
    });
  } catch (error) {
    // Another process was faster.
    if (!isNamed(error, 'ResourceInUseException')) throw error;
  }
}

function keySchema(sortKey: string): readonly KeySchemaElement[] {
  return [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ];
}

/** Refuses a table of other keys: it is somebody else's, or lacks what lists and invalidation need. */
function requireSchema(tableName: string, { KeySchema, LocalSecondaryIndexes = [] }: TableDescription): void {
  const missing = INDEXES.filter(
    ({ IndexName, sortKey }) =>
      !LocalSecondaryIndexes.some((one) => one.IndexName === IndexName && hasKeys(one.KeySchema, sortKey)),
  ).map(({ IndexName, sortKey }) => `local secondary index "${IndexName}" (pk, ${sortKey})`);
  if (!hasKeys(KeySchema, 'sk')) missing.unshift('keys pk and sk');
  if (missing.length === 0) return;
  throw openError(
    `table "${tableName}" is not one of this library: it lacks ${missing.join(' and ')}. Name another by "tableName"`,
  );
}

function hasKeys(found: readonly KeySchemaElement[] | undefined, sortKey: string): boolean {
  return keySchema(sortKey).every(({ AttributeName, KeyType }) =>
    found?.some((one) => one.AttributeName === AttributeName && one.KeyType === KeyType),
  );
}

function openError(message: string): BackendError {
  return new BackendError({ backend: 'dynamodb', operation: 'open', message });
}
