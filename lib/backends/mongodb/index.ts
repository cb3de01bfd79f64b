import { nativeForm } from '../../storage/native-form.js';
import type { MongodbOptions } from '../../storage/options/mongodb.js';
import { MOST_DOCUMENT_BYTES, USUAL_OVERHEAD_BYTES } from './document.js';
import { DocumentBackend } from './document-backend.js';
import { placeOf, validateMongodbOptions } from './options.js';
import { RecordStore } from './record-store.js';

/**
 * Keeps each record in a document of a MongoDB collection, which any number of processes may share. Nothing is loaded or
 * opened before the first call.
 *
 * A record that does not fit into a document of 16 MiB is not stored: `put` gives false, and whoever listens by `onTrouble` is told
 * to use the backend `gridfs`.
 *
 * With `serializer: 'bson'` heads and bodies are values of MongoDB. Both forms are read by both, and may be mixed.
 */
export class MongodbBackend extends DocumentBackend<RecordStore> {
  /** As the option says, and never more than a document can hold. */
  readonly maxEntryBytes: number;
  /** Where the records are. */
  readonly database: string;
  readonly collection: string;

  /**
   * @param cacheName names the database; see {@link MongodbOptions}
   * @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION
   */
  constructor(cacheName: string, options: MongodbOptions = {}) {
    validateMongodbOptions(options, '');
    const { ttl: usesTtl = true, maxEntryBytes: mostRecordBytes = Infinity } = options;
    const { database, collection } = placeOf(cacheName, options, options.collection);
    const form = nativeForm(options);
    super({
      name: 'mongodb',
      cacheName,
      database,
      options,
      createStore: (connection) =>
        new RecordStore(connection.collection(collection), { usesTtl, mostRecordBytes, form }),
    });
    this.database = database;
    this.collection = collection;
    this.maxEntryBytes = Math.min(mostRecordBytes, MOST_DOCUMENT_BYTES - USUAL_OVERHEAD_BYTES);
  }

  protected tooLargeMessage(bytes: number): string {
    return (
      `the record of ${bytes} bytes is not stored: a document of MongoDB holds 16 MiB at most, and some servers less. ` +
      'The backend "gridfs" has no such limit.'
    );
  }
}
