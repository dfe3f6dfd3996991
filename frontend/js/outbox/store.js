/**
 * Where unsent messages live: IndexedDB, so that they outlast the page, or memory where the browser refuses it.
 *
 * @typedef {import('../types.js').PendingMessage} PendingMessage
 * @typedef {import('../types.js').OutboxRecord} OutboxRecord
 */

import { answerOf, openDatabase, transact } from './database.js';

/**
 * `seq` is given on adding and rises over all tabs: it is the order in which messages leave.
 *
 * @typedef {object} OutboxStore
 * @property {(message: PendingMessage) => Promise<OutboxRecord>} add
 * @property {(record: OutboxRecord) => Promise<void>} update  changes a record that is there; one that has gone stays gone
 * @property {(clientId: string) => Promise<OutboxRecord|null>} requeue  puts it at the end, to be sent
 * @property {(clientId: string) => Promise<void>} remove
 * @property {() => Promise<OutboxRecord[]>} list  in order of seq
 */

const DATABASE = 'parlour';
const TABLE = 'outbox';

/** Some browsers leave the opening unanswered; unsent messages must not wait for it. */
const OPEN_TIMEOUT_MS = 3000;

/**
 * @param {PendingMessage} message
 * @returns {PendingMessage}
 */
function withoutSeq(message) {
  const copy = /** @type {any} */ ({ ...message });
  delete copy.seq;
  return copy;
}

/** @implements {OutboxStore} */
export class MemoryStore {
  #next = 1;
  /** @type {Map<string, OutboxRecord>} */
  #records = new Map();

  /** @param {OutboxRecord[]} [records]  to begin with */
  constructor(records = []) {
    for (const record of records) {
      this.#records.set(record.client_id, record);
      this.#next = Math.max(this.#next, record.seq + 1);
    }
  }

  /** @param {PendingMessage} message */
  add(message) {
    const record = { ...message, seq: this.#next };
    this.#next += 1;
    this.#records.set(message.client_id, record);
    return Promise.resolve(record);
  }

  /** @param {OutboxRecord} record */
  update(record) {
    if (this.#records.has(record.client_id)) this.#records.set(record.client_id, record);
    return Promise.resolve();
  }

  /** @param {string} clientId */
  requeue(clientId) {
    const record = this.#records.get(clientId);
    return record ? this.add({ ...record, status: 'sending', error: null }) : Promise.resolve(null);
  }

  /** @param {string} clientId */
  remove(clientId) {
    this.#records.delete(clientId);
    return Promise.resolve();
  }

  list() {
    return Promise.resolve([...this.#records.values()].sort((one, other) => one.seq - other.seq));
  }
}

/**
 * @implements {OutboxStore}
 */
export class IndexedStore {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * @param {string} [name]
   * @returns {Promise<IndexedStore>}
   */
  static async open(name = DATABASE) {
    const database = await openDatabase(name, 1, (fresh) => {
      const table = fresh.createObjectStore(TABLE, { keyPath: 'seq', autoIncrement: true });
      table.createIndex('client_id', 'client_id', { unique: true });
    });
    return new IndexedStore(database);
  }

  /** @param {PendingMessage} message */
  async add(message) {
    const plain = withoutSeq(message);
    return { ...plain, seq: Number(await this.#write((table) => answerOf(table.add(plain)))) };
  }

  /** @param {OutboxRecord} record */
  async update(record) {
    await this.#write(async (table) => {
      // Another tab may have seen the server's answer in the meantime and taken the record out.
      if (await answerOf(table.get(record.seq))) await answerOf(table.put(record));
    });
  }

  /** @param {string} clientId */
  async requeue(clientId) {
    return this.#write(async (table) => {
      const record = await answerOf(table.index('client_id').get(clientId));
      if (!record) return null;
      await answerOf(table.delete(record.seq));
      const plain = { ...withoutSeq(record), status: /** @type {const} */ ('sending'), error: null };
      return { ...plain, seq: Number(await answerOf(table.add(plain))) };
    });
  }

  /** @param {string} clientId */
  async remove(clientId) {
    await this.#write(async (table) => {
      const key = await answerOf(table.index('client_id').getKey(clientId));
      if (key !== undefined) await answerOf(table.delete(key));
    });
  }

  async list() {
    return answerOf(this.#database.transaction(TABLE).objectStore(TABLE).getAll());
  }

  /**
   * @template T
   * @param {(table: IDBObjectStore) => Promise<T>} run
   */
  #write(run) {
    return transact(this.#database, TABLE, run);
  }
}

/**
 * Goes on in memory when the store fails under way (the disk is full, the person has cleared the site's data): what this
 * page knows is still sent, it only no longer outlasts the page.
 *
 * @implements {OutboxStore}
 */
export class LastingStore {
  #store;
  /** @type {Map<string, OutboxRecord>} */
  #known = new Map();

  /** @param {OutboxStore} store */
  constructor(store) {
    this.#store = store;
  }

  /** @param {PendingMessage} message */
  async add(message) {
    return this.#know(await this.#try((store) => store.add(message)));
  }

  /** @param {OutboxRecord} record */
  async update(record) {
    await this.#try((store) => store.update(record));
    if (this.#known.has(record.client_id)) this.#know(record);
  }

  /** @param {string} clientId */
  async requeue(clientId) {
    const record = await this.#try((store) => store.requeue(clientId));
    return record && this.#know(record);
  }

  /** @param {string} clientId */
  async remove(clientId) {
    await this.#try((store) => store.remove(clientId));
    this.#known.delete(clientId);
  }

  async list() {
    const records = await this.#try((store) => store.list());
    this.#known = new Map(records.map((record) => [record.client_id, record]));
    return records;
  }

  /** @param {OutboxRecord} record */
  #know(record) {
    this.#known.set(record.client_id, record);
    return record;
  }

  /**
   * @template T
   * @param {(store: OutboxStore) => Promise<T>} run
   * @returns {Promise<T>}
   */
  async #try(run) {
    try {
      return await run(this.#store);
    } catch (cause) {
      if (this.#store instanceof MemoryStore) throw cause;
      this.#store = new MemoryStore([...this.#known.values()]);
      return run(this.#store);
    }
  }
}

/**
 * @param {() => Promise<OutboxStore>} [open]
 * @returns {Promise<OutboxStore>} never fails
 */
export async function openStore(open = () => IndexedStore.open()) {
  /** @type {any} */
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the browser does not open its database')), OPEN_TIMEOUT_MS);
  });
  try {
    return new LastingStore(await /** @type {Promise<OutboxStore>} */ (Promise.race([open(), late])));
  } catch {
    return new MemoryStore();
  } finally {
    clearTimeout(timer);
  }
}
