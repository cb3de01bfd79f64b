import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const LIB = path.join(__dirname, '..', 'lib');

interface SourceFile {
  /** Relative to lib/, with forward slashes. */
  readonly name: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

interface Import {
  /** A file relative to lib/ without its ending, or the name of a package. */
  readonly target: string;
  readonly isDynamic: boolean;
  readonly isTypeOnly: boolean;
}

/**
 * What each folder may import besides itself, as in section 7 of the design. `errors`, `clock` and `options` are open to
 * all but `http`.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  http: [],
  policy: ['http'],
  key: ['http'],
  storage: [],
  serializers: ['storage'],
  backends: ['storage'],
  cache: ['policy', 'http', 'key', 'storage'],
  maintenance: ['cache', 'policy', 'http', 'key', 'storage'],
  recordings: ['cache', 'policy', 'http', 'key', 'storage'],
  axios: ['cache', 'maintenance', 'recordings', 'policy', 'http', 'key', 'storage', 'serializers'],
  // An entry of its own, for those who write a backend.
  'backend-suite': ['storage'],
  // Another one, for the command line: it works on stores, and knows nothing of axios.
  cli: ['cache', 'maintenance', 'policy', 'http', 'key', 'storage', 'serializers', 'backends'],
};

const OPEN_TO_ALL = ['errors', 'clock', 'options', 'optional-package'];

/** Which packages and modules of Node each folder may load when it is loaded itself. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  http: [],
  policy: [],
  key: ['node:crypto'],
  storage: ['node:buffer', 'node:fs/promises', 'node:os', 'node:path', 'node:util', 'node:zlib'],
  backends: [
    'node:buffer',
    'node:crypto',
    'node:fs',
    'node:fs/promises',
    'node:os',
    'node:path',
    'node:util',
    'lru-cache',
  ],
  serializers: ['node:buffer', 'node:crypto', 'node:util', 'node:v8', 'node:zlib'],
  cache: ['node:async_hooks', 'node:diagnostics_channel', 'node:perf_hooks', 'node:util'],
  maintenance: [],
  recordings: ['node:buffer', 'node:crypto', 'node:fs/promises', 'node:path'],
  axios: ['axios', 'node:diagnostics_channel', 'node:stream', 'node:stream/web'],
  'backend-suite': ['node:assert/strict'],
  // Packages become part of its file.
  cli: [
    'chart.js',
    'cli-progress',
    'commander',
    'set-cookie-parser',
    'node:buffer',
    'node:crypto',
    'node:events',
    'node:fs',
    'node:module',
    'node:path',
    'node:readline/promises',
    'node:stream',
    'node:util',
    'node:zlib',
  ],
};

const DRIVERS = [
  'better-sqlite3',
  'node:sqlite',
  'redis',
  'mongodb',
  '@aws-sdk/client-dynamodb',
  'yaml',
  'superjson',
  'bson',
];

const files = sourceFiles();

function sourceFiles(): readonly SourceFile[] {
  const names = readdirSync(LIB, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const text = readFileSync(path.join(LIB, name), 'utf8');
      const posix = name.split(path.sep).join('/');
      return { name: posix, text, imports: importsOf(posix, text) };
    });
}

function importsOf(name: string, text: string): readonly Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const from = node.moduleSpecifier;
      if (from !== undefined && ts.isStringLiteral(from)) {
        found.push({ target: resolve(name, from.text), isDynamic: false, isTypeOnly: isTypeOnly(node) });
      }
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [from] = node.arguments;
      const target = from !== undefined && ts.isStringLiteral(from) ? resolve(name, from.text) : '(computed)';
      found.push({ target, isDynamic: true, isTypeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true));
  return found;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.every((element) => element.isTypeOnly);
}

function resolve(from: string, target: string): string {
  if (!target.startsWith('.')) return target;
  return path.posix.join(path.posix.dirname(from), target).replace(/\.js$/, '');
}

function folderOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.indexOf('/')) : name;
}

function isLocal(target: string): boolean {
  return files.some((file) => file.name === `${target}.ts`);
}

describe('the direction of imports', () => {
  const foldered = files.filter((file) => file.name.includes('/'));

  it.each(foldered.map((file) => [file.name, file] as const))('%s', (_name, file) => {
    const folder = folderOf(file.name);
    const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])];
    for (const { target } of file.imports.filter((one) => isLocal(one.target))) {
      const to = folderOf(target);
      const isOpen = OPEN_TO_ALL.includes(target) && (folder !== 'http' || target === 'clock');
      expect([...allowed, ...(isOpen ? [to] : [])]).toContain(to);
    }
  });

  it('has a rule for every folder', () => {
    expect(new Set(foldered.map((file) => folderOf(file.name)))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });

  it('lets nothing import the entry', () => {
    const importers = files.filter((file) => file.imports.some(({ target }) => target === 'index'));
    expect(importers.map((file) => file.name)).toEqual([]);
  });

  it('lets only open files be imported by everybody', () => {
    const open = files.filter((file) => OPEN_TO_ALL.includes(file.name.replace('.ts', '')));
    for (const file of open) {
      const targets = file.imports.map((one) => one.target).filter((target) => !OPEN_TO_ALL.includes(target));
      expect(targets).toEqual([]);
    }
  });

  it('lets one backend not know of another', () => {
    for (const file of files.filter(
      ({ name }) =>
        name.startsWith('backends/') && !['backends/table.ts', 'backends/index.ts'].includes(name),
    )) {
      const own = file.name.split('/')[1]?.replace('.ts', '') ?? '';
      const others = file.imports
        .map(({ target }) => target)
        .filter((target) => target.startsWith('backends/'))
        .filter((target) => !own.startsWith(target.split('/')[1]?.replace(/-options$/, '') ?? ''));
      expect(others).toEqual([]);
    }
  });
});

describe('packages', () => {
  it.each(files.map((file) => [file.name, file] as const))(
    '%s loads only what its folder may load',
    (_name, file) => {
      const allowed = PACKAGES[folderOf(file.name)] ?? ['axios'];
      const loaded = file.imports.filter((one) => !one.isDynamic && !one.isTypeOnly && !isLocal(one.target));
      for (const { target } of loaded) expect(allowed).toContain(target);
    },
  );

  it('reach drivers only by import() inside of a function', () => {
    const atTop = files.flatMap((file) =>
      file.imports.filter((one) => DRIVERS.includes(one.target) && !one.isDynamic).map(() => file.name),
    );
    expect(atTop).toEqual([]);
    const dynamic = files.flatMap((file) =>
      file.imports.filter((one) => one.isDynamic).map((one) => one.target),
    );
    expect(dynamic).toContain('better-sqlite3');
    expect(dynamic).not.toContain('(computed)');
  });

  it('only the folder axios imports axios, and the entry its types', () => {
    const importers = files.filter((file) => file.imports.some(({ target }) => target === 'axios'));
    expect(importers.map((file) => folderOf(file.name)).filter((folder) => folder !== 'axios')).toEqual([
      'index.ts',
    ]);
  });
});

describe('sources', () => {
  it('read the time in clock.ts alone', () => {
    const readers = files.filter(({ text }) =>
      /\bDate\.now\(|new Date\(\)|performance\.now\(/.test(withoutComments(text)),
    );
    expect(readers.map((file) => file.name)).toEqual(['clock.ts']);
  });

  it('know no chance in the pure layers', () => {
    const pure = files.filter((file) => ['http', 'policy', 'key'].includes(folderOf(file.name)));
    const offenders = pure.filter(({ text }) =>
      /Math\.random|randomBytes|randomUUID|async |await |setTimeout/.test(withoutComments(text)),
    );
    expect(pure.length).toBeGreaterThan(20);
    expect(offenders.map((file) => file.name)).toEqual([]);
  });

  it('of backends never read a header', () => {
    const backends = files.filter((file) => folderOf(file.name) === 'backends');
    const offenders = backends.filter(({ text }) =>
      /\bheaders?\b(?!\s*of the file)/i.test(withoutComments(text)),
    );
    expect(backends.length).toBeGreaterThan(5);
    expect(offenders.map((file) => file.name)).toEqual([]);
  });

  it('have no folder for leftovers', () => {
    const folders = new Set(files.flatMap((file) => file.name.split('/').slice(0, -1)));
    for (const name of ['utils', 'util', 'helpers', 'common', 'shared', 'misc'])
      expect(folders).not.toContain(name);
  });

  it('say what is exported without `any`', () => {
    const offenders = files.filter(({ text }) => /(:\s*any\b|<any>|\bas any\b)/.test(withoutComments(text)));
    expect(offenders.map((file) => file.name)).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:])\/\/.*$/gm, '$1');
}
