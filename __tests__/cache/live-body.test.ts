import { type BodySource, LiveBody } from '../../lib/cache/live-body.js';

/** A source that gives what it is told to, and counts how often it was asked. */
class Scripted implements BodySource {
  reads = 0;
  isCancelled = false;
  readonly #script: (string | Error)[];

  constructor(...script: (string | Error)[]) {
    this.#script = script;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.reads += 1;
    await Promise.resolve();
    const next = this.#script.shift();
    if (next instanceof Error) throw next;
    return next === undefined ? undefined : Buffer.from(next);
  }

  cancel(): void {
    this.isCancelled = true;
  }
}

function liveBody(source: BodySource, declaredBytes?: number): LiveBody {
  return new LiveBody(() => source, declaredBytes);
}

async function readAll(live: LiveBody): Promise<string> {
  let text = '';
  for (let chunk = await live.next(); chunk !== undefined; chunk = await live.next()) {
    text += Buffer.from(chunk).toString();
  }
  return text;
}

const shown = (whole: unknown): unknown =>
  whole instanceof Uint8Array ? Buffer.from(whole).toString() : whole;

test('the caller gets every byte, and the whole is kept', async () => {
  const live = liveBody(new Scripted('abc', 'de', 'f'));
  const whole = live.take(100);
  expect(await readAll(live)).toBe('abcdef');
  expect(shown(await whole)).toBe('abcdef');
});

test('nothing is opened before it is taken', () => {
  const open = jest.fn(() => new Scripted());
  const live = new LiveBody(open, undefined);
  expect(open).not.toHaveBeenCalled();
  expect(live.isTaken).toBe(false);
  void live.take(1);
  expect(open).toHaveBeenCalledTimes(1);
  expect(live.isTaken).toBe(true);
});

test('it is read no faster than the caller reads', async () => {
  const source = new Scripted('a', 'b', 'c');
  const live = liveBody(source);
  void live.take(100);
  expect(source.reads).toBe(0);
  await live.next();
  expect(source.reads).toBe(1);
  await live.next();
  expect(source.reads).toBe(2);
});

test('somebody who waits for the whole has it read to the end; the caller still gets every byte', async () => {
  const source = new Scripted('ab', 'cd');
  const live = liveBody(source);
  const whole = live.take(100);
  live.awaitWhole();
  expect(shown(await whole)).toBe('abcd');
  expect(source.reads).toBe(3);
  expect(await readAll(live)).toBe('abcd');
});

test('what the caller does with its bytes does not change what is kept', async () => {
  const live = liveBody(new Scripted('abc'));
  const whole = live.take(100);
  (await live.next())?.fill(0);
  await live.next();
  expect(shown(await whole)).toBe('abc');
});

test.each([
  { limit: 6, expected: 'abcdef' },
  { limit: 5, expected: 'too long' },
])('a body of 6 bytes with a limit of $limit: $expected', async ({ limit, expected }) => {
  const live = liveBody(new Scripted('abc', 'def'));
  const whole = live.take(limit);
  expect(await readAll(live)).toBe('abcdef');
  expect(shown(await whole)).toBe(expected);
});

test('past the limit the caller reads on, at its own speed, whoever waited for the whole', async () => {
  const source = new Scripted('abc', 'def', 'ghi', 'jkl');
  const live = liveBody(source);
  const whole = live.take(4);
  live.awaitWhole();
  expect(await whole).toBe('too long');
  const readSoFar = source.reads;
  await new Promise((resolve) => setImmediate(resolve));
  expect(source.reads).toBe(readSoFar);
  expect(await readAll(live)).toBe('abcdefghijkl');
});

test('a body that breaks off is not kept, and the caller learns why', async () => {
  const live = liveBody(new Scripted('abc', new Error('reset')));
  const whole = live.take(100);
  expect(await live.next()).toEqual(Buffer.from('abc'));
  await expect(live.next()).rejects.toThrow('reset');
  await expect(live.next()).rejects.toThrow('reset');
  expect(await whole).toBe('broken off');
});

test.each([
  { declared: 6, expected: 'abcdef' },
  { declared: 7, expected: 'broken off' },
  { declared: 5, expected: 'broken off' },
])('a body of 6 bytes that was declared as $declared: $expected', async ({ declared, expected }) => {
  const live = liveBody(new Scripted('abc', 'def'), declared);
  const whole = live.take(100);
  expect(await readAll(live)).toBe('abcdef');
  expect(shown(await whole)).toBe(expected);
});

test('a caller that leaves ends it, unless somebody waits for the whole', async () => {
  const alone = new Scripted('abc', 'def');
  const left = liveBody(alone);
  const whole = left.take(100);
  await left.next();
  left.leave();
  expect(await whole).toBe('not read to its end');
  expect(alone.isCancelled).toBe(true);

  const shared = new Scripted('abc', 'def');
  const wanted = liveBody(shared);
  const wantedWhole = wanted.take(100);
  wanted.awaitWhole();
  wanted.leave();
  expect(shown(await wantedWhole)).toBe('abcdef');
  expect(shared.isCancelled).toBe(false);
});

test('when the last who waited leaves after the caller has, it ends', async () => {
  const source = new Scripted('abc');
  const live = liveBody({
    read: () => new Promise(() => undefined),
    cancel: () => source.cancel(),
  });
  const whole = live.take(100);
  const first = live.awaitWhole();
  const second = live.awaitWhole();
  live.leave();
  first();
  first();
  expect(source.isCancelled).toBe(false);
  second();
  expect(source.isCancelled).toBe(true);
  expect(await whole).toBe('not read to its end');
});

test('the caller sees the end only after what has to come before it', async () => {
  const live = liveBody(new Scripted('abc'));
  const order: string[] = [];
  const stored = live.take(100).then(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('stored');
  });
  live.holdEnd(stored);
  await readAll(live);
  order.push('end');
  expect(order).toEqual(['stored', 'end']);
});

test('an empty body is kept as one of no bytes', async () => {
  const live = liveBody(new Scripted(), 0);
  const whole = live.take(0);
  expect(await live.next()).toBeUndefined();
  expect(shown(await whole)).toBe('');
});
