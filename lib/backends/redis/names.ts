import { createHash } from 'node:crypto';
import type { RecordMeta } from '../../storage/backend.js';

/** Cache keys that can be read in a Redis key as they are. */
const PLAIN_KEY = /^[A-Za-z0-9_-]{1,64}$/;

/** What may not stand in a namespace as it is: braces, since the first brace of a key ends the namespace. */
const RESERVED = /[%{}\0-\x1f\x7f]|[\ud800-\udfff]/g;

/** Has a meaning in the patterns of `SCAN`. */
const GLOB = /[*?[\]\\^]/g;

/**
 * The names of all Redis keys of one store. What stands between braces decides on the slot of a cluster: a record and its
 * companion share one.
 *
 *   cache:{<id>}              the record, or the list of variants with their small bodies
 *   cache:{<id>}:bodies       a hash with the larger bodies, where the key has several variants
 *   cache:{<id>}:new:<random> what is just being stored, for some seconds
 *   cache:{.deadlines}        a sorted set: when records may be pruned
 *   cache:{.resource:<hash>}  a set: ids of the keys that may hold a record of a resource
 *   cache:{.tag:<hash>}       likewise, with a tag
 */
export class RedisNames {
  /** The hash of the layout `hash`. */
  readonly hash: string;
  readonly deadlines: string;
  /** Patterns for `SCAN`. */
  readonly patterns: {
    readonly records: string;
    readonly recordsAndBodies: string;
    readonly index: string;
  };
  readonly #prefix: string;

  constructor(namespace: string) {
    this.hash = namespace.replace(RESERVED, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    this.#prefix = `${this.hash}:{`;
    this.deadlines = `${this.#prefix}.deadlines}`;
    const literal = this.#prefix.replace(GLOB, '\\$&');
    this.patterns = {
      records: `${literal}[^.]*}`,
      recordsAndBodies: `${literal}[^.]*`,
      index: `${literal}.*`,
    };
  }

  record(id: string): string {
    return `${this.#prefix}${id}}`;
  }

  bodies(id: string): string {
    return `${this.#prefix}${id}}:bodies`;
  }

  waiting(id: string, name: string): string {
    return `${this.#prefix}${id}}:new:${name}`;
  }

  resource(resourceId: string): string {
    return `${this.#prefix}.resource:${resourceId}}`;
  }

  tag(tagId: string): string {
    return `${this.#prefix}.tag:${tagId}}`;
  }

  /** The id in the name of a record's key. */
  idOf(recordKey: string): string {
    return recordKey.slice(this.#prefix.length, -1);
  }
}

/** A short name for a cache key: itself, or its hash behind a mark that no plain key has. */
export function idOfKey(key: string): string {
  return PLAIN_KEY.test(key) ? key : `~${hashOf(key)}`;
}

/** A short name for a resource, or a variant. */
export function idOfText(text: string): string {
  return text === '' ? '' : hashOf(text);
}

/** Short names for a record's tags. */
export function tagIdsOf({ tags }: Pick<RecordMeta, 'tags'>): readonly string[] {
  return tags === undefined ? NO_TAGS : tags.map(idOfText);
}

const NO_TAGS: readonly string[] = Object.freeze([]);

/** A record's entry among the deadlines: the parts are plain, so that they can be told apart. */
export function deadlineMember(
  id: string,
  variantId: string,
  resourceId: string,
  tagIds: readonly string[],
): string {
  const parts = [id, variantId, resourceId];
  return [...parts, ...(tagIds.length === 0 ? [] : [tagIds.join(',')])].join('|');
}

export function partsOfMember(member: string): { id: string; resourceId: string; tagIds: readonly string[] } {
  const [id = '', , resourceId = '', tags = ''] = member.split('|');
  return { id, resourceId, tagIds: tags === '' ? NO_TAGS : tags.split(',') };
}

function hashOf(text: string): string {
  // Two bytes for each unit, so that unpaired surrogates stay apart.
  return createHash('sha256').update(text, 'utf16le').digest('base64url').slice(0, 32);
}
