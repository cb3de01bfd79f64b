import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import type * as V8 from 'node:v8';
import { importLazily, loadOptionalPackage, type OptionalPackage } from '../optional-package.js';
import { readYaml, writeYaml, YAML_PACKAGE, type YamlModule } from '../storage/yaml-text.js';
import { isPlain } from './document.js';
import type { SerializerName, SerializerStage } from '../storage/serializer-stage.js';
import { requireHonestLengths } from './v8-claims.js';

/** A way to write plain objects down, and how to get it. */
export interface Notation {
  readonly name: string;
  /** Whether it holds bytes as they are, so that base64 is not needed. */
  readonly holdsBytes: boolean;
  /** Whether every text comes back as it was, and bytes where it holds them. Of YAML nobody can be sure. */
  readonly isExact: boolean;
  /** At once where no package is needed, or where it has been loaded. */
  load(): SerializerStage | Promise<SerializerStage>;
}

/** What is used of the packages. */
interface Superjson {
  serialize(value: unknown): SuperjsonResult;
  deserialize(result: SuperjsonResult, options: { readonly inPlace: boolean }): unknown;
}
interface SuperjsonResult {
  /** What says which types there are that JSON does not have. */
  readonly meta?: { readonly values?: unknown };
}
interface Bson {
  calculateObjectSize(document: object, options: object): number;
  serialize(document: object, options: object): Uint8Array;
  deserialize(bytes: Uint8Array, options: object): unknown;
}

/** JSON by superjson: dates, maps, sets, bigint and undefined survive. */
const SUPERJSON = {
  packageName: 'superjson',
  range: '^2.0.0',
  load: (): Promise<unknown> => import('superjson'),
};
const json = fromPackage('json', SUPERJSON, false, (SuperJson: new () => Superjson) => {
  // One of its own: classes that the program has registered elsewhere are none that a record may ask for.
  const superjson = new SuperJson();
  return {
    // The same text, without looking for what there is not.
    dumps: (value) =>
      JSON.stringify(isPlain(value) ? { json: value } : withoutBytes(superjson.serialize(value))),
    loads: (value) => {
      const result = withoutBytes(JSON.parse(textOf(value)) as SuperjsonResult);
      return superjson.deserialize(result, { inPlace: true });
    },
  };
});

/**
 * Typed arrays, which documents do not hold, would be made as long as a number says.
 * @throws TypeError
 */
function withoutBytes(result: SuperjsonResult): SuperjsonResult {
  const { values } = result.meta ?? {};
  if (values !== undefined && JSON.stringify(values).includes('"typed-array"')) {
    throw new TypeError('bytes that are to be JSON: put "json" before stages that make bytes');
  }
  return result;
}

const yaml = fromPackage('yaml', YAML_PACKAGE, false, (module: YamlModule) => ({
  dumps: (value) => writeYaml(module, value, JSON.stringify(value)),
  loads: (value) => readYaml(module, textOf(value)),
}));

const BSON = { packageName: 'bson', range: '^6.0.0 || ^7.0.0', load: (): Promise<unknown> => import('bson') };
const USUAL_BSON_BUFFER_BYTES = 17 * 1024 * 1024;
const bson = fromPackage('bson', BSON, true, (module: Bson) => ({
  dumps: (value) => {
    const options = { ignoreUndefined: true };
    // Its buffer has 17 MB, unless it is told, and text is cut there without an error.
    const minInternalBufferSize = Math.max(
      module.calculateObjectSize(value as object, options),
      USUAL_BSON_BUFFER_BYTES,
    );
    return module.serialize(value as object, { ...options, minInternalBufferSize });
  },
  // Bytes as bytes; and what JavaScript would round is an error instead.
  loads: (value) => module.deserialize(bytesOf(value), { promoteBuffers: true, promoteValues: true }),
}));

let v8Stage: SerializerStage | undefined;

/** Node's own structured clone: the quickest, and readable by Node only. */
const structuredClone: Notation = {
  name: 'v8',
  holdsBytes: true,
  isExact: true,
  // Node loads it when it is asked for, and most programs do not.
  load: () =>
    v8Stage ?? importLazily('node:v8', () => import('node:v8')).then((v8) => (v8Stage = stageBy(v8))),
};

function stageBy(v8: typeof V8): SerializerStage {
  return {
    dumps: (value) => v8.serialize(value),
    loads: (value) => {
      const bytes = bytesOf(value);
      requireHonestLengths(bytes);
      return v8.deserialize(bytes) as unknown;
    },
  };
}

/** By the names that users write. */
export const NOTATIONS: Readonly<Record<Exclude<SerializerName, 'binary'>, Notation>> = {
  json,
  yaml,
  bson,
  v8: structuredClone,
};

function fromPackage<T>(
  name: string,
  needed: Pick<OptionalPackage, 'packageName' | 'range' | 'load'>,
  holdsBytes: boolean,
  make: (loaded: T) => SerializerStage,
): Notation {
  let stage: SerializerStage | undefined;
  const wanted = {
    ...needed,
    kind: 'Serializer' as const,
    backend: name,
    alternative: "use the serializer 'binary' or 'v8'",
  };
  return {
    name,
    holdsBytes,
    isExact: name !== 'yaml',
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
