// What chart and README say of when, and with what, was measured.

export function dateOf({ at }) {
  return at.slice(0, 10);
}

export function machineOf({ machine: { cpus, cpu } }) {
  return `${cpus} × ${cpu}`;
}

/** @returns {string} like `axios-persistent-cache 0.1.0, Node 20.20.2, axios 1.21.1, …` */
export function versionsOf({ versions: { node, axios, sqlite, rivals, ...own } }) {
  const { python, 'sqlite of python': itsSqlite, ...others } = rivals;
  const ofPython = python === undefined ? {} : { Python: `${python} (SQLite ${itsSqlite})` };
  const named = { ...own, Node: node, axios, SQLite: sqlite, ...others, ...ofPython };
  return Object.entries(named)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
