import type { PreparedRequest } from './prepared-request.js';

/**
 * Which share of the jitter of `refreshAhead` each key has: another one in every cache of every process, and the same each
 * time, so that of many hits it is not the least that counts.
 */
export class Jitter {
  readonly #seed: number;

  /** @param random from 0 to 1; other than chance for tests */
  constructor(random = Math.random()) {
    this.#seed = Math.floor(random * 2 ** 32);
  }

  /** @returns from 0 to 1; undefined where there is no jitter */
  shareOf({ settings, identity }: PreparedRequest): number | undefined {
    const { refreshAhead } = settings.policy;
    if (refreshAhead === undefined || refreshAhead.jitter === 0) return undefined;
    // FNV-1a: quick, and spread well enough.
    let hash = this.#seed ^ 0x811c9dc5;
    for (let index = 0; index < identity.key.length; index++) {
      hash = Math.imul(hash ^ identity.key.charCodeAt(index), 0x01000193);
    }
    return (hash >>> 0) / 2 ** 32;
  }
}
