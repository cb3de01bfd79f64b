import { type RecordMeta } from '../../storage/backend.js';
import { type Input } from './connection.js';
import { type AttributeValue, bodyAttributes, type BodyPlace, headAttributes, number } from './item.js';

/** Under which conditions a head is replaced, and what else changes. All conditions must hold. */
export interface HeadUpdate {
  /** The stored head must be this one. */
  readonly expectedHead?: Uint8Array | undefined;
  /** A body in the item must be no longer than this. */
  readonly room?: number;
  /** Chunks must not go before this, in seconds; undefined, where `room` is given: never. */
  readonly notBefore?: number | undefined;
  /** The stored record must be of this write. */
  readonly replaces?: string;
  /** Where the body is from now on; undefined: where it was. */
  readonly place?: BodyPlace;
  /** When the chunks go from now on. Only with `replaces`, and without `place`. */
  readonly chunksTtl?: number | undefined;
}

/** What an `UpdateItem` says that replaces the head of a record. */
export function headUpdate(meta: RecordMeta, ttl: number | undefined, update: HeadUpdate): Input {
  const attributes: Record<string, AttributeValue | undefined> = {
    ...headAttributes(meta, ttl),
    ...('chunksTtl' in update ? { t: number(update.chunksTtl) } : {}),
    ...(update.place === undefined ? {} : bodyAttributes(update.place)),
  };
  const names = Object.keys(attributes);
  const set = names.filter((name) => attributes[name] !== undefined);
  const removed = names.filter((name) => attributes[name] === undefined);
  const { conditions, values } = conditionsOf(update);
  const expression = [
    `SET ${set.map((name) => `#${name} = :${name}`).join(', ')}`,
    ...(removed.length === 0 ? [] : [`REMOVE ${removed.map((name) => `#${name}`).join(', ')}`]),
  ];
  return {
    UpdateExpression: expression.join(' '),
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map((name) => [`:${name}`, attributes[name]])),
      ...values,
    },
  };
}

function conditionsOf({ expectedHead, room, notBefore, replaces }: HeadUpdate): {
  readonly conditions: readonly string[];
  readonly values: Readonly<Record<string, AttributeValue | undefined>>;
} {
  const conditions = ['attribute_exists(pk)'];
  const values: Record<string, AttributeValue | undefined> = {};
  if (expectedHead !== undefined) {
    conditions.push('h = :expected');
    values[':expected'] = { B: expectedHead };
  }
  if (replaces !== undefined) {
    conditions.push('w = :replaces');
    values[':replaces'] = { S: replaces };
  }
  if (room !== undefined) {
    conditions.push(
      '(attribute_exists(n) OR x <= :room)',
      `(attribute_not_exists(n) OR attribute_not_exists(t)${notBefore === undefined ? '' : ' OR t >= :notBefore'})`,
    );
    values[':room'] = number(room);
    if (notBefore !== undefined) values[':notBefore'] = number(notBefore);
  }
  return { conditions, values };
}
