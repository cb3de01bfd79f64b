import { credentialMaterial, type NameRules, REDACTED } from './ignored-parameters.js';

/** A JSON text in canonical form. */
export interface CanonicalJson {
  /** Redacted. */
  readonly text: string;
  /** The credentials that were redacted, in canonical order; `''`: none. */
  readonly secrets: string;
  /** Whether any value was redacted. */
  readonly isRedacted: boolean;
}

/**
 * Canonical form of a JSON text: no white space, members sorted by name at every depth, strings escaped in one way.
 *
 * The order of array elements stays, and so does that of members with the same name. Numbers stay as they are written:
 * `1` and `1.0`, or two integers that one double stands for, are different bodies to some servers. Works on tokens, in time
 * linear in the text (but for sorting), and without recursion, so that no depth is too deep.
 *
 * @param rootKey member of the top-level object below which alone names are left out of the key; elsewhere they count as
 * credentials. Without such a member, as if undefined.
 * @returns undefined when the text is not JSON
 * @see https://www.rfc-editor.org/rfc/rfc8259.html
 */
export function canonicalJson(text: string, rules: NameRules, rootKey?: string): CanonicalJson | undefined {
  if (rootKey !== undefined) {
    const reader = new CanonicalReader(text, rules, { rootKey });
    const result = reader.read();
    if (result === undefined || reader.sawRoot) return result;
  }
  return new CanonicalReader(text, rules, {}).read();
}

/**
 * A JSON text with what is protected in it redacted, in canonical form then; undefined when the text is not JSON.
 * @param redactText what becomes of a string whose name is not protected: it may be a URL, or JSON again
 */
export function redactJson(
  text: string,
  rules: NameRules,
  redactText: (text: string) => string,
): string | undefined {
  const json = new CanonicalReader(text, rules, { redactText }).read();
  return json?.isRedacted === false ? text : json?.text;
}

interface ReaderOptions {
  readonly rootKey?: string;
  readonly redactText?: (text: string) => string;
}

/** A value that was read. Both texts grow by concatenation only, which does not copy. */
interface JsonValue {
  readonly text: string;
  readonly secrets: string;
}

interface Member extends JsonValue {
  readonly name: string;
}

/** An array or object that is being read. */
interface Frame {
  readonly isObject: boolean;
  /** Whether names that the user listed are left out of the key here. */
  readonly omits: boolean;
  /** Elements of an array so far. */
  text: string;
  secrets: string;
  /** Members of an object so far, in the order of the text. */
  readonly members: Member[];
  /** Name of the member whose value comes next: as text, and decoded. */
  nameText: string;
  name: string;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const NEEDS_DECODING = /[\\\u0000-\u001f]/;
const MARKER: JsonValue = { text: JSON.stringify(REDACTED), secrets: '' };
const LITERALS: Readonly<Record<string, JsonValue>> = {
  t: { text: 'true', secrets: '' },
  f: { text: 'false', secrets: '' },
  n: { text: 'null', secrets: '' },
};

class CanonicalReader {
  /** Whether the text is an object that has the member `rootKey`. */
  sawRoot = false;
  readonly #text: string;
  readonly #rules: NameRules;
  readonly #rootKey: string | undefined;
  readonly #redactText: ((text: string) => string) | undefined;
  readonly #frames: Frame[] = [];
  #position = 0;
  #isRedacted = false;

  constructor(text: string, rules: NameRules, { rootKey, redactText }: ReaderOptions) {
    this.#text = text;
    this.#rules = rules;
    this.#rootKey = rootKey;
    this.#redactText = redactText;
  }

  read(): CanonicalJson | undefined {
    for (;;) {
      const value = this.#startValue();
      if (value === undefined) return undefined;
      if (value === 'opened') continue;
      const next = this.#addValue(value);
      if (next === undefined) return undefined;
      if (next !== 'more') {
        return { text: next.text, secrets: next.secrets, isRedacted: this.#isRedacted };
      }
    }
  }

  /** Reads a scalar or an empty container, or enters a container. */
  #startValue(): JsonValue | 'opened' | undefined {
    const character = this.#peek();
    if (character === '{' || character === '[') return this.#openContainer(character === '{');
    if (character === '"') {
      const string = this.#readString();
      return string && { text: this.#shown(string), secrets: '' };
    }
    const literal = LITERALS[character];
    if (literal !== undefined) {
      if (!this.#text.startsWith(literal.text, this.#position)) return undefined;
      this.#position += literal.text.length;
      return literal;
    }
    NUMBER.lastIndex = this.#position;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined) return undefined;
    this.#position += text.length;
    return { text, secrets: '' };
  }

  #shown({ text, value }: { readonly text: string; readonly value: string }): string {
    const redacted = this.#redactText?.(value) ?? value;
    if (redacted === value) return text;
    this.#isRedacted = true;
    return JSON.stringify(redacted);
  }

  #openContainer(isObject: boolean): JsonValue | 'opened' | undefined {
    this.#position++;
    if (this.#peek() === (isObject ? '}' : ']')) {
      this.#position++;
      return { text: isObject ? '{}' : '[]', secrets: '' };
    }
    const frame: Frame = {
      isObject,
      omits: this.#omitsInside(),
      text: '',
      secrets: '',
      members: [],
      nameText: '',
      name: '',
    };
    this.#frames.push(frame);
    return isObject && !this.#readName(frame) ? undefined : 'opened';
  }

  #omitsInside(): boolean {
    const parent = this.#frames.at(-1);
    if (parent === undefined) return this.#rootKey === undefined;
    return parent.omits || (this.#frames.length === 1 && parent.isObject && parent.name === this.#rootKey);
  }

  /** Puts a value where it belongs, and closes the containers that end with it. */
  #addValue(value: JsonValue): JsonValue | 'more' | undefined {
    let current = value;
    for (;;) {
      const frame = this.#frames.at(-1);
      const character = this.#peek();
      if (frame === undefined) return character === '' ? current : undefined;

      if (frame.isObject) this.#addMember(frame, current);
      else addElement(frame, current);

      this.#position++;
      if (character === ',') return frame.isObject && !this.#readName(frame) ? undefined : 'more';
      if (character !== (frame.isObject ? '}' : ']')) return undefined;
      this.#frames.pop();
      current = frame.isObject ? closeObject(frame) : { text: `[${frame.text}]`, secrets: frame.secrets };
    }
  }

  #addMember(frame: Frame, value: JsonValue): void {
    const treatment = this.#rules.forField(frame.name);
    let kept = value;
    if (treatment !== 'keep') {
      this.#isRedacted = true;
      kept =
        treatment === 'omit' && frame.omits
          ? MARKER
          : {
              text: MARKER.text,
              secrets: credentialMaterial('json', frame.name, value.text) + value.secrets,
            };
    }
    frame.members.push({ name: frame.name, text: `${frame.nameText}:${kept.text}`, secrets: kept.secrets });
  }

  /** Reads `"name" :` and leaves it in the frame. */
  #readName(frame: Frame): boolean {
    if (this.#peek() !== '"') return false;
    const name = this.#readString();
    if (name === undefined || this.#peek() !== ':') return false;
    this.#position++;
    frame.name = name.value;
    frame.nameText = name.text;
    if (this.#frames.length === 1 && name.value === this.#rootKey) this.sawRoot = true;
    return true;
  }

  #readString(): { text: string; value: string } | undefined {
    const start = this.#position;
    let end = start;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end === -1) return undefined;
    } while (this.#isEscaped(end));
    this.#position = end + 1;
    const token = this.#text.slice(start, end + 1);
    if (!NEEDS_DECODING.test(token)) return { text: token, value: token.slice(1, -1) };
    try {
      const value = JSON.parse(token) as string;
      return { text: JSON.stringify(value), value };
    } catch {
      return undefined;
    }
  }

  #isEscaped(position: number): boolean {
    let first = position;
    while (this.#text.charCodeAt(first - 1) === 0x5c) first--;
    return (position - first) % 2 === 1;
  }

  /** The next character that is not white space; `''` at the end. */
  #peek(): string {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
      this.#position++;
    }
    return this.#text.charAt(this.#position);
  }
}

function addElement(frame: Frame, value: JsonValue): void {
  frame.text += frame.text === '' ? value.text : `,${value.text}`;
  frame.secrets += value.secrets;
}

function closeObject(frame: Frame): JsonValue {
  // Stable: members with the same name stay in order, since parsers differ in which of them counts.
  frame.members.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let text = '{';
  let secrets = '';
  for (const member of frame.members) {
    text += text === '{' ? member.text : `,${member.text}`;
    secrets += member.secrets;
  }
  return { text: `${text}}`, secrets };
}
