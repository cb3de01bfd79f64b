/** Names for functions and objects: one that is the same has the same name wherever it is met. */
export class Labels {
  readonly #names = new WeakMap<object, string>();
  readonly #parent: Labels | undefined;
  #count = 0;

  constructor(parent?: Labels) {
    this.#parent = parent;
  }

  /** Knows all names of this one, and keeps its own for itself. */
  child(): Labels {
    return new Labels(this);
  }

  name(value: object, name: string): void {
    this.#names.set(value, name);
  }

  known(value: object): string | undefined {
    return this.#names.get(value) ?? this.#parent?.known(value);
  }

  /** A function's name with a number by which it differs from others that are called the same. */
  of(value: { readonly name?: string } & object): string {
    const known = this.known(value);
    if (known !== undefined) return known;
    if (this.#parent !== undefined) return this.#parent.of(value);
    this.#count += 1;
    const label = `function ${value.name ?? ''} #${this.#count}`;
    this.#names.set(value, label);
    return label;
  }
}
