/** What one request may call: exactly so often, or at most. */
export type Expected = number | AtMost;

/** Where the number is a little another one each time: of what has a port or a time in it. */
export interface AtMost {
  readonly atMost: number;
}

/** By the kind of call; what is not named is not called at all. */
export type ExpectedCalls = Readonly<Record<string, Expected>>;

const BODY = 1027;
const LARGE_BODY = 32_022;
/** Bytes of what is stored of a response besides its body. */
const HEAD = 1000;

const atMost = (number: number): AtMost => ({ atMost: number });

/** axios's own parsing of a body, and the decoding that it takes. */
const textOf = (bytes: number): ExpectedCalls => ({ 'JSON.parse': 1, 'bytes decoded': bytes });
const bytesOf = (bytes: number): ExpectedCalls => ({ 'bytes copied': bytes });

const MEMORY: ExpectedCalls = { promises: atMost(1), 'backend get': 1 };
/** What SQLite is asked for each time: whether what is in memory is still what the file holds. */
const SQLITE: ExpectedCalls = { ...MEMORY, 'driver get PRAGMA data_version': 1 };

/** A record's file is read each time. */
const FILESYSTEM: ExpectedCalls = {
  ...MEMORY,
  'file openSync': 1,
  'file fstatSync': 1,
  'file readSync': 1,
  'file closeSync': 1,
  buffers: 1,
  checksums: 2,
};
/** Where a response varies by header fields, its directory is listed. */
const FILESYSTEM_VARIANT: ExpectedCalls = { ...FILESYSTEM, 'file readdirSync': 1 };
/** With the lead of the file: names and times, as JSON. */
const fileTextOf = (bytes: number): ExpectedCalls => ({
  'JSON.parse': bytes === 0 ? 1 : 2,
  'bytes decoded': atMost(bytes + HEAD + 400),
});

/** A head is decoded the first time that it is met, and its URL taken apart. */
const FIRST: ExpectedCalls = {
  URLs: 1,
  'JSON.parse': 2,
  'bytes decoded': atMost(BODY + HEAD),
  'bytes copied': atMost(HEAD),
};

/** Hits, with the promises beyond those of axios when it is answered at once. */
export const HITS: Readonly<Record<string, ExpectedCalls>> = {
  'memory, repeated hit': { ...MEMORY, ...textOf(BODY) },
  'memory, repeated hit without Vary': { ...MEMORY, ...textOf(BODY) },
  'memory, repeated hit of 32 KB': { ...MEMORY, ...textOf(LARGE_BODY) },
  'memory, repeated hit of 32 KB as bytes': { ...MEMORY, ...bytesOf(LARGE_BODY) },
  'memory, repeated hit of 32 KB with immutableData': MEMORY,
  'memory, first hit': { ...MEMORY, ...FIRST, checksums: 2 },
  'sqlite, repeated hit': { ...SQLITE, ...textOf(BODY) },
  'sqlite, repeated hit without Vary': { ...SQLITE, ...textOf(BODY) },
  'sqlite, repeated hit of 32 KB': { ...SQLITE, ...textOf(LARGE_BODY) },
  'sqlite, repeated hit of 32 KB as bytes': { ...SQLITE, ...bytesOf(LARGE_BODY) },
  'sqlite, repeated hit of 32 KB with immutableData': SQLITE,
  'sqlite, first hit': { ...SQLITE, ...FIRST, 'driver all SELECT': 1, checksums: 2 },
  'filesystem, repeated hit': { ...FILESYSTEM_VARIANT, ...fileTextOf(BODY) },
  'filesystem, repeated hit without Vary': { ...FILESYSTEM, ...fileTextOf(BODY) },
  'filesystem, repeated hit of 32 KB': { ...FILESYSTEM_VARIANT, ...fileTextOf(LARGE_BODY) },
  'filesystem, repeated hit of 32 KB as bytes': {
    ...FILESYSTEM_VARIANT,
    ...fileTextOf(0),
    ...bytesOf(LARGE_BODY),
  },
  'filesystem, repeated hit of 32 KB with immutableData': { ...FILESYSTEM_VARIANT, ...fileTextOf(0) },
  'filesystem, first hit': {
    ...FILESYSTEM_VARIANT,
    ...FIRST,
    'JSON.parse': 3,
    'bytes decoded': atMost(BODY + 2 * HEAD + 400),
    checksums: 3,
  },
};

const MISS: ExpectedCalls = {
  promises: atMost(38),
  'backend get': 1,
  'backend put': 1,
  // Not of the variant, which is that of the miss before.
  hashes: 2,
  'JSON.parse': 1,
  'JSON.stringify': 1,
  // One is axios's own.
  timers: 2,
  // axios's own, too.
  URLs: 2,
  checksums: 2,
  buffers: 1,
  'bytes decoded': BODY,
  'bytes encoded': atMost(HEAD),
  'bytes copied': 4,
};

/** Misses, with the promises beyond those of axios without a cache. */
export const MISSES: Readonly<Record<string, ExpectedCalls>> = {
  'memory, miss': MISS,
  'sqlite, miss': {
    ...MISS,
    'driver get PRAGMA data_version': 1,
    'driver all SELECT': 1,
    'driver exec BEGIN': 1,
    'driver get INSERT': 1,
    'driver run INSERT': 1,
    'driver exec COMMIT': 1,
  },
  'filesystem, miss': {
    ...MISS,
    promises: atMost(78),
    hashes: 4,
    'JSON.stringify': 2,
    timers: 3,
    checksums: 3,
    buffers: 2,
    'bytes decoded': atMost(BODY + 20),
    'bytes encoded': atMost(2 * HEAD),
    'bytes copied': atMost(2 * HEAD + BODY),
    // More than one where a record is the first in its directory.
    'file openSync': atMost(2),
    'file closeSync': atMost(2),
    'file mkdirSync': atMost(2),
    'file existsSync': 2,
    'file linkSync': 3,
    'file fsync': 1,
    'file renameSync': 1,
    'file statSync': 1,
    'file unlinkSync': 1,
    'file writeSync': 1,
  },
};

/**
 * Bytes that a hit takes on the heap beyond those of axios when it is answered at once: a sixth, or some
 * hundreds, more than are measured on Node 20, 22 and 24, since runs differ. In the floor the text of the body is there already.
 */
export const HIT_BYTES: Readonly<Record<string, number>> = {
  'memory, 1 KB': 1_200,
  'sqlite, 1 KB': 1_500,
  'filesystem, 1 KB': 23_500,
  'memory, 32 KB': LARGE_BODY + 1_300,
  'sqlite, 32 KB': LARGE_BODY + 1_600,
  'filesystem, 32 KB': LARGE_BODY + 28_000,
};

/** Calls of these kinds are counted also where none is expected. */
export const COUNTED = [
  'promises',
  'JSON.parse',
  'JSON.stringify',
  'hashes',
  'checksums',
  'URLs',
  'AbortControllers',
  'timers',
  'buffers',
  'bytes copied',
  'bytes decoded',
  'bytes encoded',
  'structured clones',
];
