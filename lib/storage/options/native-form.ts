/** In which form a database keeps heads and bodies. Whatever is chosen, records of either form are read. */
export interface NativeFormOptions {
  /**
   * - `binary`: heads and bodies as bytes.
   * - `bson`: as the database's own values, so that its own tools can ask for them and change them. A head (status, header
   *   fields, times, …) is a sub-document of MongoDB, or a map of DynamoDB; a body that is readable text is a string. What
   *   the database would not give back exactly stays bytes. A head that was edited is read as edited, and a damaged one
   *   that can still be read is not noticed; an edited body does not fit its head, and the record reads as absent.
   *
   * Limits and `size()` count the bytes of head and body themselves, which are the same in both forms; what the database
   * allows is measured by what it is given.
   * @default 'binary'
   */
  readonly serializer?: 'binary' | 'bson' | undefined;
  /**
   * Store objects and arrays of JSON in bodies as what they say, so that one can ask for what is in them, wherever exactly
   * the same bytes can be made of that again: JSON without spaces, as `JSON.stringify` writes it, of at most a million
   * characters. Other bodies are stored as without this option. Only with `serializer: 'bson'`.
   * @default false
   */
  readonly decodeContent?: boolean | undefined;
}
