import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What is tested against: the kinds of one family speak the same protocol. */
export type ServerFamily = 'redis' | 'redis-cluster' | 'mongodb' | 'dynamodb';

/** A program, or an address that the environment names. `title` is for the titles of tests. */
export interface ServerKind {
  readonly family: ServerFamily;
  readonly name: KindName;
  readonly title: string;
  /** Where the server is, when somebody else runs it; such a one can be used, but neither stopped nor started. */
  readonly address: string | undefined;
}

export type KindName =
  | 'environment'
  | 'redis-server'
  | 'valkey-server'
  | 'mongod'
  | 'secantusdb'
  | 'mongo-java-server'
  | 'jongodb'
  | 'dynoxide'
  | 'dynalite';

interface CatalogueEntry {
  readonly folder: string;
  readonly program: string;
  readonly version?: string;
}

const PROJECT = path.resolve(__dirname, '..', '..');

/** Where `install.mjs` puts what it installs. */
export const INSTALLED = path.resolve(process.env['TEST_SERVERS_DIR'] ?? path.join(PROJECT, '.test-servers'));

const CATALOGUE = JSON.parse(readFileSync(path.join(__dirname, 'catalogue.json'), 'utf8')) as Readonly<
  Record<string, CatalogueEntry>
>;

/** By these the user names servers that are running already. */
export const VARIABLES: Readonly<Record<ServerFamily, string>> = {
  redis: 'REDIS_URL',
  'redis-cluster': 'REDIS_CLUSTER_NODES',
  mongodb: 'MONGODB_URI',
  dynamodb: 'DYNAMODB_ENDPOINT',
};

/** A program on PATH; undefined when there is none. */
function onPath(...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const name of names) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}

function entryOf(name: string): CatalogueEntry {
  const entry = CATALOGUE[name];
  if (entry === undefined) throw new Error(`The catalogue of servers has no ${name}.`);
  return entry;
}

/** A program that `install.mjs` has installed completely. */
function installed(name: string): string | undefined {
  const { folder, program } = entryOf(name);
  const isComplete = existsSync(path.join(INSTALLED, folder, '.complete'));
  return isComplete ? path.join(INSTALLED, folder, program) : undefined;
}

const FINDERS: Readonly<Record<Exclude<KindName, 'environment'>, () => string | undefined>> = {
  'redis-server': () => onPath('redis-server') ?? installed('redis'),
  'valkey-server': () => onPath('valkey-server'),
  mongod: () => onPath('mongod'),
  secantusdb: () => onPath('secantusd-py') ?? installed('secantusdb'),
  'mongo-java-server': () => (onPath('java') === undefined ? undefined : installed('mongo-java-server')),
  jongodb: () => installed('jongodb'),
  dynoxide: () => onPath('dynoxide') ?? installed('dynoxide'),
  dynalite: () => {
    const file = path.join(PROJECT, 'node_modules', 'dynalite', 'cli.js');
    return existsSync(file) ? file : undefined;
  },
};

/** The file of a program: an executable, a folder of Java classes or a script of Node. */
export function programOf(kind: KindName): string {
  const program = kind === 'environment' ? undefined : FINDERS[kind]();
  if (program === undefined) throw new Error(`There is no ${kind} on this machine.`);
  return program;
}

/** Kinds that are tested, in the order of choice: of each group all that there are, of the groups the first that is not empty. */
const CHOICE: Readonly<Record<ServerFamily, readonly (readonly Exclude<KindName, 'environment'>[])[]>> = {
  redis: [['redis-server'], ['valkey-server']],
  'redis-cluster': [['redis-server'], ['valkey-server']],
  mongodb: [['mongod'], ['secantusdb', 'mongo-java-server'], ['jongodb']],
  dynamodb: [['dynoxide', 'dynalite']],
};

/**
 * The servers of a family that tests run against on this machine; none: the family is not tested.
 * A variable of the environment excludes all others.
 */
export function availableKinds(family: ServerFamily): readonly ServerKind[] {
  const address = process.env[VARIABLES[family]];
  if (address !== undefined && address !== '') {
    return [{ family, name: 'environment', title: `${family} at ${VARIABLES[family]}`, address }];
  }
  return startableKinds(family);
}

/** Like {@link availableKinds}, but only what tests can start for themselves, and stop, and pause. */
export function startableKinds(family: ServerFamily): readonly ServerKind[] {
  for (const group of CHOICE[family]) {
    const found = group.filter((name) => FINDERS[name]() !== undefined);
    if (found.length > 0) {
      return found.map((name) => ({ family, name, title: titleOf(family, name), address: undefined }));
    }
  }
  return [];
}

function titleOf(family: ServerFamily, name: KindName): string {
  const version = CATALOGUE[name]?.version;
  const title = version === undefined ? name : `${name} ${version}`;
  return family === 'redis-cluster' ? `a cluster of ${title}` : title;
}

/** The families that a backend of the library needs, by its name. */
export const NEEDED: Readonly<Record<string, readonly ServerFamily[]>> = {
  memory: [],
  sqlite: [],
  filesystem: [],
  redis: ['redis', 'redis-cluster'],
  mongodb: ['mongodb'],
  gridfs: ['mongodb'],
  dynamodb: ['dynamodb'],
};

/** Names in `REQUIRE_BACKENDS`: that one of these is not tested is a failure, never a skip. */
export function requiredBackends(): readonly string[] {
  return (process.env['REQUIRE_BACKENDS'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Whether a backend that is required needs servers of this family. */
export function isRequired(family: ServerFamily): boolean {
  return requiredBackends().some((name) => NEEDED[name]?.includes(family));
}

/** Why a family has no server, as far as it is known: what `install.mjs` has tried in vain. */
export function whyNone(family: ServerFamily): string {
  try {
    const report = JSON.parse(readFileSync(path.join(INSTALLED, 'report.json'), 'utf8')) as {
      failures: Readonly<Record<string, string>>;
    };
    const tried = CHOICE[family].flat().map((name) => (name === 'redis-server' ? 'redis' : name));
    const reasons = tried.flatMap((name) => {
      const reason = report.failures[name];
      return reason === undefined ? [] : [`${name}: ${reason}`];
    });
    if (reasons.length > 0) return reasons.join('; ');
  } catch {
    // Nothing was tried.
  }
  return 'nothing suitable is on PATH; run: node __tests__/servers/install.mjs';
}
