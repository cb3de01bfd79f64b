import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { StoredResponse } from '../cache/stored-response.js';
import type { HeaderFields } from '../http/header-fields.js';
import { type AxiosFields, toAxiosHeaders, toFields } from './messages.js';

type Headers = AxiosResponse['headers'];
type HeadersClass = InternalAxiosRequestConfig['headers']['constructor'];

/** A field whose value is another one for each answer: `Age`. */
export interface ChangingField {
  /** As it is spelled in the response. */
  readonly name: string;
  readonly value: string;
}

/** Makes header fields, of one class of axios's, of what is known to be normal already. */
type MakeHeaders = (normal: Normal, changing: ChangingField | undefined) => Headers;

/** Header fields as axios's class has made them of stored ones. */
interface Normal {
  readonly make: MakeHeaders;
  readonly fields: Readonly<Record<string, string>>;
  readonly names: readonly string[];
}

interface Made {
  readonly AxiosHeaders: HeadersClass;
  readonly changingName: string | undefined;
  /** Undefined: there are lists, of which each caller gets its own, or axios's class would change the fields once more. */
  readonly normal: Normal | undefined;
}

const madeOf = new WeakMap<HeaderFields, Made>();

/**
 * As {@link toAxiosHeaders}, for fields just as they are stored. axios looks at each name and value when header fields are
 * made, and three times more before a caller gets them; here, that is done once for each stored response.
 * @param stored frozen, or else nobody changes it
 * @param changing set in it, or added to it
 */
export function storedAxiosHeaders(
  config: InternalAxiosRequestConfig,
  stored: HeaderFields,
  names: StoredResponse['headerNames'],
  changing: ChangingField | undefined,
): Headers {
  const { constructor: AxiosHeaders } = config.headers;
  let made = madeOf.get(stored);
  if (made?.AxiosHeaders !== AxiosHeaders || made.changingName !== changing?.name) {
    const fields = withChanging(toFields(stored, names), changing);
    made = { AxiosHeaders, changingName: changing?.name, normal: normalOf(config, fields) };
    madeOf.set(stored, made);
  }
  if (made.normal !== undefined) return made.normal.make(made.normal, changing);
  return toAxiosHeaders(config, withChanging(toFields(stored, names), changing));
}

function withChanging(fields: AxiosFields, changing: ChangingField | undefined): AxiosFields {
  if (changing !== undefined) fields[changing.name] = changing.value;
  return fields;
}

function normalOf(config: InternalAxiosRequestConfig, fields: AxiosFields): Normal | undefined {
  const made = toAxiosHeaders(config, fields) as AxiosFields;
  const once = { ...made };
  (made as unknown as Headers & { normalize(format: boolean): unknown }).normalize(false);
  const names = Object.keys(once);
  if (!isSame(made, names, once, undefined)) return undefined;
  if (!names.every((name) => typeof once[name] === 'string')) return undefined;
  const make = makerFor(config.headers.constructor);
  return make && { make, fields: once as Record<string, string>, names };
}

function isSame(
  headers: object,
  names: readonly string[],
  fields: Readonly<Record<string, unknown>>,
  changing: ChangingField | undefined,
): boolean {
  const present = Object.keys(headers);
  if (present.length !== names.length) return false;
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    const value = changing?.name === name ? changing.value : fields[name];
    if (present[index] !== name || (headers as Record<string, unknown>)[name] !== value) return false;
  }
  return true;
}

const makers = new WeakMap<HeadersClass, MakeHeaders | undefined>();

function makerFor(AxiosHeaders: HeadersClass): MakeHeaders | undefined {
  if (!makers.has(AxiosHeaders)) makers.set(AxiosHeaders, newMaker(AxiosHeaders));
  return makers.get(AxiosHeaders);
}

/** Marks headers with how they were made; nobody sees it. */
class Stamped extends (function stamp(headers: object) {
  return headers;
} as unknown as new (headers: object) => object) {
  readonly #normal: Normal;
  readonly #changing: ChangingField | undefined;

  constructor(headers: object, normal: Normal, changing: ChangingField | undefined) {
    super(headers);
    this.#normal = normal;
    this.#changing = changing;
  }

  /** Whether they are still as they were made. */
  static isUnchanged(headers: object): boolean {
    return (
      #normal in headers && isSame(headers, headers.#normal.names, headers.#normal.fields, headers.#changing)
    );
  }
}

/**
 * Headers of axios's class with a `normalize` of their own, which cannot be seen: it first looks whether they are as they were
 * made, which is normal. It is what axios asks three times for each response.
 * @returns undefined where the class is not as expected
 */
function newMaker(AxiosHeaders: HeadersClass): MakeHeaders | undefined {
  const inherited = Object.getOwnPropertyDescriptor(AxiosHeaders.prototype, 'normalize');
  const { normalize } = AxiosHeaders.prototype as { normalize?: unknown };
  if (inherited === undefined || typeof normalize !== 'function') return undefined;

  function normalizeOnce(this: object, format?: unknown): unknown {
    if (!format && Stamped.isUnchanged(this)) return this;
    return Reflect.apply(normalize as (format: unknown) => unknown, this, [format]);
  }
  // As the class itself has it: with a setter, by which a field of that name gets another spelling.
  const replaced = inherited.get === undefined ? { value: normalizeOnce } : { get: () => normalizeOnce };
  const own = { ...inherited, ...replaced, enumerable: false, configurable: true };
  const Headers = AxiosHeaders as new () => object;
  return (normal, changing) => {
    const headers = new Headers() as Record<string, unknown>;
    const { names, fields } = normal;
    // Object.assign looks at each of the setters that axios's class inherits.
    for (const name of names) headers[name] = fields[name];
    if (changing !== undefined) headers[changing.name] = changing.value;
    Object.defineProperty(headers, 'normalize', own);
    new Stamped(headers, normal, changing);
    return headers as Headers;
  };
}
