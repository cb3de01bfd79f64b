import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';

const PROJECT = path.resolve(__dirname, '..', '..');

/** The library as CommonJS in a temporary directory, for tests that need it in a process of its own. */
export interface CompiledLib {
  /** Holds `lib/`; packages resolve as in the project. */
  readonly directory: string;
  /** Absolute path of a compiled module: `modulePath('storage/record-codec')`. */
  modulePath(name: string): string;
  /** Deletes the directory. */
  remove(): void;
}

/** Compiles the library, or only some of its folders and files (`['storage', 'errors.ts']`); about a second for all. */
export function compileLib(only?: readonly string[]): CompiledLib {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'compiled-lib-'));
  symlinkSync(path.join(PROJECT, 'node_modules'), path.join(directory, 'node_modules'), 'junction');
  for (const source of sourcesOf(only)) {
    const { outputText } = ts.transpileModule(readFileSync(path.join(PROJECT, 'lib', source), 'utf8'), {
      fileName: source,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.CommonJS,
        esModuleInterop: true,
        isolatedModules: true,
      },
    });
    const target = path.join(directory, 'lib', source.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
  return {
    directory,
    modulePath: (name) => path.join(directory, 'lib', `${name}.js`),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function sourcesOf(only: readonly string[] | undefined): readonly string[] {
  const all = readdirSync(path.join(PROJECT, 'lib'), { recursive: true, encoding: 'utf8' });
  const isWanted = (file: string): boolean =>
    only === undefined || only.some((name) => file === name || file.startsWith(`${name}${path.sep}`));
  return all.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && isWanted(file));
}
