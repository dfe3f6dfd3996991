/** IndexedDB with promises: as much of it as the outbox needs. */

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {string} name
 * @param {number} version
 * @param {(fresh: IDBDatabase) => void} upgrade  makes the tables
 * @returns {Promise<IDBDatabase>}
 */
export async function openDatabase(name, version, upgrade) {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => upgrade(request.result);
  const database = await answerOf(request);
  // A later version of the page in another tab wants to change the tables; holding on would block it.
  database.onversionchange = () => database.close();
  return database;
}

/**
 * @template T
 * @param {IDBDatabase} database
 * @param {string} table
 * @param {(store: IDBObjectStore) => Promise<T>} run  waits for nothing but answers of this store, or it would be over
 * @returns {Promise<T>} when what was written is kept
 */
export async function transact(database, table, run) {
  const transaction = database.transaction(table, 'readwrite');
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  // Whoever fails first is the one that is told of.
  const [result] = await Promise.all([run(transaction.objectStore(table)), done]);
  return result;
}
