/**
 * The messages on their way as this page knows them, in step with the store that all tabs share.
 *
 * A change shows here at once and reaches the store a moment later; the store is worked on in the order of the calls, so
 * that a list read after a change contains it.
 *
 * @typedef {import('../types.js').OutboxRecord} OutboxRecord
 * @typedef {import('./store.js').OutboxStore} OutboxStore
 */

import { cleanName } from '../format.js';

/** Client_ids that are done with and remembered, so that a list read a moment earlier does not bring one back. */
const SETTLED_LIMIT = 1000;

export class Records {
  /** The store, when all that was asked of it so far is done. @type {Promise<OutboxStore>} */
  #store;
  #onChange;
  #tell;
  /** @type {OutboxRecord[]} */
  #all = [];
  /** @type {Set<string>} */
  #settled = new Set();
  #changes = 0;

  /**
   * @param {object} options
   * @param {OutboxStore|Promise<OutboxStore>} options.store
   * @param {() => void} options.onChange
   * @param {() => void} options.tell  tells the other tabs that the store has changed
   */
  constructor({ store, onChange, tell }) {
    this.#store = Promise.resolve(store);
    this.#onChange = onChange;
    this.#tell = tell;
  }

  /** @returns {readonly OutboxRecord[]} of all rooms and names, in order; `seq` is Infinity until the store has it */
  get all() {
    return this.#all;
  }

  /**
   * @param {string} clientId
   * @returns {OutboxRecord|undefined}
   */
  get(clientId) {
    return this.#all.find((record) => record.client_id === clientId);
  }

  /**
   * Puts a new message at the end.
   *
   * @param {OutboxRecord} record  `seq` is set in place when the store has given it: a view that compares by identity has
   *   nothing new to draw
   * @returns {Promise<void>} when it is kept
   */
  add(record) {
    this.#change([...this.#all, record]);
    return this.#write(async (store) => {
      record.seq = (await store.add(record)).seq;
    });
  }

  /**
   * Changes a message in its place.
   *
   * @param {OutboxRecord} record
   * @returns {Promise<void>} when it is kept
   */
  update(record) {
    this.#change(this.#all.map((other) => (other.client_id === record.client_id ? record : other)));
    return this.#write((store) => store.update(record));
  }

  /**
   * Puts a message behind all others, to be sent again.
   *
   * @param {OutboxRecord} failed
   * @returns {Promise<void>} when it is kept
   */
  requeue(failed) {
    /** @type {OutboxRecord} */
    const record = { ...failed, status: 'sending', error: null, seq: Infinity };
    this.#change([...this.#all.filter((other) => other !== failed), record]);
    return this.#write(async (store) => {
      const moved = await store.requeue(failed.client_id);
      if (moved) record.seq = moved.seq;
    });
  }

  /**
   * Takes a message out for good.
   *
   * @param {string} clientId
   * @returns {Promise<void>} when the store has it no longer
   */
  async settle(clientId) {
    if (!this.get(clientId)) {
      await this.#store; // The removal that somebody else has begun.
      return;
    }
    this.#settled.add(clientId);
    if (this.#settled.size > SETTLED_LIMIT) this.#settled.delete(/** @type {string} */ (this.#settled.values().next().value));
    this.#change(this.#all.filter((record) => record.client_id !== clientId));
    await this.#write((store) => store.remove(clientId));
  }

  /**
   * Looks at the store, which other tabs change too.
   *
   * @returns {Promise<void>}
   */
  async refresh() {
    const before = this.#changes;
    const turn = this.#store.then(async (store) => ({ store, stored: await store.list() }));
    this.#store = turn.then(({ store }) => store);
    const { stored } = await turn;
    if (before !== this.#changes) {
      // Something was done here while the list was on its way: it does not show in this list, but in the next.
      await this.refresh();
      return;
    }
    const records = stored.filter(({ client_id: clientId }) => !this.#settled.has(clientId)).map((record) => this.#same(record));
    const isSame = records.length === this.#all.length && records.every((record, index) => record === this.#all[index]);
    if (!isSame) this.#change(records);
  }

  /**
   * @param {OutboxRecord} record
   * @returns {OutboxRecord} the one that is known, when nothing in it differs; a new one under the name as the server
   *   writes it, which is not how every page has kept it
   */
  #same(record) {
    const known = this.get(record.client_id);
    const isSame = known?.seq === record.seq && known.status === record.status && known.error === record.error;
    if (isSame && String(known.files?.map(({ id }) => id)) === String(record.files?.map(({ id }) => id))) return known;
    return { ...record, username: cleanName(record.username) };
  }

  /** @param {OutboxRecord[]} records */
  #change(records) {
    this.#all = records;
    this.#changes += 1;
    this.#onChange();
  }

  /** @param {(store: OutboxStore) => Promise<void>} run */
  async #write(run) {
    const turn = this.#store.then(async (store) => {
      await run(store);
      return store;
    });
    this.#store = turn;
    await turn;
    this.#tell();
  }
}
