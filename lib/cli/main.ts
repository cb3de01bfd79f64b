#!/usr/bin/env node
import { createRequire } from 'node:module';
import { systemClock } from '../clock.js';
import { runCommandLine } from './program.js';

const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

/** Signals by which people and systems ask a process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const { stdin, stdout, stderr, env } = process;
// No await at the top: the build would have to wrap all modules, also those of the main entry.
void runCommandLine(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  clock: systemClock,
  version,
  onInterrupt: (listener) => {
    for (const signal of SIGNALS) process.on(signal, listener);
  },
  onExit: (listener) => process.on('exit', listener),
}).then((exitCode) => {
  // Not by what is still open: a driver may keep a connection for a while.
  process.exit(exitCode);
});
