// What a run has found, as JSON and as a table of targets.
import os from 'node:os';
import { createRequire } from 'node:module';
import axios from 'axios';
import { median, ratioOf } from '../timing.mjs';

const require = createRequire(import.meta.url);

/** The name of the command, for the results, the chart and the README. */
export const COMMAND = 'npm run bench -- speed';

/** @param run what was measured, and with what */
export function resultsOf({ cells, memory, imports, targets, notes, parts, rounds, rivals, servers }) {
  return {
    at: new Date().toISOString(),
    command: COMMAND,
    machine: {
      cpu: os.cpus()[0]?.model.trim(),
      cpus: os.cpus().length,
      memoryBytes: os.totalmem(),
      platform: `${os.platform()} ${os.release()}`,
    },
    versions: {
      node: process.versions.node,
      axios: axios.VERSION,
      'axios-persistent-cache': require('axios-persistent-cache/package.json').version,
      sqlite: sqliteVersion(),
      rivals,
    },
    servers: servers.map(({ backend, title, isEmulator }) => ({ backend, title, isEmulator })),
    rounds,
    parts,
    figures: cells.flatMap(figuresOf),
    memory,
    imports,
    targets: targets.map((target) => ({ ...target, value: target.value ?? null })),
    notes,
  };
}

function figuresOf({ part, what, bytes, timed }) {
  const [base] = timed;
  return timed.map((one) => ({
    part,
    case: what,
    bytes,
    subject: one.id,
    name: one.name,
    note: one.note,
    isShared: one.isShared ?? false,
    micros: median(one.times),
    comparedWith: base.id,
    ...ratioOf(one, base),
  }));
}

/** Of the driver that this library takes here. */
function sqliteVersion() {
  try {
    const database = new (require('better-sqlite3'))(':memory:');
    const { version } = database.prepare('SELECT sqlite_version() AS version').get();
    database.close();
    return `${version} (better-sqlite3 ${require('better-sqlite3/package.json').version})`;
  } catch {
    return `${process.versions.sqlite ?? 'none'} (node:sqlite)`;
  }
}

export function showTargets(targets) {
  if (targets.length === 0) return;
  const rows = targets.map(({ what, target, measured, isMet }) => [
    what,
    measured,
    target,
    isMet === null ? 'not measured' : isMet ? 'met' : 'NOT MET',
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  console.log('\ntargets');
  for (const row of rows)
    console.log(`  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`);
  const missed = targets.filter(({ isMet }) => isMet === false).length;
  console.log(missed === 0 ? '  Every target that was measured is met.' : `  ${missed} are not met.`);
}
