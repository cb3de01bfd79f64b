/** The value of one field: a string, or the values of several field lines that must not be joined (`Set-Cookie`). */
export type FieldValue = string | readonly string[];

/** Header fields by name. Names are in lower case. */
export type HeaderFields = Readonly<Record<string, FieldValue>>;

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

/** The field's lines, in order; empty when it is absent. @param name in lower case */
export function fieldLines(fields: HeaderFields, name: string): readonly string[] {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
