import { loadOptionalPackage } from '../../optional-package.js';
import { JSON_NOTATION, type Notation } from './text-format.js';

/** Longer texts, in characters, are JSON, which is YAML, too: YAML would take ten times as long, and hold up everything else. */
const LONGEST_YAML = 50_000;

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
  const options = { maxAliasCount: 0, logLevel: 'error' };
  return {
    extension: 'yaml',
    write: (data) => {
      const json = JSON_NOTATION.write(data);
      if (json.length > LONGEST_YAML) return json;
      return yaml.stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
    },
    read: (text) => {
      if (text.startsWith('{')) {
        try {
          return JSON_NOTATION.read(text);
        } catch (error) {
          if (text.length > LONGEST_YAML) throw error;
        }
      }
      // Without aliases no short text can stand for an enormous one. Warnings would be printed.
      return yaml.parse(text, options);
    },
  };
}
