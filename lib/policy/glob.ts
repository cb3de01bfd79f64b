/** One position of a glob: any text, any character, one of a set, or that very character. */
type GlobToken = '*' | '?' | { readonly character: string } | { readonly set: CharacterSet };

interface CharacterSet {
  readonly isNegated: boolean;
  /** Pairs of first and last character. */
  readonly ranges: readonly (readonly [string, string])[];
}

/**
 * Compiles a shell glob: `*` any text, `/` included; `?` one character; `[seq]` and `[!seq]` one character of a set,
 * with ranges. A bracket that is not closed stands for itself. Upper and lower case differ.
 *
 * Not a regular expression, because its time is bounded by the product of both lengths whatever the pattern.
 *
 * @param literal comes before the glob, and stands for itself whatever is in it
 * @returns a function that tells whether a whole text matches
 */
export function compileGlob(glob: string, literal = ''): (text: string) => boolean {
  const tokens = [...characterTokens(literal), ...tokensOf(glob)];
  return (text) => matchesTokens(tokens, text);
}

function tokensOf(glob: string): GlobToken[] {
  const tokens: GlobToken[] = [];
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else if (character === '?') {
      tokens.push('?');
    } else {
      const isNegated = glob[at + 1] === '!';
      const start = at + (isNegated ? 2 : 1);
      // A closing bracket in the first place belongs to the set.
      const end = character === '[' ? glob.indexOf(']', start + 1) : -1;
      if (end < 0) tokens.push({ character });
      else {
        tokens.push({ set: { isNegated, ranges: rangesOf(glob.slice(start, end)) } });
        at = end;
      }
    }
  }
  return tokens;
}

/** By UTF-16 units, as texts are compared. */
function characterTokens(text: string): GlobToken[] {
  return text.split('').map((character) => ({ character }));
}

function rangesOf(sequence: string): (readonly [string, string])[] {
  const parts = [...sequence.matchAll(/[^]-[^]|[^]/g)];
  return parts.map(([part]) => [part.charAt(0), part.charAt(part.length - 1)]);
}

function matchesTokens(tokens: readonly GlobToken[], text: string): boolean {
  let tokenAt = 0;
  let textAt = 0;
  let starAt = -1;
  let starTextAt = 0;
  while (textAt < text.length) {
    const token = tokens[tokenAt];
    if (token === '*') {
      starAt = tokenAt;
      starTextAt = textAt;
      tokenAt += 1;
    } else if (token !== undefined && matchesOne(token, text.charAt(textAt))) {
      tokenAt += 1;
      textAt += 1;
    } else if (starAt >= 0) {
      // Let the last star take one more character: earlier stars need not be tried again.
      tokenAt = starAt + 1;
      starTextAt += 1;
      textAt = starTextAt;
    } else return false;
  }
  return tokens.slice(tokenAt).every((token) => token === '*');
}

function matchesOne(token: Exclude<GlobToken, '*'>, character: string): boolean {
  if (token === '?') return true;
  if ('character' in token) return token.character === character;
  const isInSet = token.set.ranges.some(([first, last]) => first <= character && character <= last);
  return isInSet !== token.set.isNegated;
}
