// Storage that answers late, fails or hangs when it is told to, around a backend that does not.

const METHODS = [
  'get',
  'body',
  'put',
  'replaceHead',
  'delete',
  'deleteResource',
  'count',
  'size',
  'prune',
  'clear',
];

class MoodyStorage {
  /** 'at once', 'late', 'failing' or 'hanging'. */
  mood;
  maxEntryBytes;
  #backend;
  #random;
  #wakers = [];
  #waiting = 0;
  #last = Promise.resolve();

  constructor(backend, mood, random) {
    this.#backend = backend;
    this.#random = random;
    this.mood = mood;
    this.name = backend.name;
    this.traits = backend.traits;
    this.maxEntryBytes = backend.maxEntryBytes;
    for (const method of METHODS) this[method] = (...args) => this.#call(() => backend[method](...args));
  }

  async *scan(range) {
    await this.#call(() => undefined);
    yield* this.#backend.scan(range);
  }

  close() {
    return this.#backend.close();
  }

  /** Answers what hangs, and is well from now on. */
  heal(mood) {
    this.mood = mood;
    for (const wake of this.#wakers.splice(0)) wake();
  }

  /** However late they are answered, calls take effect in the order in which they are made. */
  #call(act) {
    if (this.mood === 'failing') {
      if (this.#random.chance(0.5)) throw new Error('disk I/O error');
      return Promise.reject(new Error('connection lost'));
    }
    if (this.mood === 'at once' && this.#waiting === 0) return act();
    const turn =
      this.mood === 'hanging'
        ? new Promise((resolve) => this.#wakers.push(resolve))
        : later(this.#random.below(4));
    this.#waiting += 1;
    const result = Promise.all([turn, this.#last]).then(act);
    this.#last = result.then(
      () => (this.#waiting -= 1),
      () => (this.#waiting -= 1),
    );
    return result;
  }
}

async function later(turns) {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

exports.MoodyStorage = MoodyStorage;
exports.later = later;
