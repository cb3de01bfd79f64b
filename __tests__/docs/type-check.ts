import path from 'node:path';
import ts from 'typescript';
import { PROJECT } from '../helpers/built-package.js';
import { type CodeBlock } from './documents.js';

/** What blocks may use without saying where it is from. Everything else they import, so that they can be copied. */
const PRELUDE = `
import axiosModule from 'axios';
import type { CachedAxiosInstance, withCache as withCacheFunction } from 'axios-persistent-cache';
declare global {
  const axios: typeof axiosModule;
  const withCache: typeof withCacheFunction;
  /** An instance that has a cache already. */
  const http: CachedAxiosInstance;
  /** One that has none. */
  const instance: ReturnType<typeof axiosModule.create>;
  const url: string;
  /** Of somebody who is logged in. */
  const token: string;
  /** Secrets of 32 bytes, of the reader's own keeping. */
  const key: Uint8Array, newSecret: Uint8Array, oldSecret: Uint8Array;
}
`;

/** A module of the reader's. */
const OWN_MODULE = `
import { type Backend } from 'axios-persistent-cache';
export declare const MyBackend: new (name: string) => Backend;
`;

const CHECKED = /^(ts|typescript|js|javascript)$/;
const CONFIGURATION = path.join(PROJECT, 'tsconfig.json');

/** The program that all blocks are one of, each as a module of its own. */
export interface CheckedBlocks {
  /** How many blocks were checked. */
  readonly count: number;
  /** What is wrong with them, as `file:line: what`. */
  readonly problems: readonly string[];
  /** The names of the members of an exported type or class. */
  membersOf(exported: string): readonly string[];
  /** The texts that an exported union of them consists of. */
  textsOf(exported: string): readonly string[];
}

/** Checks the types of all blocks in one program, as modules that lie beside the documents. */
export function checkBlocks(blocks: readonly CodeBlock[]): CheckedBlocks {
  const { config } = ts.readConfigFile(CONFIGURATION, (file) => ts.sys.readFile(file)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, PROJECT);
  Object.assign(options, { noUnusedLocals: false, noUnusedParameters: false, allowJs: true, checkJs: true });

  const checked = blocks.filter(({ language }) => CHECKED.test(language));
  const sources = new Map<string, string>();
  const prelude = path.join(PROJECT, 'prelude-of-documents.ts');
  sources.set(prelude, PRELUDE);
  sources.set(path.join(PROJECT, 'examples/guides/my-backend.ts'), OWN_MODULE);
  const places = new Map<string, CodeBlock>();
  for (const block of checked) {
    const file = path.join(
      PROJECT,
      `${block.document}.${block.line}.${block.language.slice(0, 2).replace('ty', 'ts').replace('ja', 'js')}`,
    );
    // Lines count as in the document; and without an import it would be no module.
    sources.set(file, `${'\n'.repeat(block.line - 1)}${block.code}\nexport {};\n`);
    places.set(file, block);
  }

  const host = ts.createCompilerHost(options);
  const real = { ...host };
  host.fileExists = (file) => sources.has(path.normalize(file)) || real.fileExists(file);
  host.readFile = (file) => sources.get(path.normalize(file)) ?? real.readFile(file);
  host.getSourceFile = (file, target, ...rest) => {
    const source = sources.get(path.normalize(file));
    return source === undefined
      ? real.getSourceFile(file, target, ...rest)
      : ts.createSourceFile(file, source, target);
  };
  const entry = path.join(PROJECT, 'lib/index.ts');
  const program = ts.createProgram([...sources.keys(), entry], options, host);
  const checker = program.getTypeChecker();

  const problems = [...sources.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return diagnostics.map(({ start = 0, messageText, code }) => {
      const line = source === undefined ? 0 : ts.getLineAndCharacterOfPosition(source, start).line + 1;
      const text = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${places.get(file)?.document ?? path.relative(PROJECT, file)}:${line}: TS${code}: ${text}`;
    });
  });

  const typeOf = (exported: string): ts.Type => {
    const source = program.getSourceFile(entry);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    const found =
      module === undefined
        ? undefined
        : checker.getExportsOfModule(module).find(({ name }) => name === exported);
    if (found === undefined) throw new Error(`The library has no export ${exported}.`);
    return checker.getDeclaredTypeOfSymbol(
      found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found,
    );
  };
  return {
    count: checked.length,
    problems,
    membersOf: (exported) =>
      checker
        .getPropertiesOfType(typeOf(exported))
        .filter(({ name, valueDeclaration }) => !/^(?:__|#)/.test(name) && !isHidden(valueDeclaration))
        .map(({ name }) => name),
    textsOf: (exported) => {
      const type = typeOf(exported);
      return (type.isUnion() ? type.types : [type]).map((one) => (one as ts.StringLiteralType).value);
    },
  };
}

/** What the published declarations do not have. */
function isHidden(declaration: ts.Declaration | undefined): boolean {
  if (declaration === undefined) return false;
  const isPrivate =
    (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !==
    0;
  return isPrivate || ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal');
}
