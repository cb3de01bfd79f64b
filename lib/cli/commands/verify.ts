import { findTarget, renewPointers } from '../../cache/redirect-records.js';
import { linkOf, readPointer } from '../../cache/redirect-pointers.js';
import type { StoredResponse } from '../../cache/stored-response.js';
import type { RecordProblem } from '../../errors.js';
import type { RecordMeta } from '../../storage/backend.js';
import { type CommonOptions, type DefineCommand, newCommand, withStoreOptions } from '../command-line.js';
import { decode } from '../../maintenance/record-store.js';
import { CommandFailure, EXIT } from '../failure.js';
import { atLeast, countAtOnce } from '../counting.js';
import type { OpenedStore } from '../open-store.js';
import type { Progress } from '../progress.js';
import type { Runtime } from '../runtime.js';
import { counted, jsonLine, plain } from '../text.js';

interface VerifyOptions extends CommonOptions {
  readonly repair?: boolean | undefined;
}

/**
 * What can be wrong with a record. `lost-pointer`: it points to a response that is gone, or that does not name it;
 * `unlinked`: deleting one of the later URLs of its redirects would not find it.
 */
type Problem = RecordProblem | 'damaged-pointer' | 'lost-pointer' | 'unlinked' | 'unreadable-file';

const MEANINGS: Readonly<Record<Problem, string>> = {
  foreign: 'not written by this library, or by another serializer',
  'newer-format': 'written by a later release',
  damaged: 'damaged: its checksum does not match',
  misplaced: 'lies under another key than its own',
  'body-missing': 'its body is missing',
  'damaged-pointer': 'a pointer of a redirect that cannot be read',
  'lost-pointer': 'a pointer of a redirect to a response that is gone',
  unlinked: 'a pointer of one of its redirects is missing',
  'unreadable-file': 'a file of which nothing can be understood, and from which nothing answers',
};

/** What a later release has written is not broken. */
const LEFT_ALONE: readonly Problem[] = ['newer-format'];

/** `verify`: reads everything, and says what is wrong. */
export const defineVerify: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'verify <store>',
    'Reads every record with its body and checks it. Ends with 1 when something is wrong and is not repaired.',
    ['demo_cache.sqlite verify', 'demo_cache.sqlite verify --repair', 'demo_cache.sqlite verify --json'],
  );
  withStoreOptions(command)
    .option('--repair', 'delete what cannot be read, and put right what can be')
    .option('--json', 'a line of JSON for each problem')
    .action(async (store: string, options: VerifyOptions) => {
      await runtime.withStore(store, options, (opened) => new Verification(opened, options, runtime).run());
    });
};

class Verification {
  readonly #store: OpenedStore;
  readonly #options: VerifyOptions;
  readonly #runtime: Runtime;
  #responses = 0;
  #problems = 0;
  #repaired = 0;
  #pointers = 0;
  #files = 0;

  constructor(store: OpenedStore, options: VerifyOptions, runtime: Runtime) {
    this.#store = store;
    this.#options = options;
    this.#runtime = runtime;
  }

  async run(): Promise<void> {
    await this.#runtime.withProgress('Verifying', (progress) => this.#checkAll(progress));
    await this.#conclude();
  }

  async #checkAll(progress: Progress): Promise<void> {
    const { records } = this.#store;
    if (this.#options.repair === true) await this.#requireReadable();
    const total = await countAtOnce(this.#store);
    const files = await this.#countFiles();
    for await (const meta of records.scan()) {
      this.#runtime.stop.check();
      await this.#checkResponse(meta);
      this.#responses += 1;
      progress.update(this.#responses, atLeast(this.#responses, total));
    }
    for await (const meta of records.pointers()) {
      this.#runtime.stop.check();
      this.#pointers += 1;
      await this.#checkPointer(meta);
    }
    await this.#checkFiles();
    await this.#tellUnseen(Math.min(files, await this.#countFiles()));
  }

  /** In a directory every file counts, also one that cannot be understood, which no scan shows. Elsewhere: 0. */
  async #countFiles(): Promise<number> {
    const { location, records } = this.#store;
    return location.backend === 'filesystem' ? records.use('count', (backend) => backend.count()) : 0;
  }

  /** Files that no scan shows. */
  async #checkFiles(): Promise<void> {
    const backend = await this.#store.openFiles?.();
    if (backend === undefined) return;
    try {
      for await (const { path, isRemoved } of backend.unreadable({ remove: this.#options.repair === true })) {
        this.#runtime.stop.check();
        this.#files += 1;
        await this.#tell({ path }, plain(path), 'unreadable-file', isRemoved);
      }
    } finally {
      await backend.close();
    }
  }

  /** @param files how many there were all the time, whatever a program has written or deleted meanwhile */
  async #tellUnseen(files: number): Promise<void> {
    const unseen = files - this.#responses - this.#pointers - this.#files;
    if (unseen <= 0) return;
    this.#problems += unseen;
    const { out, notes } = this.#runtime;
    const text = `${counted(unseen, 'file')} of records cannot be read: damaged, or not written by this library; nothing answers from them`;
    await (this.#options.json === true ? notes : out).line(out.style.bad(text));
  }

  /** What was encrypted, or written by a serializer of the user's own, looks damaged from here, and is not. */
  async #requireReadable(): Promise<void> {
    let isEmpty = true;
    for await (const meta of this.#store.records.scan()) {
      if (decode(meta).decoded !== undefined) return;
      isEmpty = false;
    }
    if (isEmpty && (await this.#countFiles()) === 0) return;
    throw new CommandFailure(
      'No record can be read, so nothing was repaired. Were they encrypted, or written by another --serializer?',
    );
  }

  async #checkResponse(meta: RecordMeta): Promise<void> {
    const { records } = this.#store;
    const { decoded, problem } = await records.inspect(meta);
    if (decoded !== undefined) return this.#checkLinks(meta, decoded.stored);
    await this.#found(meta, problem, async () => {
      // Somebody may have put a sound one in its place meanwhile.
      if (await this.#isStill(meta)) await records.delete({ key: meta.key, variant: meta.variant });
    });
  }

  async #checkLinks(meta: RecordMeta, stored: StoredResponse): Promise<void> {
    const { access } = this.#store.records;
    for (const { resource } of stored.redirects?.hops ?? []) {
      const links = (await access.get(linkOf(stored, resource).key)) ?? [];
      if (links.length > 0) continue;
      await this.#found(meta, 'unlinked', () => renewPointers(access, stored));
      return;
    }
  }

  async #checkPointer(meta: RecordMeta): Promise<void> {
    const { records } = this.#store;
    const { key, variant } = meta;
    const remove = async (): Promise<void> => void (await records.delete({ key, variant }));
    if (readPointer(meta) === undefined) await this.#found(meta, 'damaged-pointer', remove);
    else if ((await findTarget(records.access, meta)) === undefined) {
      await this.#found(meta, 'lost-pointer', remove);
    }
  }

  async #isStill(meta: RecordMeta): Promise<boolean> {
    const present = await this.#store.records.use('get', (backend) => backend.get(meta.key));
    const one = present.find(({ variant }) => variant === meta.variant);
    return one !== undefined && (await this.#store.records.inspect(one)).decoded === undefined;
  }

  async #found(meta: RecordMeta, problem: Problem, repair: () => Promise<void>): Promise<void> {
    const isToRepair = this.#options.repair === true && !LEFT_ALONE.includes(problem);
    if (isToRepair) await repair();
    const { key, variant } = meta;
    const what = `${plain(key)}${variant === '' ? '' : ` ${plain(variant)}`}`;
    await this.#tell({ key, variant }, what, problem, isToRepair);
  }

  /** @param where what has the problem, for programs @param what the same for people */
  async #tell(where: object, what: string, problem: Problem, isRepaired: boolean): Promise<void> {
    this.#problems += 1;
    if (isRepaired) this.#repaired += 1;
    const { out } = this.#runtime;
    if (this.#options.json === true) await out.line(jsonLine({ ...where, problem, isRepaired }));
    else await out.line(`${what}: ${out.style.bad(MEANINGS[problem])}${isRepaired ? ', repaired' : ''}`);
  }

  async #conclude(): Promise<void> {
    const { out, notes } = this.#runtime;
    const left = this.#problems - this.#repaired;
    if (left > 0) this.#runtime.exitCode = EXIT.failed;
    const found = this.#problems === 0 ? 'nothing wrong' : counted(this.#problems, 'problem');
    const repaired = this.#repaired === 0 ? '' : `, ${this.#repaired} repaired`;
    const text = `${counted(this.#responses, 'response')} checked: ${found}${repaired}`;
    await (this.#options.json === true ? notes : out).line(text);
  }
}
