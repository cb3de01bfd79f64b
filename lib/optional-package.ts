import { MissingPackageError, PackageLoadError } from './errors.js';

/** A package that is needed only by one backend or serializer, and how to load it. */
export interface OptionalPackage {
  /** @default 'Backend' */
  readonly kind?: 'Backend' | 'Serializer';
  /** The name of what needs it, for the message. */
  readonly backend: string;
  readonly packageName: string;
  /** The versions that work, as in `package.json`: `^12.0.0`. */
  readonly range: string;
  /** What else the user can do, as the end of a sentence that starts with "Or": `use Node 22.13 or later`. */
  readonly alternative?: string;
  /**
   * Loads it, by a literal `import('better-sqlite3')`, so that bundlers see it. May also try the package out:
   * a native package often fails only at its first use.
   */
  readonly load: () => Promise<unknown>;
}

/**
 * Loads a package that may be absent, when it is needed and not before.
 * @returns what `require` would give: the default export where there is one, else the module itself
 * @throws MissingPackageError (ERR_CACHE_MISSING_PACKAGE) when it is not installed: the message has the command;
 * PackageLoadError (ERR_CACHE_PACKAGE_LOAD) when it is installed but does not load: telling that user to install
 * it again would be wrong
 */
export async function loadOptionalPackage<T>(wanted: OptionalPackage): Promise<T> {
  try {
    return defaultExport(await importLazily(wanted.packageName, wanted.load)) as T;
  } catch (error) {
    const { kind = 'Backend', backend, packageName, range, alternative } = wanted;
    if (isMissing(error, packageName)) {
      const facts = { kind, backend, packageName, range };
      throw new MissingPackageError(alternative === undefined ? facts : { ...facts, alternative }, {
        cause: error,
      });
    }
    throw new PackageLoadError(
      { kind, backend, packageName, remedy: remedyFor(error, wanted) },
      { cause: error },
    );
  }
}

/**
 * What `import()` of a package gives; where the surroundings have no `import()` for CommonJS, as Jest by default, what
 * `require` gives there.
 * @param name of the package, or of a module of Node
 * @param load a literal `import()` of it, so that bundlers see it
 */
export async function importLazily<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const require = hasNoImport(error) ? requireOfThisModule() : undefined;
    if (require === undefined) throw error;
    return require(name) as T;
  }
}

/** By the words of Node, and of Jest on its earlier releases. */
function hasNoImport(error: unknown): boolean {
  if (!(typeof error === 'object' && error !== null)) return false;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return (
    String(code).startsWith('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING') ||
    String(message).includes('supports ES Modules in the VM API')
  );
}

/** That of the surroundings, which knows about mocks. Only where this was built as CommonJS. */
function requireOfThisModule(): ((name: string) => unknown) | undefined {
  const hasRequire =
    typeof module === 'object' && typeof (module as Partial<NodeModule>).require === 'function';
  return hasRequire ? (name): unknown => module.require(name) : undefined;
}

/**
 * `import()` of a CommonJS package wraps it: `default` is what it exports; and where that was compiled from an ES
 * module (`__esModule`), the export that was meant is one `default` further in.
 */
function defaultExport(module: unknown): unknown {
  let found = module;
  for (let depth = 0; depth < 2; depth++) {
    if (typeof found !== 'object' || found === null || !('default' in found)) return found;
    if (depth > 0 && !('__esModule' in found)) return found;
    if (found.default === undefined || found.default === null) return found;
    found = found.default;
  }
  return found;
}

/**
 * Whether the error says that this very package was not found. A package that is installed but misses one of its own
 * dependencies fails with the same code, and then quotes the name of the dependency.
 */
function isMissing(error: unknown, packageName: string): boolean {
  if (!(typeof error === 'object' && error !== null && 'code' in error && 'message' in error)) return false;
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return false;
  // The following lines may list the files that asked for it.
  const sentence = String(error.message).split('\n', 1)[0] ?? '';
  return sentence.includes(`'${packageName}'`) || sentence.includes(`"${packageName}"`);
}

/** What a native package says when its binary is absent, or was built for another version of Node. */
const BINARY_PROBLEM =
  /Could not locate the bindings file|NODE_MODULE_VERSION|was compiled against a different Node|invalid ELF header|Module did not self-register/;

function remedyFor(error: unknown, wanted: OptionalPackage): string {
  const message = error instanceof Error ? error.message : String(error);
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const isBinaryProblem = code === 'ERR_DLOPEN_FAILED' || BINARY_PROBLEM.test(message);
  const command = isBinaryProblem
    ? `Its compiled part does not fit. Run: npm rebuild ${wanted.packageName}.`
    : `The versions that are known to work: ${wanted.range}.`;
  return wanted.alternative === undefined ? command : `${command} Or ${wanted.alternative}.`;
}
