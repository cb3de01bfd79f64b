/** Begins every secret, so that one search finds them all; in both cases, so that a change of case is noticed, too. */
export const MARKER = 'Qz7kV9xW2m';

/** Begins what is stored in clear on purpose, so that a search that finds nothing at all is noticed. */
export const PLANTED = 'Pn4tD8yB6r';

/**
 * The secrets of one scenario. Each names where it stood, so that whoever finds it knows what let it through. Their letters
 * stay as they are in header fields, URLs and JSON.
 */
export class Secrets {
  readonly #texts = new Set<string>();

  /** @param place where it will stand, in letters, digits and dashes */
  of(place: string): string {
    const secret = `${MARKER}-${place}`;
    this.#texts.add(secret);
    return secret;
  }

  /** Remembers a text that a secret is hidden in: it must not be stored as a plain hash, either. */
  in<T extends string>(text: T): T {
    this.#texts.add(text);
    return text;
  }

  /** All texts that have to be hidden. */
  get texts(): ReadonlySet<string> {
    return this.#texts;
  }
}
