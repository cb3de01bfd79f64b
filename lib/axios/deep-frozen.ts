/** A value, and whether nobody can change it. */
export interface MaybeFrozen {
  readonly value: unknown;
  readonly isFrozen: boolean;
}

/** Freezes what `JSON.parse` has made, at every depth: there is nothing else in it, and nothing twice. */
export function freezeJson(value: unknown): void {
  if (!isContainer(value)) return;
  const containers = [value];
  for (let container = containers.pop(); container !== undefined; container = containers.pop()) {
    Object.freeze(container);
    for (const member of Array.isArray(container) ? (container as unknown[]) : Object.values(container)) {
      if (isContainer(member)) containers.push(member);
    }
  }
}

/**
 * Freezes a value at every depth, if it is made of what JSON can say: plain objects, arrays, texts, numbers, booleans, null.
 * Anything else in it (a Date, a Buffer, an object of a class, a function, a getter) can be changed although it is frozen; then
 * nothing is.
 */
export function deepFrozen(value: unknown): MaybeFrozen {
  if (!isContainer(value)) return { value, isFrozen: typeof value !== 'function' };
  // A list instead of recursion: JSON may be nested deeper than the stack is.
  const containers = [value];
  const seen = new Set<object>(containers);
  for (let index = 0; index < containers.length; index++) {
    const container = containers[index] as object;
    const members = membersOf(container);
    if (members === undefined) return { value, isFrozen: false };
    for (const member of members) {
      if (typeof member === 'function') return { value, isFrozen: false };
      if (!isContainer(member) || seen.has(member)) continue;
      seen.add(member);
      containers.push(member);
    }
  }
  for (const container of containers) Object.freeze(container);
  return { value, isFrozen: true };
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Undefined: it is more than its members. */
function membersOf(container: object): readonly unknown[] | undefined {
  if (!Array.isArray(container) && !isPlain(container)) return undefined;
  const members: unknown[] = [];
  for (const name of Reflect.ownKeys(container)) {
    const descriptor = Object.getOwnPropertyDescriptor(container, name);
    if (descriptor === undefined || !('value' in descriptor)) return undefined;
    members.push(descriptor.value);
  }
  return members;
}

/** Of whichever realm. */
function isPlain(container: object): boolean {
  const prototype = Object.getPrototypeOf(container) as object | null;
  if (prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}
