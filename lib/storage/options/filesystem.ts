/** How the backend `filesystem` writes its files. */
export type FilesystemSerializer = 'binary' | 'json' | 'yaml';

/** Options of the backend `filesystem`. */
export interface FilesystemOptions {
  /**
   * Put the directory into the user's cache directory (Linux `$XDG_CACHE_HOME` or `~/.cache`, macOS `~/Library/Caches`,
   * Windows `%LOCALAPPDATA%`). Wins over `useTemp`; without effect on an absolute path.
   * @default false
   */
  readonly useCacheDir?: boolean | undefined;
  /**
   * Put the directory among the temporary ones: into `axios-persistent-cache-<user>` (the user's number, on Windows the name)
   * in `os.tmpdir()`, which is created for this user only. It is an error when this directory or the cache's in it is a
   * link or belongs to another user. Without effect on an absolute path.
   * @default false
   */
  readonly useTemp?: boolean | undefined;
  /**
   * How records are written. `binary` is compact, fast, and notices damage. `json` and `yaml` can be read and edited with
   * any editor: what is changed in a file is what is answered from then on; so damage that leaves it readable is not
   * noticed. Both are for small bodies: reading or writing a megabyte holds up the process for some 50 ms. `yaml` needs the
   * package `yaml` (2.0 or later), and writes long records as JSON, which is YAML, too. Records that another serializer
   * wrote are not seen.
   * @default 'binary'
   */
  readonly serializer?: FilesystemSerializer | undefined;
  /**
   * With `json` and `yaml`: whether bodies that are JSON are written as what they say instead of as a text, so that they can be
   * edited, and other tools find their way in them; only where exactly the same bytes can be made of it, and the text has at most 1,000,000
   * characters. What is edited there is answered without white space. @default false
   */
  readonly decodeContent?: boolean | undefined;
  /**
   * How the names of the files end, with or without the dot: 1 to 20 letters, digits, `_` or `-`. Records with another
   * ending are not seen. All processes that use the directory should agree.
   * @default `bin`, `json` or `yaml`, by `serializer`
   */
  readonly extension?: string | undefined;
  /**
   * Do not wait for the disk (no `fsync`). A crash of the process loses nothing; a power cut can leave files damaged or
   * empty, which then read as absent.
   * @default false
   */
  readonly fastSave?: boolean | undefined;
  /**
   * Bytes that the files of all records together may take. The empty files by which records are found, locks, and the
   * blocks of the file system are not counted. The least recently used record goes first, within the call that stores the
   * one that takes its room. A record whose file alone is larger is not stored, as with `maxEntryBytes`. Several processes
   * with one directory keep the limit together. A whole number > 0, or `Infinity` for no limit.
   *
   * Use by reading is noted in memory and written along with the next record, when 1,000 records were used, and at least
   * every 10 seconds, as the time at which the file was changed: a process that is killed, and others until then, know
   * nothing of it.
   * @default Infinity: a cache that is to persist loses nothing unasked; `removeExpired` removes what is of no use any more
   */
  readonly maxBytes?: number | undefined;
  /**
   * How many records are kept; the least recently used goes first, as for `maxBytes`. A whole number > 0, or `Infinity`
   * for no limit.
   * @default Infinity
   */
  readonly maxEntries?: number | undefined;
  /**
   * Bytes that one record may take: head, body, key and variant (in UTF-8); its file is somewhat larger. A larger one is
   * not stored, and takes the older record at its address with it. At most `maxBytes`. Never stored are records over
   * 1,000,000,000 bytes, with `json` and `yaml` over 100,000,000.
   * @default `maxBytes`
   */
  readonly maxEntryBytes?: number | undefined;
}
