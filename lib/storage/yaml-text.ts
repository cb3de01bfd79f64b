/** What is used of the package `yaml`. */
export interface YamlModule {
  parse(text: string, options: object): unknown;
  stringify(data: unknown, options: object): string;
}

/** The package, and how it is loaded. */
export const YAML_PACKAGE = Object.freeze({
  packageName: 'yaml',
  range: '^2.0.0',
  load: (): Promise<unknown> => import('yaml'),
});

/** Longer texts, in characters, are JSON, which is YAML, too: YAML would take ten times as long, and hold up everything else. */
const LONGEST_YAML = 50_000;

/** What is longer and no JSON is not read. Longer than the former by its indents, and by what people add. */
const LONGEST_READ_YAML = 4 * LONGEST_YAML;

/** @param json the same data as JSON */
export function writeYaml(yaml: YamlModule, data: unknown, json: string): string {
  if (json.length > LONGEST_YAML) return json;
  const text = yaml.stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
  return text.length > LONGEST_READ_YAML ? json : text;
}

/** Throws anything for what is no YAML. */
export function readYaml(yaml: YamlModule, text: string): unknown {
  if (text.startsWith('{')) {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (text.length > LONGEST_YAML) throw error;
    }
  }
  if (text.length > LONGEST_READ_YAML) throw new TypeError('too long to be read as YAML');
  // Without aliases no short text can stand for an enormous one. Warnings would be printed.
  return yaml.parse(text, { maxAliasCount: 0, logLevel: 'error' });
}
