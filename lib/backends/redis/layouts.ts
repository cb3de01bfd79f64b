import { Buffer } from 'node:buffer';
import { type Argument, isReply, type RedisConnection, type Reply } from './connection.js';
import { tableEnd } from './envelope.js';
import type { RedisNames } from './names.js';
import { HASH_SCRIPTS, SCAN_HASH, type Scripts, STRING_SCRIPTS } from './scripts.js';

/** The beginning of a record that is read when records are listed: most heads fit. */
const FIRST_BYTES = 4096;
const SCAN_COUNT = 500;
/** Fewer, since Redis reads each record whole. */
const HASH_SCAN_COUNT = 50;

/** An envelope's bytes, at least up to the end of its table. */
export interface ListedEnvelope {
  readonly id: string;
  readonly bytes: Buffer;
}

/** Where the records are: in keys of their own, or in fields of one hash. */
export interface Layout {
  readonly scripts: Scripts;
  /** The keys that a script is given. */
  keysOf(id: string): readonly string[];
  /**
   * Where an envelope can wait for the script that puts it in its place, under a name of its own; `undefined`: it can not, and
   * has to be given to the script itself.
   */
  waitingKey(id: string, name: string): string | undefined;
  /** The envelope of a key; `undefined`: there is none. */
  read(id: string): Promise<Buffer | undefined>;
  /** The beginning of the envelope, at least up to the end of its table. */
  readTable(id: string): Promise<Buffer | undefined>;
  /** A body that is not in the envelope. */
  readBody(id: string, name: string): Promise<Buffer | undefined>;
  /**
   * Pages of what there is. An id may come several times.
   * @param isWanted which ids are to be read
   */
  list(isWanted: (id: string) => boolean): AsyncIterable<readonly ListedEnvelope[]>;
  /** About how many keys there are, those of other stores included. */
  estimate(): Promise<number>;
}

/** Each record in a string, larger bodies of keys with several variants in a hash beside it. */
export class StringLayout implements Layout {
  readonly scripts = STRING_SCRIPTS;
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;

  constructor(connection: RedisConnection, names: RedisNames) {
    this.#connection = connection;
    this.#names = names;
  }

  keysOf(id: string): readonly string[] {
    return [this.#names.record(id), this.#names.bodies(id)];
  }

  waitingKey(id: string, name: string): string {
    return this.#names.waiting(id, name);
  }

  read(id: string): Promise<Buffer | undefined> {
    return this.#ask(this.#names.record(id), ['GET', this.#names.record(id)]);
  }

  async readTable(id: string): Promise<Buffer | undefined> {
    const key = this.#names.record(id);
    const first = await this.#ask(key, ['GETRANGE', key, '0', String(FIRST_BYTES - 1)]);
    const end = first === undefined ? undefined : tableEnd(first);
    if (end === undefined || end <= FIRST_BYTES) return first;
    return this.#ask(key, ['GETRANGE', key, '0', String(end - 1)]);
  }

  readBody(id: string, name: string): Promise<Buffer | undefined> {
    const key = this.#names.bodies(id);
    return this.#ask(key, ['HGET', key, name]);
  }

  async *list(isWanted: (id: string) => boolean): AsyncGenerator<readonly ListedEnvelope[], void, undefined> {
    for (const server of await this.#connection.servers()) {
      for await (const keys of scanServer(server, this.#names.patterns.records)) {
        const ids = keys.map((key) => this.#names.idOf(key.toString('utf8'))).filter(isWanted);
        const tables = await Promise.all(ids.map((id) => this.readTable(id)));
        yield ids.flatMap((id, index) => {
          const bytes = tables[index];
          return bytes === undefined ? [] : [{ id, bytes }];
        });
      }
    }
  }

  async estimate(): Promise<number> {
    const servers = await this.#connection.servers();
    const counts = await Promise.all(servers.map((server) => server(['DBSIZE'])));
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  }

  async #ask(key: string, args: readonly Argument[]): Promise<Buffer | undefined> {
    return bytesOf(await orIfForeign(undefined, () => this.#connection.send(key, args)));
  }
}

/** All records in one hash. */
export class HashLayout implements Layout {
  readonly scripts = HASH_SCRIPTS;
  readonly #connection: RedisConnection;
  readonly #hash: string;

  constructor(connection: RedisConnection, names: RedisNames) {
    this.#connection = connection;
    this.#hash = names.hash;
  }

  keysOf(): readonly string[] {
    return [this.#hash];
  }

  waitingKey(): undefined {
    return undefined;
  }

  read(id: string): Promise<Buffer | undefined> {
    return this.#field(id);
  }

  readTable(id: string): Promise<Buffer | undefined> {
    return this.#field(id);
  }

  readBody(id: string, name: string): Promise<Buffer | undefined> {
    return this.#field(`${id}|${name}`);
  }

  async *list(isWanted: (id: string) => boolean): AsyncGenerator<readonly ListedEnvelope[], void, undefined> {
    let cursor = '0';
    do {
      const reply = await orIfForeign([], () =>
        this.#connection.run(SCAN_HASH, [this.#hash], [cursor, String(HASH_SCAN_COUNT)]),
      );
      const [next, ...found] = reply as readonly Buffer[];
      const page: ListedEnvelope[] = [];
      for (let index = 0; index + 1 < found.length; index += 2) {
        const id = found[index]?.toString('latin1') ?? '';
        const bytes = found[index + 1];
        if (bytes !== undefined && isWanted(id)) page.push({ id, bytes });
      }
      yield page;
      cursor = next?.toString('latin1') ?? '0';
    } while (cursor !== '0');
  }

  async estimate(): Promise<number> {
    return Number(await orIfForeign(0, () => this.#connection.send(this.#hash, ['HLEN', this.#hash])));
  }

  async #field(name: string): Promise<Buffer | undefined> {
    const args = ['HGET', this.#hash, name];
    return bytesOf(await orIfForeign(undefined, () => this.#connection.send(this.#hash, args)));
  }
}

/** Names of keys by pattern, a page at a time; the same may come several times. */
export async function* scanServer(
  server: (args: readonly Argument[]) => Promise<Reply>,
  pattern: string,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  let cursor = '0';
  do {
    const reply = await server(['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(SCAN_COUNT)]);
    const [next, keys] = reply as [Buffer, readonly Buffer[]];
    if (keys.length > 0) yield keys;
    cursor = next.toString('latin1');
  } while (cursor !== '0');
}

/** What is answered for a key that holds something of another type, which is not ours. */
async function orIfForeign(answer: Reply, ask: () => Promise<Reply>): Promise<Reply> {
  try {
    return await ask();
  } catch (error) {
    if (isReply(error) && /WRONGTYPE/.test(error.message)) return answer;
    throw error;
  }
}

function bytesOf(reply: Reply): Buffer | undefined {
  return Buffer.isBuffer(reply) ? reply : undefined;
}
