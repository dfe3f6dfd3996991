/**
 * Where files wait until the server has them: IndexedDB, so that they outlast the page, or memory where the browser
 * refuses it. What is known of a file is kept beside its bytes, which are written once.
 *
 * @typedef {import('../types.js').FileInfo} FileInfo
 *
 * @typedef {object} Upload
 * @property {string} key
 * @property {string} owner  whose it is; it is never sent as somebody else's
 * @property {number} room_id
 * @property {string} box  where it waits to be sent; '': it goes with a message
 * @property {number} at  ms since 1970
 * @property {string} name
 * @property {string} type
 * @property {number} size
 * @property {number|null} width  pixels, of an image that this browser can read
 * @property {number|null} height
 * @property {string} alt
 * @property {'waiting'|'uploading'|'done'|'failed'} status
 * @property {number} loaded  bytes
 * @property {string|null} error  a code
 * @property {string} detail  the server's words
 * @property {FileInfo|null} file  as the server has it
 */

import { answerOf, openDatabase, transact } from './database.js';

const DATABASE = 'parlour.files';
const TABLE = 'uploads';
const BLOBS = 'blobs';

/** Some browsers leave the opening unanswered; files must not wait for it. */
const OPEN_TIMEOUT_MS = 3000;

/**
 * @typedef {object} BlobStore  none of these rejects
 * @property {(upload: Upload) => Promise<void>} put
 * @property {(key: string, blob: Blob) => Promise<boolean>} putBlob  whether it outlasts the page
 * @property {(key: string) => Promise<Blob|null>} blob
 * @property {() => Promise<Upload[]>} list
 * @property {(key: string) => Promise<void>} remove
 */

/** @implements {BlobStore} */
export class MemoryBlobs {
  /** @type {Map<string, Upload>} */
  #uploads = new Map();
  /** @type {Map<string, Blob>} */
  #blobs = new Map();

  /** @param {Upload} upload */
  async put(upload) {
    this.#uploads.set(upload.key, { ...upload });
  }

  /** @param {string} key @param {Blob} blob */
  async putBlob(key, blob) {
    this.#blobs.set(key, blob);
    return false;
  }

  /** @param {string} key */
  async blob(key) {
    return this.#blobs.get(key) ?? null;
  }

  async list() {
    return [...this.#uploads.values()];
  }

  /** @param {string} key */
  async remove(key) {
    this.#uploads.delete(key);
    this.#blobs.delete(key);
  }
}

/**
 * What the browser's own storage does not take, for want of room perhaps, is kept in memory.
 *
 * @implements {BlobStore}
 */
export class LastingBlobs {
  #database;
  #memory = new MemoryBlobs();

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @param {Upload} upload */
  async put(upload) {
    await transact(this.#database, TABLE, (table) => answerOf(table.put({ ...upload }))).catch(() => this.#memory.put(upload));
  }

  /** @param {string} key @param {Blob} blob */
  async putBlob(key, blob) {
    try {
      await transact(this.#database, BLOBS, (table) => answerOf(table.put(blob, key)));
      return true;
    } catch {
      return this.#memory.putBlob(key, blob);
    }
  }

  /** @param {string} key */
  async blob(key) {
    const kept = await this.#memory.blob(key);
    return kept ?? (await this.#ask(BLOBS, (table) => table.get(key))) ?? null;
  }

  async list() {
    return [...((await this.#ask(TABLE, (table) => table.getAll())) ?? []), ...(await this.#memory.list())];
  }

  /** @param {string} key */
  async remove(key) {
    await this.#memory.remove(key);
    for (const name of [TABLE, BLOBS]) {
      await transact(this.#database, name, (table) => answerOf(table.delete(key))).catch(() => undefined);
    }
  }

  /** @param {string} name @param {(table: IDBObjectStore) => IDBRequest} ask @returns {Promise<any>} null when it cannot be read */
  async #ask(name, ask) {
    try {
      return await answerOf(ask(this.#database.transaction(name).objectStore(name)));
    } catch {
      return null;
    }
  }
}

/**
 * @param {() => Promise<IDBDatabase>} [open]
 * @returns {Promise<BlobStore>} never fails
 */
export async function openBlobs(open = openTables) {
  /** @type {any} */
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the browser does not open its database')), OPEN_TIMEOUT_MS);
  });
  try {
    return new LastingBlobs(await /** @type {Promise<IDBDatabase>} */ (Promise.race([open(), late])));
  } catch {
    return new MemoryBlobs();
  } finally {
    clearTimeout(timer);
  }
}

/** @returns {Promise<IDBDatabase>} */
const openTables = () => openDatabase(DATABASE, 1, (fresh) => {
  fresh.createObjectStore(TABLE, { keyPath: 'key' });
  fresh.createObjectStore(BLOBS);
});
