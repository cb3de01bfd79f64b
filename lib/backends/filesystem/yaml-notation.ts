import { loadOptionalPackage } from '../../optional-package.js';
import { type Notation } from './text-format.js';

/** What is used of the package `yaml`. */
interface YamlModule {
  parse(text: string, options: object): unknown;
  stringify(data: unknown, options: object): string;
}

/** @throws MissingPackageError (ERR_CACHE_MISSING_PACKAGE), PackageLoadError (ERR_CACHE_PACKAGE_LOAD) */
export async function loadYamlNotation(): Promise<Notation> {
  const yaml = await loadOptionalPackage<YamlModule>({
    backend: 'filesystem',
    packageName: 'yaml',
    range: '^2.0.0',
    alternative: "use the serializer 'json' or 'binary'",
    load: () => import('yaml'),
  });
  return {
    extension: 'yaml',
    write: (data) => yaml.stringify(data, { lineWidth: 0, aliasDuplicateObjects: false }),
    // Without aliases no short text can stand for an enormous one. Warnings would be printed.
    read: (text) => yaml.parse(text, { maxAliasCount: 0, logLevel: 'error' }),
  };
}
