import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BACKENDS } from 'axios-persistent-cache';
import { endRun } from '../../__tests__/servers/run.cjs';
import { filesystemSubject, memorySubject, sqliteSubject } from './local-subjects.js';
import { type Entry, measure } from './measurements.js';
import { dynamodbSubject, gridfsSubject, mongodbSubject, redisSubject } from './networked-subjects.js';
import { NotMeasured, type Subject } from './subject.js';

const RESULTS = path.join(__dirname, '..', 'results');

/** By the name that the user writes for `--only`. */
const SUBJECTS: readonly { name: string; backend: string; start: () => Promise<Subject> }[] = [
  { name: 'memory', backend: 'memory', start: memorySubject },
  { name: 'sqlite', backend: 'sqlite', start: () => sqliteSubject(false) },
  { name: 'sqlite-limited', backend: 'sqlite', start: () => sqliteSubject(true) },
  { name: 'filesystem', backend: 'filesystem', start: filesystemSubject },
  { name: 'redis', backend: 'redis', start: redisSubject },
  { name: 'mongodb', backend: 'mongodb', start: mongodbSubject },
  { name: 'gridfs', backend: 'gridfs', start: gridfsSubject },
  { name: 'dynamodb', backend: 'dynamodb', start: dynamodbSubject },
];

interface Result {
  readonly name: string;
  readonly title?: string;
  readonly bare?: string;
  readonly notMeasured?: string;
  readonly entries: readonly Entry[];
}

/** Measures backends against their bare drivers, prints a table and writes `bench/results/backends.json`. */
export async function benchBackends(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      entries: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '15' },
    },
  });
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !SUBJECTS.some((subject) => subject.name === name));
  if (unknown !== undefined) {
    throw new Error(`No backend ${unknown}. There are: ${SUBJECTS.map(({ name }) => name).join(', ')}`);
  }
  const results: Result[] = [];
  try {
    for (const subject of SUBJECTS) {
      if (only !== undefined && !only.includes(subject.name)) continue;
      const result = await run(subject, Number(values.entries), Number(values.rounds));
      print(result);
      results.push(result);
    }
  } finally {
    await endRun();
  }
  const machine = { node: process.version, cpus: os.cpus().length, cpu: os.cpus()[0]?.model };
  mkdirSync(RESULTS, { recursive: true });
  const file = path.join(RESULTS, 'backends.json');
  writeFileSync(file, `${JSON.stringify({ at: new Date(), machine, results }, undefined, 2)}\n`);
  const missed = results.flatMap(({ name, entries }) =>
    entries.filter(({ isMet }) => isMet === false).map(({ what }) => `${name}: ${what}`),
  );
  console.log(
    missed.length === 0 ? '\nEvery target is met.' : `\nTargets that are not met:\n  ${missed.join('\n  ')}`,
  );
  console.log(`Written to ${path.relative(process.cwd(), file)}`);
}

async function run(
  { name, backend, start }: (typeof SUBJECTS)[number],
  entries: number,
  rounds: number,
): Promise<Result> {
  if (!BACKENDS.includes(backend))
    return { name, notMeasured: 'no such backend in this release', entries: [] };
  let subject: Subject | undefined;
  try {
    subject = await start();
    const { title, bareTitle: bare } = subject;
    return { name, title, bare, entries: await measure(subject, entries, rounds) };
  } catch (error) {
    if (error instanceof NotMeasured) return { name, notMeasured: error.message, entries: [] };
    throw error;
  } finally {
    await subject?.stop();
  }
}

function print({ name, title, bare, notMeasured, entries }: Result): void {
  console.log(`\n${title ?? name}${notMeasured === undefined ? '' : `: not measured, ${notMeasured}`}`);
  if (bare !== undefined) console.log(`  compared with ${bare}`);
  const width = Math.max(...entries.map(({ what }) => what.length), 0);
  for (const { what, measured, target, isMet } of entries) {
    const verdict = isMet === undefined ? '' : isMet ? 'met' : 'NOT MET';
    console.log(
      `  ${what.padEnd(width)}  ${measured.padEnd(44)} ${(target ?? '').padEnd(10)} ${verdict}`.trimEnd(),
    );
  }
}
