import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';

jest.setTimeout(180_000);

let declarations: ts.SourceFile;
beforeAll(() => {
  ensureBuilt();
  declarations = parse(readFileSync(path.join(PROJECT, 'dist', 'index.d.mts'), 'utf8'));
});

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile('index.d.mts', text, ts.ScriptTarget.ES2022, true);
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

/** Exported names and the declarations that they stand for. */
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
    } else if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined) {
      for (const element of (statement.exportClause as ts.NamedExports).elements)
        exported.set(element.name.text, (element.propertyName ?? element.name).getText(file));
    }
  }
  return new Map([...exported].map(([name, local]) => [name, declared.get(local) ?? []]));
}

describe('the built declarations', () => {
  it('have no any, on which the compiler would be silent', () => {
    expect(anyTypes(declarations)).toEqual([]);
  });

  it('refer to axios and to nothing else: no driver, no types of Node', () => {
    expect(new Set(modules(declarations))).toEqual(new Set(['axios']));
    const identifiers = new Set(
      nodesOf(declarations)
        .filter(ts.isIdentifier)
        .map(({ text }) => text),
    );
    for (const name of ['Buffer', 'NodeJS', 'DatabaseSync', 'LRUCache'])
      expect(identifiers).not.toContain(name);
  });

  it('keep the augmentation of axios, without type parameters', () => {
    const augmentation = declarations.statements.find(ts.isModuleDeclaration);
    expect(augmentation?.name.text).toBe('axios');
    const interfaces = nodesOf(declarations)
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
        .map((member) => `${node.name?.text}.${member.name?.getText(declarations)}`);
    });
    expect(undocumented).toEqual([]);
  });

  it('are the same for both formats', () => {
    const ofCommonJs = readFileSync(path.join(PROJECT, 'dist', 'index.d.cts'), 'utf8');
    expect(ofCommonJs).toBe(declarations.text);
  });
});

describe('the checks above', () => {
  const planted = parse(`
    import { Database } from 'better-sqlite3';
    type Loaded = import('redis').Redis;
    declare function load(name: string): any;
    type Options = Record<string, any>;
    export { load, type Options };
  `);

  it('find what is wrong', () => {
    expect(anyTypes(planted)).toHaveLength(2);
    expect(modules(planted)).toEqual(['better-sqlite3', "'redis'"]);
    expect([...exportedDeclarations(planted).keys()]).toEqual(['load', 'Options']);
  });
});
