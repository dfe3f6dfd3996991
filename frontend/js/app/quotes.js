/**
 * The messages that others in the room answer, as they are now, wherever in its history they stand.
 *
 * One that is in the window is taken from there. The others are asked for by their ids, together, and from then on kept
 * in step by what the server tells: of two states of one message the later version stays.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Frame} Frame
 */

import { indexOfId } from '../state/window.js';

/** Ids that are wanted within this time are one question. */
const GATHER_MS = 20;
/** The server answers for no more at once. */
export const ASKED_AT_MOST = 50;
/** So long a page of history waits for what its messages answer. */
const PATIENCE_MS = 1500;
const AGAIN_MS = 3000;

/** Stands for what the room does not have. */
const GONE = /** @type {Message} */ (Object.freeze({
  id: 0, room_id: 0, username: '', content: '', timestamp: '', version: Infinity, client_id: null, guest: false, reply_to: null,
  edited_at: null, deleted_at: 'gone', reactions: [], files: [], pinned_at: null,
}));

export class Quotes {
  #api;
  #state;
  #clock;
  #onNews;
  /** null: asked for, or to be. @type {Map<number, Message|null>} */
  #known = new Map();
  /** @type {Set<number>} */
  #missing = new Set();
  /** Grows with every room: what comes late is of another one. */
  #visit = 0;
  /** @type {any} */
  #timer = null;
  /** The last asking failed: the next waits for the timer. */
  #isFailing = false;

  /**
   * @param {object} options
   * @param {Pick<import('../api.js').Api, 'call'>} options.api
   * @param {Pick<import('../types.js').State, 'currentRoom'|'messages'|'historyStatus'>} options.state  read only
   * @param {import('../types.js').Clock} options.clock
   * @param {() => void} options.onNews  what `of` answers has changed
   */
  constructor({ api, state, clock, onNews }) {
    this.#api = api;
    this.#state = state;
    this.#clock = clock;
    this.#onNews = onNews;
  }

  /**
   * @param {number} id
   * @returns {Message|null} as it is now; null: not known yet, `onNews` says when it is
   */
  of(id) {
    const { messages } = this.#state;
    const here = messages[indexOfId(messages, id)];
    if (here?.id === id) {
      // It may leave the window; its quote stays.
      this.#known.set(id, here);
      return here;
    }
    if (id <= Number(this.#state.currentRoom?.purged_to)) return GONE;
    if (!this.#known.has(id)) {
      this.#known.set(id, null);
      this.#missing.add(id);
      this.#timer ??= this.#clock.setTimeout(() => void this.#ask(), GATHER_MS);
    }
    return this.#known.get(id) ?? null;
  }

  /**
   * @param {{id?: number, reply_to?: number|null}[]} messages  to be shown, so that what they answer should be known
   * @returns {Promise<void>} it is, or cannot be had soon
   */
  async prepare(messages) {
    const own = new Set(messages.map(({ id }) => id));
    for (const { reply_to: id } of messages) if (id && !own.has(id)) this.of(id);
    // What could not be had a moment ago is asked for again in its time, not with everything that is drawn.
    if (this.#missing.size === 0 || this.#isFailing) return;
    await new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => resolve(undefined), PATIENCE_MS);
      void this.#ask().then(() => {
        this.#clock.clearTimeout(timer);
        resolve(undefined);
      });
    });
  }

  /** @param {Frame} event  that has been applied to the state */
  hear(event) {
    const { type } = event;
    if (type === 'room_entered' || type === 'room_left' || type === 'signed_out') this.#forget();
    else if (type === 'sync' && (event['reset'] || this.#state.historyStatus !== 'ready')) this.#forget();
    else if (type === 'message' || type === 'message_updated') this.#learn([event['message']]);
    else if (type === 'sync') this.#learn(event['messages']);
    else if (type === 'history_loaded' || type === 'page_loaded') this.#learn(event['page'].messages);
  }

  #forget() {
    this.#visit += 1;
    this.#isFailing = false;
    this.#known.clear();
    this.#missing.clear();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @param {Message[]} messages  those among them that somebody quotes are kept */
  #learn(messages) {
    for (const message of messages) {
      const known = this.#known.get(message.id);
      if (known === undefined || (known && known.version > message.version)) continue;
      this.#known.set(message.id, message);
      this.#missing.delete(message.id);
    }
  }

  async #ask() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    const roomId = this.#state.currentRoom?.id;
    const ids = [...this.#missing].slice(0, ASKED_AT_MOST);
    if (roomId === undefined || ids.length === 0) return;
    for (const id of ids) this.#missing.delete(id);
    const visit = this.#visit;
    const query = new URLSearchParams(ids.map((id) => ['ids', String(id)])).toString();
    try {
      const { body } = await this.#api.call('GET', `/api/chat/rooms/${roomId}/messages?${query}`);
      this.#isFailing = false;
      if (visit !== this.#visit) return;
      this.#learn(body);
      for (const id of ids) if (!this.#known.get(id)) this.#known.set(id, GONE);
    } catch {
      if (visit !== this.#visit) return;
      this.#isFailing = true;
      for (const id of ids) this.#missing.add(id);
      this.#timer ??= this.#clock.setTimeout(() => void this.#ask(), AGAIN_MS);
      return;
    }
    this.#onNews();
    await this.#ask();
  }
}
