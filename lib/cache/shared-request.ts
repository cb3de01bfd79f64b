import type { FoundRecord } from '../storage/backend.js';
import type { Flight } from './in-flight.js';
import type { LiveBody } from './live-body.js';

/** What a request brought to those who waited for it. */
export type Landing =
  /** A response that may be stored, whether or not it could be; whoever it fits may use it. */
  | { readonly kind: 'shared'; readonly record: FoundRecord; readonly fwdStatus: number }
  /** Something was stored that may be of use. */
  | { readonly kind: 'stored'; readonly fwdStatus: number }
  /** The origin failed, for all alike: by an error, or by a status. */
  | { readonly kind: 'failed'; readonly error?: unknown; readonly status?: number }
  /** Nothing for others: each has to ask for itself. `isLasting`: the next time it will hardly be otherwise. */
  | { readonly kind: 'alone'; readonly isLasting: boolean }
  /** Who had asked has given up, or it took too long: somebody else has to ask. */
  | { readonly kind: 'over' };

/** For how long others wait for one request. An adapter that never settles must not hold up those who come after it. */
const LONGEST_WAIT_MS = 30_000;

/** Somebody who waits for what another has asked for. */
export interface Wait {
  readonly landing: Promise<Landing>;
  /** Call when it is over, however it ended. */
  readonly leave: () => void;
}

interface Follower {
  readonly wantsStream: boolean;
  stopAwaitingWhole: (() => void) | undefined;
}

const ALONE: Landing = Object.freeze({ kind: 'alone', isLasting: false });

/** One request to the origin for all who want the same at the same time (RFC 9111 section 4, "collapsed requests"). */
export class SharedRequest {
  /** Set when the request is sent: it tells whether a deletion has come since. */
  flight: Flight | undefined;
  readonly #onLanding: (landing: Landing) => void;
  #controller: AbortController | undefined;
  readonly #landed: Promise<Landing>;
  readonly #openEnded: Promise<Landing>;
  #settle: (landing: Landing) => void = () => undefined;
  #turnAwayStreams: (landing: Landing) => void = () => undefined;
  #hasLanded = false;
  #isFinished = false;
  #isAbandoned = false;
  #waiting = 0;
  readonly #followers = new Set<Follower>();
  #isOfThisTurn = true;
  #live: LiveBody | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onLanding is told once */
  constructor(onLanding: (landing: Landing) => void) {
    this.#onLanding = onLanding;
    this.#landed = new Promise((resolve) => (this.#settle = resolve));
    this.#openEnded = new Promise((resolve) => (this.#turnAwayStreams = resolve));
    setImmediate(() => (this.#isOfThisTurn = false));
  }

  /** Aborted when nobody waits any more. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isAbandoned) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Whether it was begun in this very turn of the event loop: nobody has learned of anything since. */
  get isOfThisTurn(): boolean {
    return this.#isOfThisTurn;
  }

  /** Whether a newcomer may wait for it. @param wantsStream the newcomer wants the body as it comes */
  mayJoin(wantsStream: boolean): boolean {
    if (this.#hasLanded || this.flight?.isOutdated === true) return false;
    return !(wantsStream && this.#live !== undefined && isOpenEnded(this.#live));
  }

  /**
   * Counts somebody who wants what it brings. When the last one leaves before it is finished, the request ends.
   * @returns how to leave, and why: what the request's signal shows as its reason
   */
  join(): (reason?: unknown) => void {
    this.#waiting += 1;
    let hasLeft = false;
    return (reason) => {
      if (hasLeft) return;
      hasLeft = true;
      this.#waiting -= 1;
      if (this.#waiting > 0 || this.#isFinished) return;
      this.land({ kind: 'over' });
      this.#isAbandoned = true;
      this.#controller?.abort(reason);
    };
  }

  /** Waits without having asked. One who wants a stream does not wait for the end of a body that may have none. */
  follow(wantsStream: boolean): Wait {
    this.#timer ??= setTimeout(() => this.land({ kind: 'over' }), LONGEST_WAIT_MS).unref();
    const follower: Follower = { wantsStream, stopAwaitingWhole: this.#live?.awaitWhole() };
    this.#followers.add(follower);
    const leave = this.join();
    return {
      landing: wantsStream ? Promise.race([this.#landed, this.#openEnded]) : this.#landed,
      leave: () => {
        this.#followers.delete(follower);
        if (this.#followers.size === 0) this.#stopTimer();
        follower.stopAwaitingWhole?.();
        leave();
      },
    };
  }

  /** The header has come, and the body is on its way to the one who asked. */
  carries(live: LiveBody): void {
    this.#live = live;
    if (isOpenEnded(live)) this.#turnAwayStreams(ALONE);
    for (const follower of this.#followers) {
      if (follower.wantsStream && isOpenEnded(live)) continue;
      follower.stopAwaitingWhole = live.awaitWhole();
    }
  }

  /** Settles it for all who wait, once. */
  land(landing: Landing): void {
    if (this.#hasLanded) return;
    this.#hasLanded = true;
    this.#stopTimer();
    // What a deletion has overtaken says nothing of what is there now.
    const isOvertaken = landing.kind === 'alone' && this.flight?.isOutdated === true;
    const told: Landing = isOvertaken ? { kind: 'over' } : landing;
    this.#onLanding(told);
    this.#settle(told);
  }

  /** Who had asked has failed; what those who wait have not been told yet is nothing for them. */
  fail(): void {
    this.land(ALONE);
  }

  /** The request is over, and there is nothing left to end. */
  finish(): void {
    this.land(ALONE);
    this.#isFinished = true;
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function isOpenEnded(live: LiveBody): boolean {
  return live.declaredBytes === undefined;
}

const MOST_REMEMBERED = 1_000;

/** The requests on their way, by what tells them apart. */
export class SharedRequests {
  readonly #running = new Map<string, SharedRequest>();
  /** Of which the last answer was for nobody else: waiting for the next would be in vain. The oldest first. */
  readonly #unshareable = new Set<string>();

  /** One that a newcomer may wait for. */
  find(name: string, wantsStream: boolean): SharedRequest | undefined {
    const running = this.#running.get(name);
    if (running === undefined || this.#unshareable.has(name) || !running.mayJoin(wantsStream))
      return undefined;
    return running;
  }

  /** A new one, which others will find from now on. */
  begin(name: string): SharedRequest {
    const request = new SharedRequest((landing) => {
      if (this.#running.get(name) === request) this.#running.delete(name);
      this.#remember(name, landing);
    });
    this.#running.set(name, request);
    return request;
  }

  #remember(name: string, landing: Landing): void {
    if (landing.kind === 'shared' || landing.kind === 'stored') this.#unshareable.delete(name);
    if (landing.kind !== 'alone' || !landing.isLasting) return;
    this.#unshareable.add(name);
    const oldest = this.#unshareable.values().next();
    if (this.#unshareable.size > MOST_REMEMBERED && oldest.done !== true)
      this.#unshareable.delete(oldest.value);
  }
}
