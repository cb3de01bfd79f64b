/** A text as it may stand in HTML, between tags and in attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON as it may stand in a `<script>`: nothing in it ends the element, or begins a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A cell of a table. */
export interface Cell {
  readonly text: string;
  readonly kind?: 'number' | 'url' | 'key';
  /** A class of the style. */
  readonly tone?: 'fresh' | 'stale' | 'error' | undefined;
}

/** A table with a caption for those who cannot see it. */
export function table(caption: string, heads: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const head = heads.map((cell) => `<th scope="col"${classOf(cell)}>${escaped(cell.text)}</th>`).join('');
  const body = rows
    .map((cells) => `<tr>${cells.map((cell) => `<td${classOf(cell)}>${contentOf(cell)}</td>`).join('')}</tr>`)
    .join('\n');
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(caption)}"><table aria-label="${escaped(caption)}"><thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

function classOf({ kind, tone }: Cell): string {
  const classes = [kind === 'key' ? undefined : kind, tone].filter((one) => one !== undefined);
  return classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
}

function contentOf({ text, kind }: Cell): string {
  return kind === 'key' ? `<code>${escaped(text)}</code>` : escaped(text);
}
