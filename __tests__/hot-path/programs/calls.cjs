// Counts calls by standing in for what is called. To be loaded before the library, which may remember what it calls.
const { createHook } = require('node:async_hooks');
const { createRequire } = require('node:module');
const path = require('node:path');

let counts;

function add(name, amount = 1) {
  if (counts !== undefined) counts[name] = (counts[name] ?? 0) + amount;
}

/** A proxy, since what is replaced may have members of its own: `fs.realpath.native`. */
function replace(owner, name, note) {
  const original = owner?.[name];
  if (typeof original !== 'function') return;
  const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(owner, name) ?? {
    writable: true,
    enumerable: true,
    configurable: true,
  };
  const value = new Proxy(original, {
    apply(target, self, args) {
      const result = Reflect.apply(target, self, args);
      if (counts !== undefined) note(args, self, result);
      return result;
    },
    construct(target, args, newTarget) {
      const made = Reflect.construct(target, args, newTarget === value ? target : newTarget);
      if (counts !== undefined) note(args, undefined, made);
      return made;
    },
  });
  Object.defineProperty(owner, name, { value, writable: writable ?? true, enumerable, configurable });
}

function replaceAll(owner, names, noteOf) {
  for (const name of names) replace(owner, name, noteOf(name));
}

const namesOf = (owner) => Object.getOwnPropertyNames(owner).filter((name) => name !== 'constructor');

function countTexts() {
  replace(JSON, 'parse', () => add('JSON.parse'));
  replace(JSON, 'stringify', () => add('JSON.stringify'));
}

function countHashes() {
  const crypto = require('node:crypto');
  replaceAll(crypto, ['hash', 'createHash', 'createHmac'], () => () => add('hashes'));
  replace(Object.getPrototypeOf(globalThis.crypto.subtle), 'digest', () => add('hashes'));
  replace(require('node:zlib'), 'crc32', () => add('checksums'));
}

function countObjects() {
  replaceAll(URL, ['parse', 'canParse'], () => () => add('URLs'));
  replace(globalThis, 'URL', () => add('URLs'));
  require('node:url').URL = globalThis.URL;
  replace(globalThis, 'AbortController', () => add('AbortControllers'));
  replaceAll(AbortSignal, ['timeout', 'any'], () => () => add('AbortControllers'));
}

function countTimers() {
  const names = ['setTimeout', 'setInterval', 'setImmediate'];
  for (const owner of [globalThis, require('node:timers')]) {
    replaceAll(owner, names, () => () => add('timers'));
  }
  replace(process, 'nextTick', () => add('ticks'));
  replace(globalThis, 'queueMicrotask', () => add('ticks'));
}

/** Of views of the same memory nothing is copied. */
function bytesTaken(source, result) {
  const isView = source instanceof ArrayBuffer || source instanceof SharedArrayBuffer;
  return typeof source === 'object' && source !== null && !isView ? result.byteLength : 0;
}

function countBytes() {
  const copied = (bytes) => bytes > 0 && add('bytes copied', bytes);
  const encoded = (bytes) => add('bytes encoded', bytes);
  replace(Buffer, 'from', ([source], _self, result) =>
    typeof source === 'string' ? encoded(result.byteLength) : copied(bytesTaken(source, result)),
  );
  replaceAll(Buffer, ['concat', 'copyBytesFrom'], () => (_args, _self, result) => copied(result.byteLength));
  replaceAll(Buffer, ['alloc', 'allocUnsafe', 'allocUnsafeSlow'], () => () => add('buffers'));
  replace(Buffer.prototype, 'copy', (_args, _self, bytes) => copied(bytes));
  replace(Buffer.prototype, 'write', (_args, _self, bytes) => encoded(bytes));
  replace(Buffer.prototype, 'toString', (_args, self) => add('bytes decoded', self.byteLength));
  replace(TextDecoder.prototype, 'decode', ([source]) => add('bytes decoded', source?.byteLength ?? 0));
  replace(TextEncoder.prototype, 'encode', (_args, _self, result) => encoded(result.byteLength));
  replace(ArrayBuffer.prototype, 'slice', (_args, _self, result) => copied(result.byteLength));
  const typedArray = Object.getPrototypeOf(Uint8Array);
  replace(typedArray.prototype, 'slice', (_args, _self, result) => copied(result.byteLength));
  replace(typedArray.prototype, 'set', ([source]) => copied(source.byteLength ?? source.length));
  replaceAll(typedArray, ['from', 'of'], () => (_args, _self, result) => copied(result.byteLength));
  replace(globalThis, 'Uint8Array', ([source], _self, result) => copied(bytesTaken(source, result)));
  replace(globalThis, 'structuredClone', () => add('structured clones'));
}

/** Each by its name: `file openSync`. */
function countFileCalls() {
  const fs = require('node:fs');
  const isCall = (owner) => (name) => typeof owner[name] === 'function' && /^[a-z]/.test(name);
  for (const owner of [fs, fs.promises]) {
    replaceAll(owner, namesOf(owner).filter(isCall(owner)), (name) => () => add(`file ${name}`));
  }
}

/** Each by the method and its statement: `driver get PRAGMA data_version`, `driver all SELECT`. */
function countDriverCalls(Database) {
  const database = new Database(':memory:');
  const statement = Object.getPrototypeOf(database.prepare('SELECT 1'));
  database.close();
  const shown = (sql) => (/^PRAGMA/i.test(sql) ? sql : /^\w+/.exec(sql.trim())[0]);
  replaceAll(statement, ['all', 'get', 'run', 'iterate'], (name) => (_args, { source, sourceSQL }) => {
    add(`driver ${name} ${shown(source ?? sourceSQL)}`);
  });
  replaceAll(Database.prototype, ['exec', 'prepare', 'pragma'], (name) => ([sql]) => {
    add(`driver ${name} ${shown(sql)}`);
  });
}

/** The driver that the library takes: better-sqlite3, or Node's own where that is not built for this Node. */
function driverOf(directory) {
  const Database = createRequire(path.join(directory, 'lib', 'index.js'))('better-sqlite3');
  try {
    new Database(':memory:').close();
    return Database;
  } catch (error) {
    const found = process.getBuiltinModule?.('node:sqlite');
    if (found === undefined) throw error;
    return found.DatabaseSync;
  }
}

/** Each by its name: `backend get`. */
function countBackendCalls(directory) {
  const modules = { memory: 'MemoryBackend', 'sqlite/index': 'SqliteBackend' };
  modules['filesystem/index'] = 'FilesystemBackend';
  for (const [file, name] of Object.entries(modules)) {
    const { prototype } = require(path.join(directory, 'lib', 'backends', `${file}.js`))[name];
    const methods = namesOf(prototype).filter(
      (method) => typeof Object.getOwnPropertyDescriptor(prototype, method).value === 'function',
    );
    replaceAll(prototype, methods, (method) => () => add(`backend ${method}`));
  }
}

/** @param directory of the compiled library, of which nothing has been loaded yet */
function countCalls(directory) {
  countTexts();
  countHashes();
  countObjects();
  countTimers();
  countBytes();
  countFileCalls();
  countDriverCalls(driverOf(directory));
  countBackendCalls(directory);
  createHook({ init: (_id, type) => type === 'PROMISE' && add('promises') }).enable();
}

/** From here on calls are counted, until {@link stop}. No function is given: to call it would make promises itself. */
function start() {
  counts = {};
}

/** @returns how often each was called meanwhile, by the names of what is counted */
function stop() {
  const counted = counts;
  counts = undefined;
  return counted;
}

module.exports = { countCalls, start, stop };
