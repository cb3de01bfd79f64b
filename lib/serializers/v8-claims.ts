const MAGIC = 0xff;
/** The least that any Node writes which this library runs on; before, tags meant other things. */
const LEAST_VERSION = 13;
const LONGEST_NUMBER_BYTES = 5;
const LARGEST_NUMBER = 2 ** 32 - 1;

type Reading =
  | 'nothing'
  | 'a number'
  | 'two numbers'
  | 'a double'
  | 'bytes'
  | 'digits'
  | 'a buffer'
  | 'a view'
  | 'a pattern'
  | 'a length';

/** What follows each tag. Others are of what is no data, such as errors and memory that threads share. */
const TAGS: ReadonlyMap<number, Reading> = new Map(
  (
    [
      ['nothing', "\0_0TF-oxys;'"],
      ['a number', 'IU^{A:,?'],
      ['two numbers', '$@'],
      ['a double', 'NDn'],
      ['bytes', '"cSB'],
      ['digits', 'Zz'],
      ['a buffer', '\\'],
      ['a view', 'V'],
      ['a pattern', 'R'],
      ['a length', 'a'],
    ] as const
  ).flatMap(([reading, tags]) => [...tags].map((tag) => [tag.charCodeAt(0), reading] as const)),
);

/**
 * Refuses what `v8.deserialize` would take much more memory for than it is long: a list with holes is made as long as it says
 * that it is, so that 100 bytes can end the process. For that the row of tags is read, with what belongs to each; how they are
 * nested does not matter. https://github.com/v8/v8/blob/main/src/objects/value-serializer.cc
 * @throws TypeError
 */
export function requireHonestLengths(record: Uint8Array): void {
  let at = 0;
  let claimed = 0;

  const skip = (count: number): void => {
    if (count > record.length - at) throw new TypeError('it is cut');
    at += count;
  };
  const byte = (): number => {
    skip(1);
    return record[at - 1] as number;
  };
  /** Seven bits a byte, the least first. Longer ones are read otherwise by V8. */
  const number = (): number => {
    let value = 0;
    for (let index = 0; index < LONGEST_NUMBER_BYTES; index++) {
      const bits = byte();
      value += (bits & 0x7f) * 2 ** (7 * index);
      if (value > LARGEST_NUMBER) break;
      if (bits < 0x80) return value;
    }
    throw new TypeError('a number is too large');
  };
  const READ: Readonly<Record<Reading, () => void>> = {
    nothing: () => undefined,
    'a number': number,
    'two numbers': () => (number(), number()),
    'a double': () => skip(8),
    bytes: () => skip(number()),
    digits: () => skip(number() >>> 1),
    'a buffer': () => (number(), skip(number())),
    'a view': () => (byte(), number(), number(), number()),
    'a pattern': () => (next(), number()),
    'a length': () => {
      claimed += number();
      if (claimed > record.length) throw new TypeError('its lists say that they are longer than all of it');
    },
  };
  const next = (): void => {
    const reading = TAGS.get(byte());
    if (reading === undefined) throw new TypeError('it holds what is no data');
    READ[reading]();
  };

  if (byte() !== MAGIC || number() < LEAST_VERSION) throw new TypeError('it was not written by V8');
  while (at < record.length) next();
}
