import { isHttpCacheError } from '../errors.js';

/** How a command has ended. */
export const EXIT = Object.freeze({ ok: 0, failed: 1, wrongUsage: 2, interrupted: 130 });

/** What ends a command with one line for the user: no fault of the program. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

/** Options or arguments that no command can do anything with. */
export class UsageError extends CommandFailure {
  constructor(message: string) {
    super(message, EXIT.wrongUsage);
    this.name = 'UsageError';
  }
}

/** The user has asked for an end, by Ctrl-C. */
export class Interruption extends CommandFailure {
  constructor() {
    super('interrupted', EXIT.interrupted);
    this.name = 'Interruption';
  }
}

/** Nobody reads the output any more, as after `| head`: no failure. */
export class OutputClosed extends Error {}

export function exitCodeOf(error: unknown): number {
  if (error instanceof OutputClosed) return EXIT.ok;
  if (error instanceof CommandFailure) return error.exitCode;
  return isHttpCacheError(error) && USAGE_CODES.includes(error.code) ? EXIT.wrongUsage : EXIT.failed;
}

/** A wrong option of a backend is one of the command line. */
const USAGE_CODES: readonly string[] = [
  'ERR_CACHE_INVALID_OPTION',
  'ERR_CACHE_UNKNOWN_BACKEND',
  'ERR_CACHE_UNKNOWN_SERIALIZER',
];

/** An error in one line, without a stack. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.replace(/\s+/g, ' ').trim();
  return line === '' ? 'unknown error' : line;
}

/** A text without what must not be shown, such as passwords that a driver has put into its message. */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let shown = text;
  for (const secret of secrets) if (secret !== '') shown = shown.replaceAll(secret, '***');
  return shown;
}
