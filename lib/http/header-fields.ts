/** The value of one field: a string, or the values of several field lines that must not be joined (`Set-Cookie`). */
export type FieldValue = string | readonly string[];

/** Header fields by name. Names are in lower case. */
export type HeaderFields = Readonly<Record<string, FieldValue>>;

/**
 * Makes objects that inherit nothing, so that a field called `constructor` or `__proto__` is a field like any other. Those of
 * `Object.create(null)` are tables to V8: listing and copying them takes ten times as long.
 */
const NameTable = function NameTable() {
  // Nothing to begin with.
} as unknown as new () => Record<string, never>;
NameTable.prototype = Object.freeze(Object.create(null)) as object;

/** An object without members, not even inherited ones. */
export function nameTable<V>(): Record<string, V> {
  return new NameTable();
}

/**
 * Header fields from name and value pairs. Names are put in lower case; lines that repeat a name are kept apart, in
 * order. The object inherits nothing; see {@link nameTable}.
 */
export function headerFields(entries: Iterable<readonly [name: string, value: FieldValue]>): HeaderFields {
  const fields = nameTable<FieldValue>();
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    const earlier = fields[key];
    fields[key] = earlier === undefined ? value : [earlier, value].flat();
  }
  return fields;
}

/**
 * The value of a field as one string; several lines are joined by `, `, which RFC 9110 section 5.3 allows for
 * every list-based field. `undefined` when the field is absent.
 * @param name in lower case
 */
export function fieldValue(fields: HeaderFields, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined || typeof value === 'string') return value;
  return value.join(', ');
}

const NO_LINES: readonly string[] = Object.freeze([]);

/** The field's lines, in order; empty when it is absent. @param name in lower case */
export function fieldLines(fields: HeaderFields, name: string): readonly string[] {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined) return NO_LINES;
  return typeof value === 'string' ? [value] : value;
}
