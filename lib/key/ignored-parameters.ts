import { lengthPrefixed } from './hashing.js';

/** What stands in the place of a value that is left out or hidden. */
export const REDACTED = 'REDACTED';

/**
 * Names that hold credentials wherever they occur: in header fields (in any case), in the query, and in form, JSON and
 * multipart bodies (in exactly this case). These are requests-cache's defaults.
 *
 * Unlike there, the values keep users apart unless the user lists the names as `ignoredParameters`.
 */
export const DEFAULT_IGNORED_PARAMETERS: readonly string[] = Object.freeze([
  'Authorization',
  'Proxy-Authorization',
  'X-API-Key',
  'X-Auth-Token',
  'X-API-Token',
  'X-Access-Token',
  'access_token',
  'api_key',
  'apikey',
]);

const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  ...DEFAULT_IGNORED_PARAMETERS.map((name) => name.toLowerCase()),
  'cookie',
]);

/**
 * What becomes of a value: `keep` it; `omit` it (the user listed the name: redacted, left out of the key); or
 * `partition` by it (a credential: redacted, its keyed hash in the key).
 */
export type Treatment = 'keep' | 'omit' | 'partition';

/** Tells by their names which values are left out of the key, and which keep users apart. */
export class NameRules {
  readonly #headers = new Map<string, Treatment>();
  readonly #fields = new Map<string, Treatment>();

  /** @param ignored names that the user listed; they win over the names of credentials */
  constructor(ignored: readonly string[]) {
    for (const name of CREDENTIAL_HEADERS) this.#headers.set(name, 'partition');
    for (const name of DEFAULT_IGNORED_PARAMETERS) this.#fields.set(name, 'partition');
    for (const name of ignored) {
      this.#headers.set(name.toLowerCase(), 'omit');
      this.#fields.set(name, 'omit');
    }
  }

  /** @param name of a header field, in lower case */
  forHeader(name: string): Treatment {
    return this.#headers.get(name) ?? 'keep';
  }

  /**
   * @param name of a query parameter, form field, JSON member or multipart field, decoded
   *
   * A listed name inside brackets, as axios writes nested parameters (`user[api_key]`), is redacted and counts as a
   * credential: leaving it out of the key might mix up requests that the user did not mean.
   */
  forField(name: string): Treatment {
    const treatment = this.#fields.get(name);
    if (treatment !== undefined) return treatment;
    return name.includes('[') && this.#hasProtectedSegment(name) ? 'partition' : 'keep';
  }

  #hasProtectedSegment(name: string): boolean {
    return name
      .split('[')
      .map((segment) => (segment.endsWith(']') ? segment.slice(0, -1) : segment))
      .some((segment) => this.#fields.has(segment));
  }
}

/** Whether a header field (name in lower case) always holds a credential. */
export function isCredentialHeader(name: string): boolean {
  return CREDENTIAL_HEADERS.has(name);
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

/** Where a credential was found. */
export type CredentialKind = 'header' | 'query' | 'form' | 'json' | 'multipart';

/** One credential as it enters the keyed hash; several are joined without a separator. */
export function credentialMaterial(kind: CredentialKind, name: string, value: string): string {
  return lengthPrefixed(kind) + lengthPrefixed(name) + lengthPrefixed(value);
}
