import util from 'node:util';

type Format = Parameters<typeof util.styleText>[0];

/** Colours and weights of a terminal, or none. */
export class Style {
  readonly #isOn: boolean;

  constructor(isOn: boolean) {
    // Releases of Node before 20.12 do without.
    this.#isOn = isOn && typeof (util as { styleText?: unknown }).styleText === 'function';
  }

  strong(text: string): string {
    return this.#styled('bold', text);
  }

  faint(text: string): string {
    return this.#styled('dim', text);
  }

  good(text: string): string {
    return this.#styled('green', text);
  }

  doubtful(text: string): string {
    return this.#styled('yellow', text);
  }

  bad(text: string): string {
    return this.#styled('red', text);
  }

  #styled(format: Format, text: string): string {
    // Whether they are wanted has been decided already.
    return this.#isOn ? util.styleText(format, text, UNCHECKED) : text;
  }
}

const UNCHECKED = { validateStream: false };
