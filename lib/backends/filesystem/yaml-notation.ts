import { loadOptionalPackage } from '../../optional-package.js';
import { readYaml, writeYaml, YAML_PACKAGE, type YamlModule } from '../../storage/yaml-text.js';
import { JSON_NOTATION, type Notation } from './text-format.js';

/** @throws MissingPackageError (ERR_CACHE_MISSING_PACKAGE), PackageLoadError (ERR_CACHE_PACKAGE_LOAD) */
export async function loadYamlNotation(): Promise<Notation> {
  const yaml = await loadOptionalPackage<YamlModule>({
    ...YAML_PACKAGE,
    backend: 'filesystem',
    alternative: "use the serializer 'json' or 'binary'",
  });
  return {
    extension: 'yaml',
    write: (data) => writeYaml(yaml, data, JSON_NOTATION.write(data)),
    read: (text) => readYaml(yaml, text),
  };
}
