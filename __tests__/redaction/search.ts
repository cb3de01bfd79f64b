import { createHash } from 'node:crypto';
import { MARKER } from './secrets.js';

/** A piece of raw storage: a file and its name, a document, the value of a key. */
export interface RawPiece {
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** What a search has found: in which piece, in which form, and what stands around it. */
export interface Finding {
  readonly where: string;
  readonly form: string;
  readonly around: string;
}

const SHOWN_AFTER = 90;
const SHOWN_BEFORE = 40;

/** Finds what begins with a marker, in clear and in the forms that storage or a careless program might give it. */
export function findMarked(pieces: readonly RawPiece[], marker: string = MARKER): Finding[] {
  const needles = formsOf(marker);
  return pieces.flatMap(({ where, bytes }) => {
    const text = Buffer.from(bytes).toString('latin1');
    const folded = text.toLowerCase();
    return needles.flatMap(({ form, needle, keepsCase }) => {
      const searched = keepsCase ? text : folded;
      return positionsOf(searched, keepsCase ? needle : needle.toLowerCase()).map((position) => ({
        where,
        form,
        around: text.slice(Math.max(0, position - SHOWN_BEFORE), position + SHOWN_AFTER),
      }));
    });
  });
}

interface Needle {
  readonly form: string;
  readonly needle: string;
  readonly keepsCase: boolean;
}

function formsOf(marker: string): Needle[] {
  const codes = [...Buffer.from(marker)].map((code) => code.toString(16));
  const inAnyCase = (form: string, needle: string): Needle => ({ form, needle, keepsCase: false });
  return [
    inAnyCase('clear', marker),
    inAnyCase('UTF-16LE', Buffer.from(marker, 'utf16le').toString('latin1')),
    inAnyCase('UTF-16BE', Buffer.from(marker, 'utf16le').swap16().toString('latin1')),
    inAnyCase('hex', codes.join('')),
    inAnyCase('percent-encoded', codes.map((code) => `%${code}`).join('')),
    inAnyCase('JSON-escaped', codes.map((code) => `\\u00${code}`).join('')),
    inAnyCase('backwards', [...marker].reverse().join('')),
    ...[0, 1, 2].map((shift) => ({
      form: `base64, shifted by ${shift}`,
      needle: base64Within(marker, shift),
      keepsCase: true,
    })),
  ];
}

/** The characters that a text is in base64, whatever stands before (a number of bytes decides how) and after it. */
function base64Within(text: string, shift: number): string {
  const encoded = Buffer.from('_'.repeat(shift) + text).toString('base64');
  const firstWhole = Math.ceil((shift * 8) / 6);
  const wholes = Math.floor(((shift + text.length) * 8) / 6);
  return encoded.slice(firstWhole, wholes);
}

function positionsOf(text: string, needle: string): number[] {
  const positions: number[] = [];
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) positions.push(at);
  return positions;
}

/** Finds hashes without a key of any of the texts: whoever has a list of likely secrets could look them up. */
export function findPlainHashes(pieces: readonly RawPiece[], texts: Iterable<string>): Finding[] {
  const table = new HashTable(texts);
  return pieces.flatMap(({ where, bytes }) =>
    table.hashesIn(Buffer.from(bytes)).map((form) => ({ where, form, around: '' })),
  );
}

const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
const FORMS = ['latin1', 'hex', 'HEX', 'base64url', 'base64'] as const;
/** How many first bytes of a hash are looked up before the rest. */
const BEGINNING = 6;

class HashTable {
  readonly #written = new Map<string, string>();
  readonly #lengths = new Set<number>();
  /** By what the first bytes come to: whether any of them begins so. Nearly every place is ruled out by it. */
  readonly #beginnings = new Uint8Array(1 << 24);

  constructor(texts: Iterable<string>) {
    for (const text of texts) {
      for (const algorithm of ALGORITHMS) {
        const digest = createHash(algorithm).update(text).digest();
        for (const form of FORMS) this.#add(written(digest, form), `${algorithm} in ${form} of ${text}`);
      }
    }
  }

  #add(hash: string, meaning: string): void {
    this.#written.set(hash, meaning);
    this.#lengths.add(hash.length);
    this.#beginnings[mixed(Buffer.from(hash, 'latin1'), 0)] = 1;
  }

  hashesIn(bytes: Buffer): string[] {
    const found: string[] = [];
    for (let position = 0; position + BEGINNING <= bytes.length; position++) {
      if (this.#beginnings[mixed(bytes, position)] === 0) continue;
      for (const length of this.#lengths) {
        const meaning = this.#written.get(bytes.toString('latin1', position, position + length));
        if (meaning !== undefined) found.push(meaning);
      }
    }
    return found;
  }
}

/** Looking up a global is slow in the contexts that Jest makes. */
const { imul } = Math;

/** A number of 24 bits. */
function mixed(bytes: Uint8Array, position: number): number {
  let sum = 0;
  for (let index = position; index < position + BEGINNING; index++) {
    sum = imul(sum ^ (bytes[index] as number), 0x9e3779b1);
  }
  return sum >>> 8;
}

function written(digest: Buffer, form: (typeof FORMS)[number]): string {
  switch (form) {
    case 'HEX':
      return digest.toString('hex').toUpperCase();
    case 'base64':
      return digest.toString('base64').replace(/=+$/, '');
    default:
      return digest.toString(form);
  }
}

/** Each thing that was found once, so that a failure can be read. */
export function summary(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ form, around }) => `${form}: ${around}`))];
}
