/**
 * Messages on their way: kept until the server has them, sent in the order of writing, never twice.
 *
 * Per room and author one message is under way at a time, and a lock over all tabs sees to it that only one tab sends.
 * That costs a round trip for each message and buys that a refused message is never overtaken by the next one. A message
 * keeps its client_id for ever, so that the server recognises it however often it comes.
 *
 * @typedef {import('./types.js').PendingMessage} PendingMessage
 * @typedef {import('./types.js').OutboxRecord} OutboxRecord
 * @typedef {import('./types.js').Clock} Clock
 * @typedef {import('./outbox/store.js').OutboxStore} OutboxStore
 * @typedef {import('./outbox/locks.js').Exclusively} Exclusively
 */

import { isAnothers, TEMPORARY } from './api.js';
import { newClientId } from './outbox/id.js';
import { Records } from './outbox/records.js';

/** Without an answer by then the message is sent again. */
export const ACK_TIMEOUT_MS = 20_000;

const BACKOFF_MS = 1000;
const BACKOFF_LIMIT_MS = 30_000;
const JITTER_MS = 1000;

/** A message that failed and that nobody came back to. */
const FORGET_FAILED_MS = 30 * 24 * 3600 * 1000;

/**
 * How messages leave the page.
 *
 * @typedef {object} Transport
 * @property {(record: PendingMessage) => 'live'|'http'|null} door  null: not now, somebody calls `wake` when it may go
 * @property {(record: PendingMessage) => boolean} sendLive  the answer comes by `acknowledge` or `refuse`
 * @property {(record: PendingMessage) => Promise<unknown>} post  rejects with an ApiError
 */

/** @typedef {{state: 'stored'|'wait'|'again'} | {state: 'refused', code: string, retryAfterMs: number|null}} Outcome */

export class Outbox {
  #records;
  #exclusively;
  #transport;
  #clock;
  #onFailed;
  #newId;
  /** @type {string|null} */
  #username = null;
  /** @type {number|null} */
  #account = null;
  /** @type {Map<string, {settle: (outcome: Outcome) => void}>} Live sendings without an answer, by client_id. */
  #flights = new Map();
  /** @type {Map<number, boolean>} Rooms being sent to; true: look again when done. */
  #draining = new Map();
  /** Rooms that were refused for now; timer: null while the next try is under way. @type {Map<number, {timer: any, tries: number}>} */
  #backoffs = new Map();

  /**
   * @param {object} options
   * @param {OutboxStore|Promise<OutboxStore>} options.store
   * @param {Exclusively} options.exclusively
   * @param {Transport} options.transport
   * @param {Clock} options.clock
   * @param {() => void} options.onChange  what `pendingOf` answers may have changed
   * @param {(message: PendingMessage) => void} [options.onFailed]  a message was refused for good
   * @param {() => void} [options.tell]  tells the other tabs that the store has changed
   * @param {() => string} [options.newId]
   */
  constructor({ store, exclusively, transport, clock, onChange, onFailed = () => {}, tell = () => {}, newId = newClientId }) {
    this.#records = new Records({ store, onChange, tell });
    this.#exclusively = exclusively;
    this.#transport = transport;
    this.#clock = clock;
    this.#onFailed = onFailed;
    this.#newId = newId;
  }

  /**
   * Reads what an earlier page, or another tab, has left, and sends it.
   *
   * @param {string|null} username  who is here; what others have written rests until they are back
   * @param {number|null} [account]  the id of their account; null: a guest
   */
  async begin(username, account = null) {
    if (username !== this.#username || account !== this.#account) this.connectionLost();
    this.#username = username;
    this.#account = account;
    this.#stopWaiting();
    await this.reread();
    const old = this.#clock.date() - FORGET_FAILED_MS;
    for (const record of this.#records.all) {
      if (record.status === 'failed' && Date.parse(record.created_at) < old) this.discard(record.client_id);
    }
  }

  /** Another tab has changed the store. */
  async reread() {
    await this.#records.refresh();
    this.#drainAll();
  }

  /**
   * @param {number} roomId
   * @returns {PendingMessage[]} of the present person, in order
   */
  pendingOf(roomId) {
    return this.#records.all.filter((record) => record.room_id === roomId && this.#isMine(record));
  }

  /**
   * @param {number} roomId
   * @param {string} content
   * @param {number} [replyTo]  the message that it answers
   * @param {import('./types.js').PendingFile[]} [files]  what it brings along
   * @returns {PendingMessage} it is kept from now on; sending begins when the store has it
   */
  add(roomId, content, replyTo, files) {
    if (this.#username === null) throw new Error('nobody is signed in');
    /** @type {OutboxRecord} */
    const record = {
      client_id: this.#newId(), room_id: roomId, username: this.#username, account: this.#account, content,
      ...(replyTo && { reply_to: replyTo }),
      ...(files?.[0] && { files }),
      created_at: new Date(this.#clock.date()).toISOString(), status: 'sending', error: null, seq: Infinity,
    };
    void this.#records.add(record).then(() => this.#drain(roomId));
    return record;
  }

  /**
   * The server has these messages, whoever sent them and whatever way the news came.
   *
   * @param {string[]} clientIds
   */
  acknowledge(clientIds) {
    for (const clientId of clientIds) {
      this.#flights.get(clientId)?.settle({ state: 'stored' });
      void this.#records.settle(clientId);
    }
  }

  /**
   * The server's answer to a live sending was no.
   *
   * @param {string} clientId
   * @param {string} code
   * @param {number|null} [retryAfterMs]
   */
  refuse(clientId, code, retryAfterMs = null) {
    this.#flights.get(clientId)?.settle({ state: 'refused', code, retryAfterMs });
  }

  /**
   * A live sending came to nothing, through no fault of the message: it goes again at the next `wake`.
   *
   * @param {string} clientId
   */
  postpone(clientId) {
    this.#flights.get(clientId)?.settle({ state: 'wait' });
  }

  /**
   * The server has closed because of a frame that it did not name: it was the first without an answer.
   *
   * @param {string} code
   */
  refuseFirst(code) {
    const [clientId] = this.#flights.keys();
    if (clientId !== undefined) this.refuse(clientId, code);
  }

  /** What was sent live and not answered has to be sent again. */
  connectionLost() {
    for (const { settle } of [...this.#flights.values()]) settle({ state: 'wait' });
  }

  /** A way has opened: a connection, a room, the network. */
  wake() {
    this.#stopWaiting();
    this.#drainAll();
  }

  #drainAll() {
    const rooms = new Set(this.#records.all.filter((record) => this.#isLeaving(record)).map(({ room_id: roomId }) => roomId));
    for (const roomId of rooms) void this.#drain(roomId);
  }

  /**
   * Sends a failed message again, behind all others: those have left in the meantime.
   *
   * @param {string} clientId
   */
  retry(clientId) {
    const failed = this.#records.get(clientId);
    if (failed?.status === 'failed') void this.#records.requeue(failed).then(() => this.#drain(failed.room_id));
  }

  /**
   * Its files have come to the server, or cannot.
   *
   * @param {string} clientId
   * @param {Partial<OutboxRecord>} change
   */
  async revise(clientId, change) {
    // Its place is known when the store has it.
    await this.#records.refresh();
    const record = this.#records.get(clientId);
    if (!record) return;
    const revised = { ...record, ...change };
    if (revised.status === 'failed') this.#onFailed(revised);
    await this.#records.update(revised);
    void this.#drain(record.room_id);
  }

  /** @returns {PendingMessage[]} of all rooms and people, in order */
  get all() {
    return [...this.#records.all];
  }

  /**
   * Gives up a message. One that is under way may have been stored already.
   *
   * @param {string} clientId
   */
  discard(clientId) {
    void this.#records.settle(clientId);
    this.#flights.get(clientId)?.settle({ state: 'stored' });
  }

  /** @param {OutboxRecord} record */
  #isMine(record) {
    return record.username === this.#username && (record.account ?? null) === this.#account;
  }

  /** @param {OutboxRecord} record */
  #isLeaving(record) {
    return this.#isMine(record) && record.status === 'sending' && record.seq !== Infinity;
  }

  #stopWaiting() {
    for (const { timer } of this.#backoffs.values()) this.#clock.clearTimeout(timer);
    this.#backoffs.clear();
  }

  /** @param {number} roomId */
  async #drain(roomId) {
    const [username, account] = [this.#username, this.#account];
    if (username === null || this.#backoffs.get(roomId)?.timer) return;
    if (this.#draining.has(roomId)) {
      this.#draining.set(roomId, true);
      return;
    }
    this.#draining.set(roomId, false);
    try {
      await this.#exclusively(`parlour.outbox.${roomId}.${username}`, () => this.#sendAll(roomId, username, account));
    } finally {
      const again = this.#draining.get(roomId);
      this.#draining.delete(roomId);
      if (again) void this.#drain(roomId);
    }
  }

  /**
   * Sends what there is for a room, one after the other. Runs under the lock.
   *
   * @param {number} roomId
   * @param {string} username
   * @param {number|null} account
   */
  async #sendAll(roomId, username, account) {
    for (;;) {
      // Another tab may have sent some while this one waited for the lock, or have written one that comes before ours.
      await this.#records.refresh();
      const record = this.#records.all.find((other) => other.room_id === roomId && this.#isLeaving(other));
      if (!record || this.#username !== username || this.#account !== account) return;
      const outcome = await this.#send(record);
      if (outcome.state === 'stored') {
        this.#backoffs.delete(roomId);
        await this.#records.settle(record.client_id);
      } else if (outcome.state === 'wait') {
        return;
      } else if (outcome.state === 'refused') {
        // Whoever has been signed out sends it when they are back.
        if (outcome.code === 'not_signed_in') return;
        if (TEMPORARY.has(outcome.code)) {
          this.#wait(roomId, outcome.retryAfterMs);
          return;
        }
        await this.#fail(record, outcome.code);
      }
    }
  }

  /**
   * @param {OutboxRecord} record
   * @returns {Promise<Outcome>}
   */
  async #send(record) {
    const door = this.#transport.door(record);
    if (door === null) return { state: 'wait' };
    if (door === 'http') {
      try {
        await this.#transport.post(record);
        return { state: 'stored' };
      } catch (refusal) {
        const { code = 'internal', retryAfterMs = null } = /** @type {any} */ (refusal);
        // So does whoever finds that somebody else has signed in to this browser.
        if (isAnothers(refusal)) return { state: 'wait' };
        return { state: 'refused', code, retryAfterMs };
      }
    }
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => settle({ state: 'again' }), ACK_TIMEOUT_MS);
      const settle = (/** @type {Outcome} */ outcome) => {
        this.#clock.clearTimeout(timer);
        this.#flights.delete(record.client_id);
        resolve(outcome);
      };
      this.#flights.set(record.client_id, { settle });
      if (!this.#transport.sendLive(record)) settle({ state: 'wait' });
    });
  }

  /**
   * @param {number} roomId
   * @param {number|null} retryAfterMs
   */
  #wait(roomId, retryAfterMs) {
    const tries = this.#backoffs.get(roomId)?.tries ?? 0;
    const backoff = Math.min(BACKOFF_MS * 2 ** tries, BACKOFF_LIMIT_MS);
    const delay = Math.max(retryAfterMs ?? 0, backoff) + this.#clock.random() * JITTER_MS;
    const timer = this.#clock.setTimeout(() => {
      this.#backoffs.set(roomId, { timer: null, tries: tries + 1 });
      void this.#drain(roomId);
    }, delay);
    this.#backoffs.set(roomId, { timer, tries: tries + 1 });
  }

  /**
   * @param {OutboxRecord} record
   * @param {string} code
   */
  async #fail(record, code) {
    if (!this.#records.get(record.client_id)) return;
    /** @type {OutboxRecord} */
    const failed = {
      ...record, status: 'failed', error: code,
      // The server keeps no files for ever that no message has: they go anew, if this is tried again.
      ...(code === 'not_found' && record.files && { files: record.files.map((file) => ({ ...file, id: '' })) }),
    };
    this.#onFailed(failed);
    await this.#records.update(failed);
  }
}
