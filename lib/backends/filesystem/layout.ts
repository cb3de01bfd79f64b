import { Buffer } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';

/** Files that are written by other versions of the layout are left alone. */
const LAYOUT_VERSION = 'v1';
const HASH_DIGITS = 40;
/** Records are spread over directories by so many digits of their key's hash; also a lock is for all of one. */
const SPREAD_DIGITS = 2;
/** Milliseconds of which all deadlines share a directory: about 70 minutes. */
const DUE_SPAN_MS = 2 ** 22;
/** Later deadlines than any that can be asked for are all the same. */
const LATEST_MS = 2 ** 60;

/** Which record: hashes of its key and of its variant, the latter `''` where the variant is. */
export interface Slot {
  readonly keyHash: string;
  readonly variantHash: string;
}

/** Hashes of late, of texts of usual length: a read needs each of its two hashes twice, and most reads have been there before. */
const recentHashes = new Map<string, string>();
const MOST_HASHES = 1000;
const LONGEST_REMEMBERED = 200;

/** 160 bits of SHA-256, of all that a JavaScript string can hold. */
export function hashOf(text: string): string {
  const known = recentHashes.get(text);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex');
  const hash = digest.slice(0, HASH_DIGITS);
  if (text.length <= LONGEST_REMEMBERED) {
    if (recentHashes.size >= MOST_HASHES) recentHashes.clear();
    recentHashes.set(text, hash);
  }
  return hash;
}

export function slotOf(key: string, variant: string): Slot {
  return { keyHash: hashOf(key), variantHash: variant === '' ? '' : hashOf(variant) };
}

export function slotName({ keyHash, variantHash }: Slot): string {
  return variantHash === '' ? keyHash : `${keyHash}/${variantHash}`;
}

/** @returns undefined for what is no name of a slot */
export function slotNamed(name: string): Slot | undefined {
  const [, keyHash, variantHash = ''] = /^([0-9a-f]{40})(?:\/([0-9a-f]{40}))?$/.exec(name) ?? [];
  return keyHash === undefined ? undefined : { keyHash, variantHash };
}

/**
 * The names of all files, below `<directory>/v1/<extension>`:
 *
 * - `3f/3f…a9.bin`: the record of a key without variants;
 * - `3f/3f…a9/77…10.bin`: those of a key that has some;
 * - `resources/c4/c4…00_3f…a9`: empty; says that the resource has records under the key. It may have none any more;
 * - `due/<number>/<deadline>_3f…a9_77…10`: empty; says that the record's retention ends then, which may not be so any more;
 * - `empty/…`, `locks/…`, `tmp/…`, and `usage.log` where there are limits.
 */
export class Layout {
  /** What must exist before the directory of one extension can. */
  readonly versionDirectory: string;
  readonly root: string;
  readonly locks: string;
  readonly temporary: string;
  readonly due: string;
  readonly resources: string;
  readonly usageLog: string;
  readonly #empty: string;
  readonly #suffix: string;

  /** @param extension without the dot */
  constructor(directory: string, extension: string) {
    this.versionDirectory = path.join(directory, LAYOUT_VERSION);
    this.root = path.join(this.versionDirectory, extension);
    this.locks = path.join(this.root, 'locks');
    this.temporary = path.join(this.root, 'tmp');
    this.due = path.join(this.root, 'due');
    this.resources = path.join(this.root, 'resources');
    this.#empty = path.join(this.root, 'empty');
    this.usageLog = path.join(this.root, 'usage.log');
    this.#suffix = `.${extension}`;
  }

  /** Whether records are in a directory of this name in the root. */
  isShelf(name: string): boolean {
    return name.length === SPREAD_DIGITS && /^[0-9a-f]+$/.test(name);
  }

  shelfOf(keyHash: string): string {
    return keyHash.slice(0, SPREAD_DIGITS);
  }

  shelf(name: string): string {
    return path.join(this.root, name);
  }

  file({ keyHash, variantHash }: Slot): string {
    const shelf = this.shelf(this.shelfOf(keyHash));
    if (variantHash === '') return path.join(shelf, keyHash + this.#suffix);
    return path.join(shelf, keyHash, variantHash + this.#suffix);
  }

  variantsDirectory(keyHash: string): string {
    return path.join(this.shelf(this.shelfOf(keyHash)), keyHash);
  }

  /** The hash in the name of a record's file; undefined: another file. */
  hashInName(fileName: string): string | undefined {
    if (!fileName.endsWith(this.#suffix)) return undefined;
    const hash = fileName.slice(0, -this.#suffix.length);
    return isHash(hash) ? hash : undefined;
  }

  /** The hash in the name of a directory of variants; undefined: something else. */
  hashInDirectoryName(name: string): string | undefined {
    return isHash(name) ? name : undefined;
  }

  /** Of which the markers of some keys are further names. Some file systems allow only 65,000. */
  emptyFile(keyHash: string): string {
    return path.join(this.#empty, this.shelfOf(keyHash));
  }

  /** A name that nobody has used. */
  newTemporary(): string {
    return path.join(this.temporary, randomBytes(12).toString('hex'));
  }

  /** A name, beside the root, for what is on its way out. */
  newTrash(): string {
    return path.join(this.versionDirectory, `trash-${randomBytes(12).toString('hex')}`);
  }

  isTrash(name: string): boolean {
    return /^trash-[0-9a-f]{24}$/.test(name);
  }

  resourceDirectory(resourceHash: string): string {
    return path.join(this.resources, this.shelfOf(resourceHash));
  }

  resourceMarker(resourceHash: string, keyHash: string): string {
    return path.join(this.resourceDirectory(resourceHash), `${resourceHash}_${keyHash}`);
  }

  /** The key's hash in the name of a marker of this resource; undefined: of another. */
  keyInResourceMarker(name: string, resourceHash: string): string | undefined {
    const [resource, keyHash] = name.split('_');
    return resource === resourceHash && keyHash !== undefined && isHash(keyHash) ? keyHash : undefined;
  }

  dueMarker(deadline: number, { keyHash, variantHash }: Slot): string {
    return path.join(this.due, String(dueSpan(deadline)), `${deadline}_${keyHash}_${variantHash}`);
  }

  /** Whether a directory below {@link Layout.due} can hold deadlines that have passed by then, or can hold no others. */
  dueDirectory(name: string, now: number): 'passed' | 'passing' | 'later' {
    const span = Number(name);
    if (!(span <= dueSpan(now))) return 'later';
    return span < dueSpan(now) ? 'passed' : 'passing';
  }

  /** What the name of a marker says; undefined: no marker. */
  readDueMarker(name: string): { readonly deadline: number; readonly slot: Slot } | undefined {
    const [time = '', keyHash = '', variantHash] = name.split('_');
    const deadline = Number(time);
    if (time === '' || Number.isNaN(deadline) || !isHash(keyHash) || variantHash === undefined)
      return undefined;
    if (variantHash !== '' && !isHash(variantHash)) return undefined;
    return { deadline, slot: { keyHash, variantHash } };
  }
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

function dueSpan(time: number): number {
  return Math.floor(Math.min(Math.max(time, 0), LATEST_MS) / DUE_SPAN_MS);
}
