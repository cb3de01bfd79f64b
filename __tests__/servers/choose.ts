import path from 'node:path';
import { INSTALLED, type KindName, programOf, type ServerFamily, startableKinds, whyNone } from './kinds.js';

/** A program of the family, the first in the order of choice unless a kind is given. */
export function availableProgram(
  family: ServerFamily,
  wanted?: KindName,
): { readonly kind: KindName; readonly program: string; readonly env: Readonly<Record<string, string>> } {
  const kind = wanted ?? startableKinds(family)[0]?.name;
  if (kind === undefined) throw new Error(`No server for ${family} can be started here: ${whyNone(family)}`);
  const program = programOf(kind);
  return { kind, program, env: environmentOf(program) };
}

/** Packages of Debian that were only unpacked have their libraries with them. */
function environmentOf(program: string): Readonly<Record<string, string>> {
  const root = path.join(INSTALLED, 'redis-debian');
  if (!program.startsWith(root + path.sep)) return {};
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as 'x64' | 'arm64'];
  const libraries = [`usr/lib/${triplet}`, `lib/${triplet}`].map((folder) => path.join(root, folder));
  return { LD_LIBRARY_PATH: libraries.join(path.delimiter) };
}
