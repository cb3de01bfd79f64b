import { Option } from 'commander';
import path from 'node:path';
import { UsageError } from '../failure.js';

/** In which form records leave a store and come back. */
export type ArchiveFormat = 'har' | 'ndjson';

const FORMATS: readonly ArchiveFormat[] = ['har', 'ndjson'];

const BY_ENDING: Readonly<Record<string, ArchiveFormat>> = {
  '.har': 'har',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/** @throws UsageError where neither the option nor the file's ending tells */
export function formatOf(file: string, given: ArchiveFormat | undefined): ArchiveFormat {
  const format = given ?? BY_ENDING[path.extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw new UsageError(
    `${file === '-' ? 'A stream' : `The ending of ${file}`} tells no format: give --format har or ndjson`,
  );
}

/** The option `--format` of the commands that write or read an archive. */
export function formatOption(): Option {
  const description = 'where the ending of the file (.har, .ndjson, .jsonl) does not tell';
  return new Option('--format <format>', description).choices(FORMATS);
}
