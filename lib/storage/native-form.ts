import { InvalidOptionError } from '../errors.js';
import { expectBoolean, expectOneOf, optionPath, type OptionSchema } from '../options.js';
import type { NativeFormOptions } from './options/native-form.js';

/** How heads and bodies are written as the database's own values. */
export interface NativeForm {
  /** Whether bodies of JSON are stored as what they say; else they are text. */
  readonly decodesContent: boolean;
}

/** Undefined: as bytes. */
export function nativeForm({ serializer, decodeContent = false }: NativeFormOptions): NativeForm | undefined {
  return serializer === 'bson' ? { decodesContent: decodeContent } : undefined;
}

/** For the schemas of backends that have these options. */
export const NATIVE_FORM: OptionSchema = {
  serializer: expectOneOf(['binary', 'bson']),
  decodeContent: expectBoolean,
};

/** @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function requireNativeForm({ serializer, decodeContent }: NativeFormOptions, path: string): void {
  if (decodeContent !== true || serializer === 'bson') return;
  throw new InvalidOptionError(
    optionPath(path, 'decodeContent'),
    decodeContent,
    'true only with serializer: "bson"',
  );
}
