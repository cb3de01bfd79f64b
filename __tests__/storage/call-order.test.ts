import { CallOrder } from '../../lib/storage/call-order.js';

/** Calls that end when they are told to, and note when they begin. */
class Calls {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();

  of(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve, reject) => this.#ends.set(name, { resolve, reject }));
    };
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.resolve(name);
    await turns();
  }

  async fail(name: string): Promise<void> {
    this.#ends.get(name)?.reject(new Error(name));
    await turns();
  }
}

/** Lets all that has nothing to wait for go on. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the order of calls', () => {
  let order: CallOrder;
  let calls: Calls;

  beforeEach(() => {
    order = new CallOrder();
    calls = new Calls();
  });

  it('begins a lone call at once, and gives its result', async () => {
    const running = order.read('key', calls.of('a'));
    expect(calls.begun).toEqual(['a']);
    await calls.end('a');
    await expect(running).resolves.toBe('a');
  });

  it('lets calls on different keys, and reads of one key, run side by side', () => {
    void order.write('one', calls.of('a'));
    void order.write('two', calls.of('b'));
    void order.read('three', calls.of('c'));
    void order.read('three', calls.of('d'));
    expect(calls.begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets a read wait for the write before it, and a write for the reads before it', async () => {
    void order.write('key', calls.of('write'));
    void order.read('key', calls.of('read 1'));
    void order.read('key', calls.of('read 2'));
    void order.write('key', calls.of('later'));
    expect(calls.begun).toEqual(['write']);
    await calls.end('write');
    expect(calls.begun).toEqual(['write', 'read 1', 'read 2']);
    await calls.end('read 1');
    expect(calls.begun).not.toContain('later');
    await calls.end('read 2');
    expect(calls.begun).toContain('later');
  });

  it('lets reads that may be shared join the one that is under way', async () => {
    const first = order.readShared('key', calls.of('first'));
    const second = order.readShared('key', calls.of('second'));
    void order.readShared('other', calls.of('other'));
    void order.read('key', calls.of('own'));
    expect(calls.begun).toEqual(['first', 'other', 'own']);
    await calls.end('first');
    await expect(Promise.all([first, second])).resolves.toEqual(['first', 'first']);
    void order.readShared('key', calls.of('third'));
    expect(calls.begun).toContain('third');
  });

  it('lets no read join one that a write has followed', async () => {
    const before = order.readShared('key', calls.of('before'));
    void order.write('key', calls.of('write'));
    const after = order.readShared('key', calls.of('after'));
    await calls.end('before');
    await calls.end('write');
    await calls.end('after');
    await expect(Promise.all([before, after])).resolves.toEqual(['before', 'after']);

    void order.readShared('key', calls.of('once more'));
    void order.writeAll(calls.of('all'));
    const afterAll = order.readShared('key', calls.of('after all'));
    await calls.end('once more');
    await calls.end('all');
    await calls.end('after all');
    await expect(afterAll).resolves.toBe('after all');
  });

  it('lets all fail who have joined a read that fails, and the next try again', async () => {
    const failing = [order.readShared('key', calls.of('a')), order.readShared('key', calls.of('b'))];
    const outcomes = Promise.allSettled(failing);
    await calls.fail('a');
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void order.readShared('key', calls.of('c'));
    expect(calls.begun).toEqual(['a', 'c']);
  });

  it('goes on after a call that failed or that threw', async () => {
    const failing = order.write('key', calls.of('fails'));
    const throwing = order.write('key', () => {
      throw new Error('thrown');
    });
    void order.write('key', calls.of('next'));
    await Promise.all([
      expect(failing).rejects.toThrow('fails'),
      expect(throwing).rejects.toThrow('thrown'),
      calls.fail('fails'),
    ]);
    await turns();
    expect(calls.begun).toEqual(['fails', 'next']);
    const atOnce = new CallOrder().read('key', () => {
      throw new Error('at once');
    });
    await expect(atOnce).rejects.toThrow('at once');
  });

  it('lets a call on everything wait for all, and all later ones for it', async () => {
    void order.read('one', calls.of('read'));
    void order.write('two', calls.of('write'));
    void order.writeAll(calls.of('all'));
    void order.read('one', calls.of('later read'));
    void order.write('three', calls.of('later write'));
    void order.writeAll(calls.of('all again'));
    expect(calls.begun).toEqual(['read', 'write']);
    await calls.end('read');
    expect(calls.begun).toHaveLength(2);
    await calls.end('write');
    expect(calls.begun).toEqual(['read', 'write', 'all']);
    await calls.end('all');
    expect(calls.begun).toEqual(['read', 'write', 'all', 'later read', 'later write']);
    await calls.end('later read');
    await calls.end('later write');
    expect(calls.begun).toContain('all again');
  });

  it('lets a listing wait for writes only, and nobody for a listing', async () => {
    void order.read('one', calls.of('read'));
    void order.readAll(calls.of('list 1'));
    void order.write('two', calls.of('write'));
    void order.readAll(calls.of('list 2'));
    void order.write('three', calls.of('other'));
    void order.writeAll(calls.of('all'));
    void order.readAll(calls.of('list 3'));
    expect(calls.begun).toEqual(['read', 'list 1', 'write', 'other']);
    await calls.end('write');
    await calls.end('other');
    expect(calls.begun).toContain('list 2');
    await calls.end('read');
    expect(calls.begun).toContain('all');
    expect(calls.begun).not.toContain('list 3');
    await calls.end('all');
    expect(calls.begun).toContain('list 3');
  });

  it('tells when all of now have ended, however they end', async () => {
    expect(order.whenIdle()).toBeUndefined();
    const failing = order.write('one', calls.of('a'));
    void order.read('two', calls.of('b'));
    let isIdle = false;
    void order.whenIdle()?.then(() => (isIdle = true));
    await Promise.all([expect(failing).rejects.toThrow('a'), calls.fail('a')]);
    expect(isIdle).toBe(false);
    await calls.end('b');
    expect(isIdle).toBe(true);
    expect(order.whenIdle()).toBeUndefined();
  });

  it('counts listings among them, for which no deletion waits', async () => {
    const failing = order.readAll(calls.of('list'));
    let isIdle = false;
    void order.whenIdle()?.then(() => (isIdle = true));
    void order.writeAll(calls.of('all'));
    expect(calls.begun).toEqual(['list', 'all']);
    await calls.end('all');
    expect(isIdle).toBe(false);
    await Promise.all([expect(failing).rejects.toThrow('list'), calls.fail('list')]);
    expect(isIdle).toBe(true);
    expect(order.whenIdle()).toBeUndefined();
  });
});
