import { Command, CommanderError } from 'commander';
import type { DefineCommand } from './command-line.js';
import { defineCopy } from './commands/copy.js';
import { defineExport } from './commands/export.js';
import { defineImport } from './commands/import.js';
import { defineLs } from './commands/ls.js';
import { definePrune } from './commands/prune.js';
import { defineReport } from './commands/report.js';
import { defineRm } from './commands/rm.js';
import { defineShow } from './commands/show.js';
import { defineStats } from './commands/stats.js';
import { defineVerify } from './commands/verify.js';
import { EXIT, exitCodeOf, messageOf, OutputClosed, UsageError, withoutSecrets } from './failure.js';
import { Output, type TerminalStream, wantsColours } from './output.js';
import { Runtime, type Surrounding } from './runtime.js';
import { Stop } from './stop.js';
import { plain } from './text.js';

const COMMANDS: readonly DefineCommand[] = [
  defineLs,
  defineShow,
  defineStats,
  defineRm,
  definePrune,
  defineVerify,
  defineExport,
  defineImport,
  defineCopy,
  defineReport,
];

const NAME = 'axios-persistent-cache';

/** The process that a command line runs in. */
export interface CommandProcess extends Pick<Surrounding, 'stdin' | 'clock' | 'version'> {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Has a function called when the user asks for an end; and when the process ends, however that is. */
  onInterrupt(listener: () => void): void;
  onExit(listener: () => void): void;
}

/**
 * Runs the command that the arguments say. Everything that goes wrong is told in one line on standard error.
 * @param args without the program itself
 * @returns the exit code: 0 done; 1 failed, or something was found wrong; 2 wrong usage; 130 interrupted
 */
export async function runCommandLine(args: readonly string[], process: CommandProcess): Promise<number> {
  const isColourful = (stream: TerminalStream): boolean =>
    wantsColours(stream, process.env, !args.includes('--no-color'));
  const stop = new Stop();
  process.onInterrupt(() => stop.ask());
  process.onExit(() => stop.tidy());
  const out = new Output(process.stdout, isColourful(process.stdout));
  const notes = new Output(process.stderr, isColourful(process.stderr));
  const tellsProgress = !args.includes('--no-progress');
  const runtime = new Runtime({ ...surroundingOf(process), out, notes, stop, tellsProgress });
  try {
    const program = newProgram(runtime);
    await program.parseAsync(commandFirst(args, program), { from: 'user' });
    await out.end();
    return runtime.exitCode;
  } catch (error) {
    // It has said what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUsage;
    if (!(error instanceof OutputClosed)) await tell(error, wantsDetails(args, process.env), runtime);
    return exitCodeOf(error);
  }
}

/** Also by `NODE_DEBUG`, as of the library. */
function wantsDetails(args: readonly string[], env: CommandProcess['env']): boolean {
  return args.includes('--debug') || (env['NODE_DEBUG'] ?? '').split(',').includes(NAME);
}

function surroundingOf({
  stdin,
  stderr,
  clock,
  version,
}: CommandProcess): Pick<Surrounding, 'stdin' | 'stderr' | 'clock' | 'version'> {
  return { stdin, stderr, clock, version };
}

function newProgram(runtime: Runtime): Command {
  const program = new Command(NAME)
    .description('Looks into the store of a cache, changes it, and moves it.')
    .version(runtime.version, '-V, --version', 'the version of this package')
    .usage('<store> <command> [options]')
    .addHelpText('after', STORES)
    .configureHelp({ commandUsage: usageOf, showGlobalOptions: false })
    .configureOutput({ outputError: (text, write) => write(text) })
    .enablePositionalOptions()
    .exitOverride();
  for (const define of COMMANDS) define(program, runtime);
  for (const command of program.commands) {
    command
      .copyInheritedSettings(program)
      .option('--no-color', 'no colours; NO_COLOR does the same')
      .option('--no-progress', 'do not tell on standard error how far it has come')
      .option('--debug', 'tell errors with all that is known of them');
  }
  return program;
}

const STORES = `
A store is
  demo_cache.sqlite, demo_cache         a file of SQLite
  ./cache/                              a directory of the backend filesystem
  redis://host:6379, rediss://…         with --cache-name, where that is not http_cache
  mongodb://host:27017, mongodb+srv://… likewise; --backend gridfs for GridFS
  dynamodb://table?region=eu-central-1  with &endpoint=http://127.0.0.1:8000 for a local one

Examples:
  $ npx ${NAME} demo_cache.sqlite ls --expired
  $ npx ${NAME} demo_cache.sqlite show https://api.example.com/users
  $ npx ${NAME} demo_cache.sqlite report -o report.html
  $ npx ${NAME} help ls
`;

/** As people write it: what it is about comes first. */
function usageOf(command: Command): string {
  if (command.parent === null) return `${command.name()} ${command.usage()}`;
  const [first = '', ...others] = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name();
    return one.required ? `<${name}>` : `[${name}]`;
  });
  const usage =
    command.name() === 'copy'
      ? [command.name(), first, ...others]
      : command.name() === 'help'
        ? ['help', first]
        : [first, command.name(), ...others];
  return [NAME, ...usage, '[options]'].join(' ');
}

/** `<store> ls …` is `ls <store> …`: either order is understood. @throws UsageError where neither is a command */
function commandFirst(args: readonly string[], program: Command): readonly string[] {
  const [store, command, ...others] = args;
  const names = [...program.commands.map((one) => one.name()), 'help'];
  const isCommand = (name: string): boolean => names.includes(name);
  if (store === 'help' && command !== undefined && !command.startsWith('-') && !isCommand(command)) {
    throw new UsageError(`"${command}" is no command; there are ${names.join(', ')}`);
  }
  if (store === 'help' && command === 'help') return ['help'];
  if (store === undefined || store.startsWith('-') || isCommand(store)) return args;
  if (command === '--help' || command === '-h') return [command];
  if (command !== undefined && isCommand(command)) return [command, store, ...others];
  throw new UsageError(`${withoutCommand(store, command)}; there are ${names.join(', ')}`);
}

/** Not with a URL, which may have a password. */
function withoutCommand(first: string, second: string | undefined): string {
  if (second === undefined) return 'No command is given';
  const named = [first, second].filter((one) => !one.includes('://'));
  return named.length === 2
    ? `Neither "${first}" nor "${second}" is a command`
    : `"${named.join('')}" is no command`;
}

async function tell(error: unknown, isDebug: boolean, { notes, secrets }: Runtime): Promise<void> {
  const text = withoutSecrets(messageOf(error), secrets);
  try {
    await notes.line(notes.style.bad(`${NAME}: ${plain(text)}`));
    if (!isDebug) return;
    for (const line of withoutSecrets(details(error), secrets).split('\n')) await notes.line(plain(line));
  } catch {
    // There is nobody to be told.
  }
}

function details(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? stack : `${stack}\ncaused by: ${details(cause)}`;
}
