import { type Command, InvalidArgumentError } from 'commander';
import { BACKENDS } from '../backends/table.js';
import { SERIALIZERS } from '../serializers/named-serializer.js';
import type { Runtime } from './runtime.js';
import type { SelectionOptions } from './selection.js';
import type { StoreOptions } from './store-location.js';

/** What every command is told. */
export interface CommonOptions extends StoreOptions {
  readonly json?: boolean | undefined;
}

/** Adds a command. */
export type DefineCommand = (program: Command, runtime: Runtime) => void;

/** Begins a command: its name and arguments, what it does, and how it is used. */
export function newCommand(
  program: Command,
  nameAndArguments: string,
  summary: string,
  examples: readonly string[],
): Command {
  const command = program.command(nameAndArguments).description(summary);
  command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((one) => `  $ npx axios-persistent-cache ${one}`).join('\n')}\n`,
  );
  return command;
}

/** The options by which a store is told. */
export function withStoreOptions(command: Command): Command {
  return command
    .option('--backend <name>', `backend, where the name does not tell: ${backendNames()}`)
    .option(
      '--cache-name <name>',
      'cache name (namespace, database) of a store on a server; default http_cache',
    )
    .option(
      '--serializer <name>',
      `how records are written, where it cannot be told: ${SERIALIZERS.join(', ')}`,
    )
    .option('--options <json>', 'options of the backend, as JSON: \'{"busyTimeout":1000}\'');
}

/** Likewise of the store that is written to. */
export function withTargetOptions(command: Command): Command {
  return command
    .option('--to-backend <name>', 'backend of the target')
    .option('--to-cache-name <name>', 'cache name of the target')
    .option('--to-serializer <name>', 'how records are written in the target')
    .option('--to-options <json>', 'options of the backend of the target, as JSON');
}

export interface TargetOptions {
  readonly toBackend?: string | undefined;
  readonly toCacheName?: string | undefined;
  readonly toSerializer?: string | undefined;
  readonly toOptions?: string | undefined;
}

export function targetOf(options: TargetOptions): StoreOptions {
  return {
    backend: options.toBackend,
    cacheName: options.toCacheName,
    serializer: options.toSerializer,
    options: options.toOptions,
  };
}

/** The options that single out some of the responses. */
export function withSelectionOptions(command: Command): Command {
  return command
    .option(
      '--url <pattern>',
      'only these URLs: a glob (example.com/users*) or /regular expression/',
      collected,
    )
    .option('--host <name>', 'only this host; * stands for anything', collected)
    .option('--status <codes>', 'only these statuses: 200, 404,410 or 5xx', collected)
    .option('--method <names>', 'only these methods', collected)
    .option('--tag <tag>', 'only what has this tag', collected)
    .option('--expired', 'only what is stale')
    .option('--fresh', 'only what is fresh')
    .option('--older-than <time>', 'only what was first stored longer ago: 30m, 12h, 7d');
}

export type SelectingOptions = SelectionOptions & CommonOptions;

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A whole number > 0. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It is to be a whole number greater than 0.');
}

function backendNames(): string {
  return BACKENDS.map(({ name }) => name)
    .filter((name) => name !== 'memory')
    .join(', ');
}
