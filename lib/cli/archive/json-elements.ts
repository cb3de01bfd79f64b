import { Buffer } from 'node:buffer';
import { CommandFailure } from '../failure.js';

/** Names of members, from the outermost object inwards. */
export type JsonPath = readonly string[];

/** An element of an array: its text, which is JSON by itself where the whole is. */
export interface JsonElement {
  /** One of the paths that were asked for. */
  readonly path: JsonPath;
  readonly text: string;
}

/** A text of JSON is not held in memory but for one element: this many bytes of one at most. */
const LONGEST_ELEMENT_BYTES = 512 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/**
 * The elements of some arrays in a text of JSON, one after the other as they are read: for texts that are larger than memory.
 * Only as much is understood as tells where elements begin and end; what is in them is for `JSON.parse` to judge.
 *
 * @param paths where the arrays are, of which the first must be there; other members are skipped
 * @throws CommandFailure where the text ends early, or is none
 */
export async function* elementsOf(
  input: AsyncIterable<Uint8Array>,
  paths: readonly JsonPath[],
): AsyncGenerator<JsonElement, void, undefined> {
  const reader = new ElementReader(paths);
  for await (const chunk of input) yield* reader.read(chunk);
  reader.end();
}

/** One object or array that is open. */
interface Container {
  readonly isArray: boolean;
  /** Of the member that is being read. */
  name: string | undefined;
  /** Of an array that is asked for. */
  readonly path: JsonPath | undefined;
}

class ElementReader {
  readonly #paths: readonly JsonPath[];
  readonly #open: Container[] = [];
  /** Of the element that is being read, in pieces, since it may go on in the next chunk; undefined: none is. */
  #element: Uint8Array[] | undefined;
  #elementBytes = 0;
  /** So many containers are open around the elements of the array. */
  #depthOfArray = 0;
  #string: { pieces: Uint8Array[]; bytes: number; isEscaped: boolean } | undefined;
  /** The last string, which is the name of a member if a colon follows. */
  #lastString: string | undefined;
  #hasBegun = false;
  readonly #met = new Set<JsonPath>();

  constructor(paths: readonly JsonPath[]) {
    this.#paths = paths;
  }

  *read(chunk: Uint8Array): Generator<JsonElement, void, undefined> {
    let at = 0;
    // Where what is kept of this chunk begins.
    let from = 0;
    while (at < chunk.byteLength) {
      if (this.#string !== undefined) {
        at = this.#readString(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      const isEnd = this.#isAtArray && (byte === COMMA || byte === CLOSING_BRACKET);
      if (isEnd) {
        yield* this.#finish(chunk.subarray(from, at));
        from = at + 1;
        if (byte === COMMA) this.#element = [];
      }
      if (this.#takeStructure(byte)) from = at + 1;
      at += 1;
    }
    if (this.#element !== undefined) this.#keep(chunk.subarray(from));
  }

  /** @throws CommandFailure */
  end(): void {
    if (this.#hasBegun && this.#open.length === 0 && this.#string === undefined) {
      const [required = []] = this.#paths;
      if (this.#met.has(required)) return;
      throw new CommandFailure(`There is no ${required.join('.')} in it`);
    }
    throw new CommandFailure(this.#hasBegun ? 'The JSON ends in the middle' : 'There is no JSON in it');
  }

  /** Whether the array itself is what is open innermost: then a comma is between its elements. */
  get #isAtArray(): boolean {
    return this.#element !== undefined && this.#open.length === this.#depthOfArray;
  }

  /** @returns whether elements begin after this byte */
  #takeStructure(byte: number): boolean {
    const top = this.#open.at(-1);
    switch (byte) {
      case QUOTE:
        this.#string = { pieces: [], bytes: 0, isEscaped: false };
        return false;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        return this.#enter(byte === OPENING_BRACKET);
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        if (top === undefined || top.isArray !== (byte === CLOSING_BRACKET)) throw notJson();
        this.#open.pop();
        return false;
      case COLON:
        if (top === undefined || top.isArray) throw notJson();
        top.name = this.#lastString;
        return false;
      default:
        if (!this.#hasBegun && !isSpace(byte)) throw notJson();
        return false;
    }
  }

  #enter(isArray: boolean): boolean {
    this.#hasBegun = true;
    const path = isArray && this.#element === undefined ? this.#wantedPath() : undefined;
    this.#open.push({ isArray, name: undefined, path });
    if (path === undefined) return false;
    this.#met.add(path);
    this.#depthOfArray = this.#open.length;
    this.#element = [];
    return true;
  }

  /** That of the array which begins here. */
  #wantedPath(): JsonPath | undefined {
    if (this.#open.some(({ isArray }) => isArray)) return undefined;
    return this.#paths.find(
      (path) =>
        path.length === this.#open.length && path.every((name, index) => this.#open[index]?.name === name),
    );
  }

  /** The element ends; after the last one of an array comes none, and neither does one where the array is empty. */
  *#finish(last: Uint8Array): Generator<JsonElement, void, undefined> {
    this.#keep(last);
    const text = Buffer.concat(this.#element ?? []).toString('utf8');
    const path = this.#open.at(-1)?.path;
    this.#element = undefined;
    this.#elementBytes = 0;
    if (text.trim() !== '' && path !== undefined) yield { path, text };
  }

  #keep(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    this.#elementBytes += piece.byteLength;
    if (this.#elementBytes > LONGEST_ELEMENT_BYTES) {
      throw new CommandFailure(`One entry is larger than ${LONGEST_ELEMENT_BYTES} bytes`);
    }
    // A copy: whoever gave the chunk may write the next one into it.
    this.#element?.push(Uint8Array.from(piece));
  }

  /** @returns where the string, or the chunk, ends */
  #readString(chunk: Uint8Array, start: number): number {
    const string = this.#string;
    if (string === undefined) return start;
    let at = start;
    if (string.isEscaped && at < chunk.byteLength) {
      string.isEscaped = false;
      at += 1;
    }
    for (; at < chunk.byteLength; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) continue;
      at += 1;
      if (at >= chunk.byteLength) string.isEscaped = true;
    }
    const end = Math.min(at, chunk.byteLength);
    string.bytes += end - start;
    // In an element names of members do not matter.
    const mayBeName = this.#element === undefined && string.bytes <= LONGEST_NAME_BYTES;
    if (mayBeName) string.pieces.push(Uint8Array.from(chunk.subarray(start, end)));
    if (at >= chunk.byteLength) return chunk.byteLength;
    this.#lastString = mayBeName ? nameOf(string.pieces) : undefined;
    this.#string = undefined;
    return end + 1;
  }
}

/** Long texts are no names that anybody asks for. */
const LONGEST_NAME_BYTES = 200;

function nameOf(pieces: readonly Uint8Array[]): string {
  try {
    return JSON.parse(`"${Buffer.concat(pieces).toString('utf8')}"`) as string;
  } catch {
    throw notJson();
  }
}

function isSpace(byte: number): boolean {
  // A byte order mark comes before the text of some programs.
  return [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(byte);
}

function notJson(): CommandFailure {
  return new CommandFailure('It is no JSON');
}
