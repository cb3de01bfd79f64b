import { type EpochMs, systemClock } from '../../clock.js';
import type { GridfsOptions } from '../../storage/options/mongodb.js';
import { Bucket } from './bucket.js';
import { DocumentBackend } from './document-backend.js';
import { GridfsStore, type SweepPlace } from './gridfs-store.js';
import {
  DEFAULT_CHUNK_BYTES,
  DEFAULT_INLINE_BYTES,
  DEFAULT_ORPHAN_AGE_MS,
  placeOf,
  validateGridfsOptions,
} from './options.js';

const BEGINNING: SweepPlace = { afterFile: '', afterChunk: '' };

/**
 * Keeps heads in a MongoDB collection and bodies in a GridFS bucket, which any number of processes may share. A body may be of
 * any length. Nothing is loaded or opened before the first call.
 *
 * A response is replaced in one step: the new body is in the bucket before its head takes the place of the older one, whose
 * body is deleted afterwards. What a process leaves behind that ends meanwhile is swept away later.
 */
export class GridfsBackend extends DocumentBackend<GridfsStore> {
  /** As the option says; undefined: no limit. */
  readonly maxEntryBytes: number | undefined;
  /** Where the records are: in the collections `<bucket>.heads`, `<bucket>.files` and `<bucket>.chunks`. */
  readonly database: string;
  readonly bucket: string;
  readonly #orphanAgeMs: number;
  #sweepPlace = BEGINNING;

  /**
   * @param cacheName names the database; see {@link GridfsOptions}
   * @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION
   */
  constructor(cacheName: string, options: GridfsOptions = {}) {
    validateGridfsOptions(options, '');
    const { database, collection: bucket } = placeOf(cacheName, options, options.bucket);
    const { ttl: usesTtl = true, maxEntryBytes: mostRecordBytes = Infinity } = options;
    const { inlineBytes = DEFAULT_INLINE_BYTES, chunkBytes = DEFAULT_CHUNK_BYTES } = options;
    super({
      name: 'gridfs',
      cacheName,
      database,
      options,
      createStore: (connection, inBackground) => {
        const files = connection.collection(`${bucket}.files`);
        const chunks = connection.collection(`${bucket}.chunks`);
        return new GridfsStore(
          connection.collection(`${bucket}.heads`),
          new Bucket(files, chunks, chunkBytes),
          { usesTtl, mostRecordBytes, inlineBytes, inBackground },
        );
      },
    });
    this.database = database;
    this.bucket = bucket;
    this.maxEntryBytes = options.maxEntryBytes;
    this.#orphanAgeMs = options.orphanAge ?? DEFAULT_ORPHAN_AGE_MS;
  }

  /** Also sweeps a little, beside what was asked for: the next 200 bodies of the bucket. */
  override async prune(now: EpochMs, limit: number): Promise<number> {
    const pruned = await super.prune(now, limit);
    this.inBackground(this.#sweepOn());
    return pruned;
  }

  /**
   * Deletes all bodies to which no head points, and halves of bodies, that are older than a time: what is done little by little
   * all the time, at once.
   * @param age milliseconds, 0 or more. What is being stored at the moment, also by others, is lost where it is older
   * @default `orphanAge`
   * @returns how many bodies were deleted
   * @throws BackendError, CacheClosedError
   */
  async sweep(age: number = this.#orphanAgeMs): Promise<number> {
    const before = systemClock.now() - age;
    let deleted = 0;
    for (let place: SweepPlace | undefined = BEGINNING; place !== undefined;) {
      const from: SweepPlace = place;
      const step = await this.use('prune', (store) => store.sweep(from, before));
      deleted += step.deleted;
      place = step.next;
    }
    return deleted;
  }

  protected tooLargeMessage(bytes: number): string {
    return `the record of ${bytes} bytes is not stored: its head does not fit into a document`;
  }

  async #sweepOn(): Promise<void> {
    const before = systemClock.now() - this.#orphanAgeMs;
    const { next } = await this.use('prune', (store) => store.sweep(this.#sweepPlace, before));
    this.#sweepPlace = next ?? BEGINNING;
  }
}
