// Options as the scoreboard shows them: made from the very objects that a client is given, so that both cannot differ.

/** Like `{ type: 'private', store: new MemoryCacheStore() }`. */
export function optionText(value) {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(optionText).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  if (Object.getPrototypeOf(value) !== Object.prototype) return `new ${value.constructor.name}()`;
  const members = Object.entries(value).map(([name, member]) => `${name}: ${optionText(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
