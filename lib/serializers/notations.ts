import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import v8 from 'node:v8';
import { loadOptionalPackage } from '../optional-package.js';
import { type SerializerStage } from './stage.js';

/** A way to write plain objects down, and how to get it. */
export interface Notation {
  readonly name: string;
  /** Whether it holds bytes as they are, so that base64 is not needed. */
  readonly holdsBytes: boolean;
  /** At once where no package is needed, or where it has been loaded. */
  load(): SerializerStage | Promise<SerializerStage>;
}

/** What is used of the packages. */
interface Superjson {
  stringify(value: unknown): string;
  parse(text: string): unknown;
}
interface Yaml {
  stringify(value: unknown, options: object): string;
  parse(text: string, options: object): unknown;
}
interface Bson {
  serialize(document: object, options: object): Uint8Array;
  deserialize(bytes: Uint8Array, options: object): unknown;
}

/** JSON by superjson: dates, maps, sets, bigint and undefined survive. */
const json = fromPackage(
  'json',
  'superjson',
  '^2.0.0',
  false,
  () => import('superjson'),
  (superjson: Superjson) => ({
    dumps: (value) => superjson.stringify(value),
    loads: (value) => superjson.parse(textOf(value)),
  }),
);

/** Longer texts, in characters, are JSON, which is YAML, too: YAML would take ten times as long, and hold up everything else. */
const LONGEST_YAML = 50_000;

const yaml = fromPackage(
  'yaml',
  'yaml',
  '^2.0.0',
  false,
  () => import('yaml'),
  (module: Yaml) => ({
    dumps: (value) => {
      const text = JSON.stringify(value);
      if (text.length > LONGEST_YAML) return text;
      return module.stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
    },
    loads: (value) => {
      const text = textOf(value);
      if (text.startsWith('{')) {
        try {
          return JSON.parse(text) as unknown;
        } catch (error) {
          if (text.length > LONGEST_YAML) throw error;
        }
      }
      // Without aliases no short text can stand for an enormous one. Warnings would be printed.
      return module.parse(text, { maxAliasCount: 0, logLevel: 'error' });
    },
  }),
);

const bson = fromPackage(
  'bson',
  'bson',
  '^6.0.0 || ^7.0.0',
  true,
  () => import('bson'),
  (module: Bson) => ({
    dumps: (value) => module.serialize(value as object, { ignoreUndefined: true }),
    // Bytes as bytes; and what JavaScript would round is an error instead.
    loads: (value) => module.deserialize(bytesOf(value), { promoteBuffers: true, promoteValues: true }),
  }),
);

/** Node's own structured clone: the quickest, and readable by Node only. */
const structuredClone: Notation = {
  name: 'v8',
  holdsBytes: true,
  load: () => V8_STAGE,
};

const V8_STAGE: SerializerStage = {
  dumps: (value) => v8.serialize(value),
  loads: (value) => v8.deserialize(bytesOf(value)) as unknown,
};

/** By the names that users write. */
export const NOTATIONS: Readonly<Record<string, Notation>> = { json, yaml, bson, v8: structuredClone };

function fromPackage<T>(
  name: string,
  packageName: string,
  range: string,
  holdsBytes: boolean,
  load: () => Promise<unknown>,
  make: (loaded: T) => SerializerStage,
): Notation {
  let stage: SerializerStage | undefined;
  const wanted = {
    kind: 'Serializer' as const,
    backend: name,
    packageName,
    range,
    alternative: "use the serializer 'binary' or 'v8'",
    load,
  };
  return {
    name,
    holdsBytes,
    load: () => stage ?? loadOptionalPackage<T>(wanted).then((loaded) => (stage = make(loaded))),
  };
}

/** What a notation of text has written: as it was, or as storage gives it. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : Buffer.from(bytesOf(value)).toString('utf8');
}

function bytesOf(value: unknown): Uint8Array {
  if (types.isUint8Array(value)) return value;
  throw new TypeError('neither text nor bytes');
}
