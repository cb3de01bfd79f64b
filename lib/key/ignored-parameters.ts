import { isCredentialField, isCredentialHeader, isDefaultCredentialHeader } from './credential-names.js';
import { lengthPrefixed } from './hashing.js';

export { DEFAULT_IGNORED_PARAMETERS } from './credential-names.js';

/** What stands in the place of a value that is left out or hidden. */
export const REDACTED = 'REDACTED';

/**
 * What becomes of a value: `keep` it; `omit` it (the user listed the name: redacted, left out of the key); or
 * `partition` by it (a credential: redacted, its keyed hash in the key).
 */
export type Treatment = 'keep' | 'omit' | 'partition';

/** What stands between the segments of a name that is made of several, or that begins with a URL (`?https://a.test/?token=…`). */
const NESTED_NAME = /[[\].;?#]/;

/** Tells by their names which values are left out of the key, and which keep users apart. */
export class NameRules {
  readonly #listedHeaders: ReadonlySet<string>;
  readonly #listedFields: ReadonlySet<string>;
  #ofCredentials: NameRules | undefined;

  /** @param ignored names that the user listed; they win over the names of credentials */
  constructor(ignored: readonly string[]) {
    this.#listedHeaders = new Set(ignored.map((name) => name.toLowerCase()));
    this.#listedFields = new Set(ignored);
  }

  /** The same, but that names which the user listed are names like others. */
  get ofCredentials(): NameRules {
    this.#ofCredentials ??= new CredentialRules(this);
    return this.#ofCredentials;
  }

  /** @param name of a request's header field, in lower case */
  forHeader(name: string): Treatment {
    if (this.#listedHeaders.has(name)) return 'omit';
    return isCredentialHeader(name) ? 'partition' : 'keep';
  }

  /** Whether a response's header field (name in lower case) is redacted: a listed name, or a default one. */
  hidesInResponse(name: string): boolean {
    return this.#listedHeaders.has(name) || isDefaultCredentialHeader(name);
  }

  /**
   * @param name of a query parameter, form field, JSON member or multipart field, decoded
   *
   * A listed name inside brackets, as axios writes nested parameters (`user[api_key]`), after a dot (`user.api_key`) or after
   * a semicolon, which parts parameters for some servers (`x;api_key`), is redacted and counts as a credential: leaving it
   * out of the key might mix up requests that the user did not mean.
   */
  forField(name: string): Treatment {
    if (this.#listedFields.has(name)) return 'omit';
    if (isCredentialField(name)) return 'partition';
    return NESTED_NAME.test(name) && this.#hasProtectedSegment(name) ? 'partition' : 'keep';
  }

  #hasProtectedSegment(name: string): boolean {
    return name
      .split(NESTED_NAME)
      .some((segment) => this.#listedFields.has(segment) || isCredentialField(segment));
  }
}

class CredentialRules extends NameRules {
  readonly #all: NameRules;

  constructor(all: NameRules) {
    super([]);
    this.#all = all;
  }

  override forField(name: string): Treatment {
    return this.#all.forField(name) === 'omit' ? 'keep' : super.forField(name);
  }
}

const defaultRules = new NameRules([]);
const rulesByList = new WeakMap<readonly string[], NameRules>();

/** The rules for a list of ignored names; undefined and empty give the same. Remembered by the list's identity. */
export function rulesFor(ignored: readonly string[] | undefined): NameRules {
  if (ignored === undefined) return defaultRules;
  let rules = rulesByList.get(ignored);
  if (rules === undefined) {
    rules = new NameRules(ignored);
    rulesByList.set(ignored, rules);
  }
  return rules;
}

/** Where a credential was found; `client`: in the TLS client certificate. */
export type CredentialKind = 'client' | 'header' | 'query' | 'form' | 'json' | 'multipart';

/** One credential as it enters the keyed hash; several are joined without a separator. */
export function credentialMaterial(kind: CredentialKind, name: string, value: string): string {
  return lengthPrefixed(kind) + lengthPrefixed(name) + lengthPrefixed(value);
}
