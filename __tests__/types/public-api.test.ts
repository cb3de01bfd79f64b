import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';

jest.setTimeout(180_000);

const DIST = path.join(PROJECT, 'dist');

let declarations: ts.SourceFile;
/** What the entries of the package have in common is declared in files of their own. */
let shared: readonly ts.SourceFile[];
beforeAll(() => {
  ensureBuilt();
  declarations = parse('index.d.mts');
  shared = allSharedBy(declarations);
});

function parse(name: string): ts.SourceFile {
  return ts.createSourceFile(name, readFileSync(path.join(DIST, name), 'utf8'), ts.ScriptTarget.ES2022, true);
}

/** The files beside it that a file of declarations refers to. */
function sharedBy(file: ts.SourceFile): string[] {
  return modules(file)
    .filter((name) => name.startsWith('./'))
    .map(declarationsOf);
}

function declarationsOf(module: string): string {
  return module.replace(/^\.\//, '').replace(/\.([mc])js$/, '.d.$1ts');
}

/** With those that they refer to in turn. */
function allSharedBy(file: ts.SourceFile): ts.SourceFile[] {
  const names = new Set(sharedBy(file));
  // What is added meanwhile is met, too.
  for (const name of names) for (const other of sharedBy(parse(name))) names.add(other);
  return [...names].map(parse);
}

function nodesOf(file: ts.SourceFile): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return nodes;
}

/** Places of a type `any`, as the line that has it. */
function anyTypes(file: ts.SourceFile): string[] {
  return nodesOf(file)
    .filter((node) => node.kind === ts.SyntaxKind.AnyKeyword)
    .map((node) => node.parent.getText(file));
}

/** The modules that declarations refer to, in import and export declarations and in import types. */
function modules(file: ts.SourceFile): string[] {
  return nodesOf(file).flatMap((node) => {
    if (ts.isImportTypeNode(node)) return [node.argument.getText(file)];
    const isReference = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
    if (!isReference || node.moduleSpecifier === undefined) return [];
    return [(node.moduleSpecifier as ts.StringLiteral).text];
  });
}

/** Exported names and the declarations that they stand for, also where these are in another file. */
function exportedDeclarations(file: ts.SourceFile): Map<string, ts.Node[]> {
  const declared = new Map<string, ts.Node[]>();
  const add = (name: string, node: ts.Node): void =>
    void declared.set(name, [...(declared.get(name) ?? []), node]);
  const exported = new Map<string, string>();
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) add(name.getText(file), statement);
    } else if (
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isFunctionDeclaration(statement)
    ) {
      if (statement.name !== undefined) add(statement.name.text, statement);
    } else if (ts.isImportDeclaration(statement)) {
      const from = (statement.moduleSpecifier as ts.StringLiteral).text;
      const imported = shared.find(({ fileName }) => fileName === declarationsOf(from));
      const names = statement.importClause?.namedBindings;
      if (imported === undefined || names === undefined || !ts.isNamedImports(names)) continue;
      const exportedThere = exportedDeclarations(imported);
      for (const { name, propertyName } of names.elements) {
        for (const node of exportedThere.get((propertyName ?? name).text) ?? []) add(name.text, node);
      }
    } else if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined) {
      for (const element of (statement.exportClause as ts.NamedExports).elements)
        exported.set(element.name.text, (element.propertyName ?? element.name).getText(file));
    }
  }
  return new Map([...exported].map(([name, local]) => [name, declared.get(local) ?? []]));
}

describe('the built declarations', () => {
  it('have no any, on which the compiler would be silent', () => {
    expect([declarations, ...shared].flatMap(anyTypes)).toEqual([]);
  });

  it('refer to axios and to nothing else: no driver, no types of Node', () => {
    const others = [declarations, ...shared].flatMap(modules).filter((name) => !name.startsWith('./'));
    expect([...new Set(others)]).toEqual(['axios']);
    const identifiers = new Set(
      [declarations, ...shared]
        .flatMap(nodesOf)
        .filter(ts.isIdentifier)
        .map(({ text }) => text),
    );
    for (const name of ['Buffer', 'NodeJS', 'DatabaseSync', 'LRUCache'])
      expect(identifiers).not.toContain(name);
  });

  it('keep the augmentation of axios, without type parameters', () => {
    const files = [declarations, ...shared];
    const augmentation = files.flatMap(({ statements }) => [...statements]).find(ts.isModuleDeclaration);
    expect(augmentation?.name.text).toBe('axios');
    const interfaces = files
      .flatMap(nodesOf)
      .filter(ts.isInterfaceDeclaration)
      .filter(({ parent }) => parent.parent === augmentation);
    expect(interfaces.map(({ name }) => name.text)).toEqual(['AxiosRequestConfig', 'AxiosResponse']);
    for (const { typeParameters } of interfaces) expect(typeParameters).toBeUndefined();
  });

  it('say of every exported name what it is', () => {
    const exported = exportedDeclarations(declarations);
    expect(exported.size).toBeGreaterThan(60);
    const undocumented = [...exported]
      .filter(([, nodes]) => nodes.every((node) => ts.getJSDocCommentsAndTags(node).length === 0))
      .map(([name]) => name);
    expect(undocumented).toEqual([]);
  });

  it('say of every option and of every method what it is', () => {
    const exported = exportedDeclarations(declarations);
    const undocumented = [...exported.values()].flat().flatMap((node) => {
      if (!ts.isInterfaceDeclaration(node) && !ts.isClassDeclaration(node)) return [];
      const isOptions = /Options$|^HttpCache$/.test(node.name?.text ?? '');
      return (isOptions ? [...node.members] : [])
        .filter((member) => ts.isPropertySignature(member) || ts.isMethodDeclaration(member))
        .filter((member) => ts.getJSDocCommentsAndTags(member).length === 0)
        .map((member) => `${node.name?.text}.${member.name?.getText()}`);
    });
    expect(undocumented).toEqual([]);
  });

  it('are the same for both formats', () => {
    const ofCommonJs = parse('index.d.cts');
    const sharedOfCommonJs = allSharedBy(ofCommonJs);
    expect(sharedOfCommonJs).toHaveLength(shared.length);
    const text = (file: ts.SourceFile): string => file.text.replaceAll(/"\.\/[\w-]+\.[mc]js"/g, '"./shared"');
    expect([ofCommonJs, ...sharedOfCommonJs].map(text)).toEqual([declarations, ...shared].map(text));
  });
});
