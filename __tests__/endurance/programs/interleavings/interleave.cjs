// One interleaving: callers, answers and disturbances in an order that a seed decides.
const { randomOf } = require('../library.cjs');
const {
  adaptersOf,
  addInterceptors,
  calmCaller,
  giveUp,
  hasLittleTime,
  randomCaller,
  start,
} = require('./callers.cjs');
const { isListenedInVain, listenersLeft, outlivesCaller, wrongWith } = require('./judge.cjs');
const { MAX_ENTRY_BYTES } = require('./origin.cjs');
const { randomResources, randomSession, randomSettings } = require('./plans.cjs');
const { later, MoodyStorage } = require('./storage.cjs');

/** Only where something hangs does anybody wait for so long. */
const BOUND_MS = 8_000;

class Interleaving {
  #faults = [];
  #chores = [];
  #callers = [];
  #started = [];
  #hangs = false;

  constructor(world, seed) {
    this.world = world;
    this.seed = seed;
    this.random = randomOf(seed);
    this.scene = this.random.oneOf([
      'wild',
      'wild',
      'wild',
      'wild',
      'wild',
      'wild',
      'calm',
      'calm',
      'forsaken',
    ]);
    this.isCalm = this.scene !== 'wild';
    this.shared = new AbortController();
    this.now = Date.UTC(2026, 10, 20, 12);
    this.resources = randomResources(this.random, seed, this.scene);
    world.origin.serve(this.resources, seed);
    this.session = { ...(this.isCalm ? {} : randomSession(this.random)), deletions: new Map() };
    const { axios, backendOf, baseURL, withCache } = world;
    this.mood = this.random.oneOf(['at once', 'late', 'late']);
    this.storage = new MoodyStorage(backendOf(seed), this.mood, this.random);
    // Where storage is not to fail, it has all the time that it takes.
    const storageTimeout = this.isCalm ? 5 : 0.02;
    const options = { backend: this.storage, storageTimeout, maxEntryBytes: MAX_ENTRY_BYTES };
    const { deletions: _ours, ...session } = this.session;
    this.http = withCache(axios.create({ baseURL }), {
      ...options,
      ...session,
      clock: { now: () => this.now },
    });
    this.http.cache.on('backendError', () => undefined);
    addInterceptors(this.http);
    this.adapters = adaptersOf(axios);
  }

  /** @returns what went wrong, and how many streams were left unread */
  async run() {
    this.#callers = this.#randomCallers();
    if (this.scene === 'calm') await this.#runCalm();
    else if (this.scene === 'forsaken') await this.#runForsaken();
    else await this.#runWild();
    await this.#comeToRest();
    if (!this.#hangs) await this.#judge();
    if (!this.#hangs) await this.#askAfresh();
    if (this.world.mayClose) await this.#inTime('cache.close()', this.http.cache.close());
    await this.#inTime('timers', this.#untilNoTimers());
    const unread = this.#callers.filter((caller) => caller.state === 'unread' || hasLostStream(caller));
    return { faults: [...this.#faults, ...this.world.watch.incidents()], unread: unread.length };
  }

  /** Storage that answers late may be at work yet, at nobody's request. */
  async #untilNoTimers() {
    while (this.world.watch.timers().length > 0 && !this.#hangs)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }

  #randomCallers() {
    const { random, resources, shared, adapters } = this;
    const make = this.isCalm ? calmCaller : randomCaller;
    const { axios } = this.world;
    return Array.from({ length: 3 + random.below(10) }, (_, index) => {
      const id = `caller ${index} of ${this.seed}`;
      const caller = make(random, id, { resources, shared, axios, adapters }, this.#givenTo(index));
      return Object.assign(caller, { session: this.session });
    });
  }

  #givenTo(index) {
    const { random, scene } = this;
    // By then somebody else has asked, whose time is not limited.
    if (scene === 'calm' && index > 3) return { wayOut: random.oneOf(['signal', 'token', 'timeout']) };
    if (scene !== 'forsaken') return {};
    const adapter = random.oneOf(['http', 'fetch']);
    return random.chance(0.5) ? { adapter } : { adapter, shape: 'stream', reading: 'destroyed' };
  }

  #startNext() {
    const caller = this.#callers[this.#started.length];
    if (caller === undefined) return;
    this.#started.push(caller);
    start(this.http, caller);
    if (this.scene === 'forsaken' || (!this.isCalm && this.random.chance(0.25)))
      void this.#soonGiveUp(caller);
  }

  #isHasty({ shape }) {
    if (this.scene === 'calm') return false;
    return this.random.chance(this.scene === 'wild' ? 0.25 : shape === 'stream' ? 0.2 : 1);
  }

  /** While it is being looked up, or is only just on its way. */
  async #soonGiveUp(caller) {
    await later(this.random.below(6));
    if (caller.state === 'pending') giveUp(this.#callers, caller);
  }

  /** All want the same, and one has patience: the origin must have one request, which nobody's leaving ends. */
  async #runCalm() {
    const { random } = this;
    const { origin } = this.world;
    const patient = random.oneOf(this.#callers.slice(0, 3));
    await this.http.cache.count();
    const atFirst = 1 + this.#callers.indexOf(patient);
    while (this.#started.length < atFirst) this.#startNext();
    // Who leaves before the others have come does not leave them anything.
    await this.#inTime('the first request', this.#untilAsked());
    await later(20);
    for (let step = 0; step < 30; step += 1) {
      const leaving = random.oneOf(this.#started);
      if (random.chance(0.4)) this.#startNext();
      if (random.chance(0.3) && leaving !== patient && leaving.state === 'pending')
        giveUp(this.#callers, leaving);
      await this.#pause();
    }
    while (this.#started.length < this.#callers.length) this.#startNext();
    await later(20);
    await this.#inTime('who has little time', this.#untilTimeIsUp());
    await this.#releaseAll();
    await this.#inTime('the patient caller', patient.over);
    if (patient.error !== undefined) this.#faults.push(`the patient caller failed by ${patient.error.stack}`);
    const { exchanges } = origin;
    if (exchanges.length !== 1) this.#faults.push(`the origin had ${exchanges.length} requests for the same`);
  }

  /** All give up, some before the origin is asked, or leave their streams: in the end it must have nothing to do. */
  async #runForsaken() {
    const { origin } = this.world;
    while (this.#started.length < this.#callers.length) {
      this.#startNext();
      await this.#pause();
      if (origin.held.length > 0 && this.random.chance(0.7)) origin.release(this.random.oneOf(origin.held));
    }
    await later(20);
    for (const caller of this.#callers) if (caller.state === 'pending') giveUp(this.#callers, caller);
    await this.#inTime(
      'what nobody wants',
      this.#until(() => this.world.origin.open.length === 0),
    );
  }

  async #until(isReached) {
    while (!isReached() && !this.#hangs) await later(1);
  }

  async #untilAsked() {
    await this.#until(() => this.world.origin.exchanges.length > 0);
  }

  async #runWild() {
    const steps = this.#callers.length + 10 + this.random.below(25);
    for (let step = 0; step < steps; step += 1) {
      this.#disturb();
      await this.#pause();
    }
    while (this.#started.length < this.#callers.length) this.#startNext();
    await this.#pause();
  }

  #disturb() {
    const { random, http } = this;
    const { held } = this.world.origin;
    const chance = random.below(100);
    const pending = this.#started.filter(({ state }) => state !== 'through');
    if (chance < 35) this.#startNext();
    else if (chance < 40) for (let count = 1 + random.below(4); count > 0; count -= 1) this.#startNext();
    else if (chance < 62 && held.length > 0) this.world.origin.release(random.oneOf(held));
    else if (chance < 72 && pending.length > 0) giveUp(this.#callers, random.oneOf(pending));
    else if (chance < 75) for (const one of pending) if (random.chance(0.5)) giveUp(this.#callers, one);
    if (chance < 75) return;
    const { path } = random.oneOf(this.resources);
    if (chance < 81) this.#deleteUrl(path);
    else if (chance < 82) this.#do(http.cache.clear());
    else if (chance < 85) this.#do(http.post(path, {}));
    else if (chance < 91) this.now += 1000 * random.oneOf([1, 20, 100]);
    else if (chance < 94) this.storage.heal(random.oneOf(['failing', 'hanging', this.mood]));
    else if (chance < 96) this.storage.heal(this.mood);
    else this.#change(randomSettings(random));
  }

  #change(settings) {
    // Then axios is left to itself, and does not stand everything.
    if (settings.disabled && this.#callers.some(({ flaw }) => flaw === 'validateStatus')) return;
    this.http.cache.settings = settings;
    if (settings.disabled) this.session.wasDisabled = true;
    if (settings.staleWhileRevalidate) this.session.mayRefresh = true;
    if (settings.staleIfError) this.session.mayBeStale = true;
  }

  #deleteUrl(path) {
    const deletion = { startedAt: performance.now(), endedAt: Infinity };
    const { deletions } = this.session;
    deletions.set(path, [...(deletions.get(path) ?? []), deletion]);
    this.#do(this.http.cache.deleteUrl(path).then(() => (deletion.endedAt = performance.now())));
  }

  /** Maintenance may fail while storage does; it must not go on for ever. */
  #do(chore) {
    this.#chores.push(
      chore.then(
        () => undefined,
        () => undefined,
      ),
    );
  }

  async #pause() {
    const { random } = this;
    if (random.chance(0.4)) return;
    if (random.chance(0.7)) return later(1 + random.below(5));
    await new Promise((resolve) => setTimeout(resolve, 1 + random.below(3)));
  }

  async #releaseAll() {
    const { origin } = this.world;
    for (let quiet = 0; quiet < 12; quiet += 1) {
      const { held } = origin;
      if (held.length > 0) {
        origin.release(this.random.oneOf(held));
        quiet = 0;
      }
      await later(2);
    }
  }

  /** Lets all that is left come to its end, in the order in which it would in real life. */
  async #comeToRest() {
    const { origin } = this.world;
    // Also where storage hangs.
    await this.#inTime('who has little time', this.#untilTimeIsUp());
    this.storage.heal(this.mood);
    if (this.random.chance(0.5)) await this.#releaseAll();
    await this.#inTime('who has little time', this.#untilTimeIsUp());
    for (const caller of this.#callers.filter(isListenedInVain))
      this.#faults.push(`${describe(caller)}: listened to in vain`);
    for (const caller of this.#callers) if (caller.state !== 'through') giveUp(this.#callers, caller);
    const whoGaveUp = this.#callers.filter(({ wasAborted }) => wasAborted);
    for (const caller of whoGaveUp) await this.#inTime(`${caller.id}, who gave up`, caller.over);
    await this.#inTime('requests that nobody wants', this.#untilUnwantedEnd());
    origin.calmDown();
    for (const caller of this.#callers) await this.#inTime(caller.id, caller.over);
    await this.#inTime('maintenance', Promise.all(this.#chores));
  }

  async #untilTimeIsUp() {
    await this.#until(() => !this.#callers.some(hasLittleTime));
  }

  /** What nobody waits for any more has to be broken off, so that the origin need not go on with it. */
  async #untilUnwantedEnd() {
    const { origin } = this.world;
    const isOver = () => origin.open.every((exchange) => this.#mayBeWanted(exchange));
    while (!isOver() && !this.#hangs) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Also the cache itself may want something, in the background; that is sent as the caller would have sent it. */
  #mayBeWanted(exchange) {
    if (exchange.method === 'POST') return true;
    const isForTheSame = ({ resource }) => exchange.path.startsWith(resource.path);
    const waits = (caller) =>
      !['settled', 'through'].includes(caller.state) || hasLostStream(caller) || isSlowToLeave(caller);
    return this.#mayRefresh() || this.#callers.some((caller) => isForTheSame(caller) && waits(caller));
  }

  #mayRefresh() {
    const { staleWhileRevalidate, mayRefresh } = this.session;
    return staleWhileRevalidate || mayRefresh || this.#callers.some(({ wish }) => wish.staleWhileRevalidate);
  }

  async #judge() {
    for (const caller of this.#callers) {
      if (await outlivesCaller(caller)) this.#faults.push(`${describe(caller)}: its stream does not end`);
      const wrong = wrongWith(caller, this.world.origin);
      if (wrong !== undefined) this.#faults.push(`${describe(caller)}: ${wrong}`);
      const left = listenersLeft(caller);
      if (left > 0) this.#faults.push(`${describe(caller)}: ${left} listeners are left`);
    }
  }

  /** Whatever has happened, who asks now is answered. */
  async #askAfresh() {
    const { random } = this;
    this.now += 1000 * random.oneOf([0, 61]);
    this.http.cache.settings = { disabled: false, onlyIfCached: false };
    const { axios } = this.world;
    const { shared, adapters } = this;
    const fresh = this.resources.flatMap((resource, index) =>
      ['http', 'fetch', 'function'].map((adapter) => {
        const id = `newcomer ${index} of ${this.seed} by ${adapter}`;
        const caller = calmCaller(random, id, { resources: [resource], axios, adapters, shared });
        caller.config.adapter = adapters[adapter] ?? adapter;
        return Object.assign(caller, { adapter, session: this.session });
      }),
    );
    for (const caller of fresh) start(this.http, caller);
    for (const caller of fresh) await this.#inTime(caller.id, caller.over);
    for (const caller of fresh) {
      const wrong = caller.state === 'pending' ? undefined : wrongWith(caller, this.world.origin);
      if (wrong !== undefined) this.#faults.push(`${describe(caller)}: ${wrong}`);
      if (listenersLeft(caller) > 0) this.#faults.push(`${caller.id}: listeners are left`);
    }
  }

  /** After the first thing that hangs nothing else is waited for: the rest may hang because of it. */
  async #inTime(what, promise) {
    if (this.#hangs) return;
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, BOUND_MS, 'late')));
    const outcome = await Promise.race([Promise.resolve(promise).then(() => 'in time'), late]);
    clearTimeout(timer);
    if (outcome !== 'late') return;
    this.#hangs = true;
    this.#faults.push(`never came to an end: ${what}`);
  }
}

/** With axios alone, too, nobody ends a stream that came with an error of the caller's own, or with its status. */
function hasLostStream({ state, shape, error }) {
  return state === 'settled' && shape === 'stream' && error?.__CANCEL__ !== true;
}

/** axios's streams of fetch that are left while they wait for bytes let go only when some come. */
function isSlowToLeave({ state, shape, adapter, controller, source }) {
  const hasWayOut = controller !== undefined || source !== undefined;
  return state === 'through' && shape === 'stream' && adapter === 'fetch' && !hasWayOut;
}

function describe({ id, adapter, shape, flaw, wayOut, wish, reading, resource, state }) {
  return `${id} (${adapter}, ${shape}, ${flaw}, ${wayOut}, ${JSON.stringify(wish)}, ${reading}, ${resource.kinds}, ${state})`;
}

exports.interleave = (world, seed) => new Interleaving(world, seed).run();
