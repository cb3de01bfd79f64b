import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../helpers/built-package.js';

/** A document of the project. */
export interface Document {
  /** Relative to the project, with forward slashes. */
  readonly name: string;
  readonly text: string;
}

/** Code between fences. */
export interface CodeBlock {
  readonly document: string;
  /** Of its first line of code; the first line of a document is 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** A link to something in the project. */
export interface Link {
  readonly document: string;
  readonly line: number;
  /** As it is written. */
  readonly target: string;
}

const FOLDERS = ['', 'examples', 'examples/guides', 'bench', '.github'];

/** All documents that people read, by name. */
export function allDocuments(): readonly Document[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(path.join(PROJECT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.posix.join(folder, name)),
  ).map((name) => ({ name, text: readFileSync(path.join(PROJECT, name), 'utf8') }));
}

/** Every line with whether it is within a fence, or one itself. */
function linesOf(text: string): { readonly text: string; readonly fence: string | undefined }[] {
  let open: string | undefined;
  return text.split('\n').map((line) => {
    const fence = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    const before = open;
    if (open === undefined) open = fence;
    else if (fence?.startsWith(open) === true) open = undefined;
    return { text: line, fence: before ?? fence };
  });
}

/** The blocks of code, as they stand in a document. */
export function codeBlocks({ name, text }: Document): readonly CodeBlock[] {
  const pattern = /^(`{3,})(\w*)[^\n]*\n([^]*?)^\1\s*$/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    document: name,
    line: text.slice(0, match.index).split('\n').length + 1,
    language: match[2] ?? '',
    code: match[3] ?? '',
  }));
}

/** What is linked to, or shown, but for addresses of the web. */
export function linksOf({ name, text }: Document): readonly Link[] {
  return linesOf(text).flatMap((line, index) => {
    if (line.fence !== undefined) return [];
    const prose = line.text.replace(/`[^`]*`/g, (code) => '`'.repeat(code.length));
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => ({ document: name, line: index + 1, target }));
  });
}

/** The anchors of the headings, as GitHub makes them. */
export function anchorsOf({ text }: Document): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of linesOf(text)) {
    const heading = line.fence === undefined ? /^#{1,6}\s+(.*?)\s*$/.exec(line.text)?.[1] : undefined;
    if (heading === undefined) continue;
    const words = heading.replace(/\]\([^)]*\)/g, '').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
