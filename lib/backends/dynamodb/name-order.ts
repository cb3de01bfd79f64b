import type { Json } from '../../storage/exact-json.js';

/*
 * In which order the names of objects are, as text: JSON with the names, and 0 wherever there are none. Of a list whose members
 * have the same names each, only the first one is told; the last one that is told goes for all that follow.
 *
 *   {"id":1,"tags":["a"],"hops":[{"b":1,"a":2},{"b":3,"a":4}]}   →   {"id":0,"tags":0,"hops":[{"b":0,"a":0}]}
 */

const NONE = '0';

/** What {@link readOrder} has read: anything, since anybody may have written it. */
export type NameOrder = object;

export function orderOf(json: Json): string {
  if (typeof json !== 'object' || json === null) return NONE;
  if (Array.isArray(json)) return orderOfList(json as readonly Json[]);
  const members = Object.entries(json as Readonly<Record<string, Json>>);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${orderOf(member)}`).join(',')}}`;
}

function orderOfList(list: readonly Json[]): string {
  const orders = list.map(orderOf);
  let told = orders.length;
  while (told > 1 && orders[told - 1] === orders[told - 2]) told -= 1;
  return told === 0 || (told === 1 && orders[0] === NONE) ? NONE : `[${orders.slice(0, told).join(',')}]`;
}

/** Undefined where no order is told. */
export function readOrder(text: string | undefined): NameOrder | undefined {
  try {
    return orderIn(JSON.parse(text ?? NONE));
  } catch {
    return undefined;
  }
}

/** What is told of a member of an object or a list. */
export function orderOfMember(order: NameOrder | undefined, name: string | number): NameOrder | undefined {
  if (order === undefined) return undefined;
  if (typeof name === 'string')
    return Object.hasOwn(order, name) ? orderIn(Reflect.get(order, name)) : undefined;
  return Array.isArray(order)
    ? orderIn((order as readonly unknown[])[Math.min(name, order.length - 1)])
    : undefined;
}

/** Names as they are told, and then those that somebody has added. */
export function inOrder(names: readonly string[], order: NameOrder | undefined): readonly string[] {
  const places = order && placesIn(order);
  const placeOf = (name: string): number => places?.get(name) ?? places?.size ?? 0;
  return [...names].sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
}

/** Remembered, since the order of one member of a list goes for all that follow, and may name more than any of them has. */
const placesByOrder = new WeakMap<NameOrder, ReadonlyMap<string, number>>();

function placesIn(order: NameOrder): ReadonlyMap<string, number> {
  let places = placesByOrder.get(order);
  if (places === undefined) {
    places = new Map(Object.keys(order).map((name, place) => [name, place]));
    placesByOrder.set(order, places);
  }
  return places;
}

function orderIn(value: unknown): NameOrder | undefined {
  return typeof value === 'object' && value !== null ? value : undefined;
}
