import type { RecordMeta } from '../../storage/backend.js';
import type { Input } from './connection.js';
import type { NativeForm } from '../../storage/native-form.js';
import type { AttributeValue } from './attribute-value.js';
import { bodyAttributes, type BodyPlace, headAttributes, number } from './item.js';
import { headsLike, markOf } from './native.js';

/** Under which conditions a head is replaced, and what else changes. All conditions must hold. */
export interface HeadUpdate {
  /** The stored head must be this one. */
  readonly expectedHead?: Uint8Array | undefined;
  /** The stored head must be of the same write as this one, which was just found. */
  readonly foundHead?: AttributeValue | undefined;
  /** A body in the item must take no more than this. */
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
export function headUpdate(
  meta: RecordMeta,
  ttl: number | undefined,
  form: NativeForm | undefined,
  update: HeadUpdate,
): Input {
  const attributes: Record<string, AttributeValue | undefined> = {
    ...headAttributes(meta, ttl, form),
    ...('chunksTtl' in update ? { t: number(update.chunksTtl) } : {}),
    ...(update.place === undefined ? {} : bodyAttributes(update.place)),
  };
  const names = Object.keys(attributes);
  const set = names.filter((name) => attributes[name] !== undefined);
  const removed = names.filter((name) => attributes[name] === undefined);
  const { conditions, values } = conditionsOf(update, form);
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

function conditionsOf(
  { expectedHead, foundHead, room, notBefore, replaces }: HeadUpdate,
  form: NativeForm | undefined,
): {
  readonly conditions: readonly string[];
  readonly values: Readonly<Record<string, AttributeValue | undefined>>;
} {
  const conditions = ['attribute_exists(pk)'];
  const values: Record<string, AttributeValue | undefined> = {};
  if (expectedHead !== undefined) {
    const [bytes, native] = headsLike(expectedHead, form);
    // All of a map is compared, so that what was edited meanwhile is noticed, too.
    conditions.push(native === undefined ? 'h = :expected' : '(h = :expected OR h = :native)');
    values[':expected'] = bytes;
    if (native !== undefined) values[':native'] = native;
  }
  if (foundHead !== undefined) {
    const mark = markOf(foundHead);
    // Some servers cannot compare maps.
    conditions.push(mark === undefined ? 'h = :found' : 'h.mark = :found');
    values[':found'] = mark === undefined ? foundHead : { S: mark };
  }
  if (replaces !== undefined) {
    conditions.push('w = :replaces');
    values[':replaces'] = { S: replaces };
  }
  if (room !== undefined) {
    conditions.push(
      '(attribute_exists(n) OR x <= :room)',
      '(attribute_not_exists(z) OR z <= :room)',
      `(attribute_not_exists(n) OR attribute_not_exists(t)${notBefore === undefined ? '' : ' OR t >= :notBefore'})`,
    );
    values[':room'] = number(room);
    if (notBefore !== undefined) values[':notBefore'] = number(notBefore);
  }
  return { conditions, values };
}
