/**
 * Reads the current room's history into the state: the window on entering, and pages at both of its ends.
 *
 * At most one request per direction is under way, and none outlives the visit to its room.
 *
 * @typedef {import('../types.js').State} State
 * @typedef {import('../types.js').Frame} Frame
 * @typedef {import('../types.js').Direction} Direction
 * @typedef {import('../types.js').HistoryPage} HistoryPage
 * @typedef {import('../api.js').Api} Api
 */

/** Messages in a page. */
export const PAGE = 50;

/** Messages read around one that is to be shown with its neighbours. */
export const AROUND = 100;

/** A reader who waits at the lower end for what comes next should not have to ask for it again. */
const NEWER_AGAIN_MS = 3000;

/** Refusals that say: this room is not, or not for you. */
const FINAL = new Set(['not_found', 'not_allowed', 'not_signed_in', 'banned']);

export class History {
  #api;
  #state;
  #clock;
  #apply;
  #onRefused;
  #prepare;
  #visit = new AbortController();
  /** @type {Partial<Record<Direction|'window', Promise<boolean>>>} */
  #underWay = {};

  /**
   * @param {object} options
   * @param {Pick<Api, 'listMessages'>} options.api
   * @param {State} options.state  read only
   * @param {import('../types.js').Clock} options.clock
   * @param {(event: Frame) => void} options.apply
   * @param {(code: string, detail: string) => void} options.onRefused  the server will not show this room
   * @param {(messages: import('../types.js').Message[]) => Promise<unknown>|null} [options.prepare]  settles when what was
   *   read can be shown; null: at once
   */
  constructor({ api, state, clock, apply, onRefused, prepare = () => null }) {
    this.#api = api;
    this.#state = state;
    this.#clock = clock;
    this.#apply = apply;
    this.#onRefused = onRefused;
    this.#prepare = prepare;
  }

  /** Forgets what is under way: the reader has left the room. */
  leave() {
    this.#visit.abort();
    this.#visit = new AbortController();
    this.#underWay = {};
  }

  /**
   * Fills the window of a room that was just entered, or whose window is void.
   *
   * @param {{around?: number|null, readUpTo?: number|null|Promise<number|null>}} [options]  `around`: the message to
   *   show; `readUpTo`: the newest one the reader has seen, so that a long absence begins where it began
   * @returns {Promise<boolean>} the window is there
   */
  enter({ around = null, readUpTo: reading = null } = {}) {
    // What is under way belongs to a window that will be gone.
    this.leave();
    this.#apply({ type: 'history_loading' });
    return this.#once('window', async (roomId, signal) => {
      if (around !== null) return this.#around(roomId, around, reading instanceof Promise ? await reading : reading, signal);
      const page = await this.#api.listMessages(roomId, { limit: PAGE }, signal);
      // Where it has to be asked for, that was done at the same time.
      const readUpTo = reading instanceof Promise ? await reading : reading;
      const first = page.messages[0];
      const hasOlder = page.messages.length === PAGE;
      if (hasOlder && readUpTo !== null && first && first.id > readUpTo) return this.#around(roomId, readUpTo || 1, readUpTo, signal);
      return { type: 'history_loaded', room_id: roomId, page, hasOlder, hasNewer: false, readUpTo };
    }, { type: 'history_failed' });
  }

  /**
   * Shows a message with its neighbours, in place of the present window.
   *
   * @param {number} id
   * @returns {Promise<boolean|null>} it is in the window; null: that could not be read
   */
  async jumpTo(id) {
    const isHere = () => this.#state.messages.some((message) => message.id === id);
    if (isHere()) return true;
    const isRead = await this.#replace((roomId, signal) => this.#around(roomId, id, null, signal));
    return isHere() || (isRead ? false : null);
  }

  /**
   * Shows the end of the room.
   *
   * @returns {Promise<boolean>} the window reaches it
   */
  async jumpToLatest() {
    if (!this.#state.hasNewer) return true;
    return this.#replace(async (roomId, signal) => {
      const page = await this.#api.listMessages(roomId, { limit: PAGE }, signal);
      return { type: 'history_loaded', room_id: roomId, page, hasOlder: page.messages.length === PAGE, hasNewer: false };
    });
  }

  /**
   * Continues the window at one end.
   *
   * @param {Direction} direction
   * @returns {Promise<boolean>} something came
   */
  page(direction) {
    const older = direction === 'older';
    const edge = older ? this.#state.messages[0] : this.#state.messages.at(-1);
    const goesOn = older ? this.#state.hasOlder : this.#state.hasNewer;
    if (this.#underWay[direction]) return this.#underWay[direction];
    if (!edge || !goesOn || this.#state.historyStatus !== 'ready' || this.#underWay.window) return Promise.resolve(false);
    this.#apply({ type: 'page_requested', direction });
    return this.#once(direction, async (roomId, signal) => {
      const query = { limit: PAGE, ...(older ? { before: edge.id } : { after: edge.id }) };
      const read = () => this.#api.listMessages(roomId, query, signal);
      const page = older ? await read() : await this.#patiently(read, signal);
      return { type: 'page_loaded', room_id: roomId, direction, edge: edge.id, page, full: page.messages.length === PAGE };
    }, { type: 'page_failed', direction });
  }

  /**
   * @param {(roomId: number, signal: AbortSignal) => Promise<Frame>} read
   * @returns {Promise<boolean>}
   */
  #replace(read) {
    this.leave();
    this.#apply({ type: 'page_requested', direction: 'newer' });
    return this.#once('window', read, { type: 'page_failed', direction: 'newer' });
  }

  /**
   * Reads until it works, or until the server says that it never will.
   *
   * @param {() => Promise<HistoryPage>} read
   * @param {AbortSignal} signal
   * @returns {Promise<HistoryPage>}
   */
  async #patiently(read, signal) {
    for (;;) {
      try {
        return await read();
      } catch (cause) {
        if (signal.aborted || FINAL.has(/** @type {any} */ (cause).code)) throw cause;
        await new Promise((resolve) => {
          const timer = this.#clock.setTimeout(() => resolve(undefined), NEWER_AGAIN_MS);
          signal.addEventListener('abort', () => {
            this.#clock.clearTimeout(timer);
            resolve(undefined);
          }, { once: true });
        });
        signal.throwIfAborted();
      }
    }
  }

  /**
   * @param {number} roomId
   * @param {number} id
   * @param {number|null} readUpTo
   * @param {AbortSignal} signal
   * @returns {Promise<Frame>}
   */
  async #around(roomId, id, readUpTo, signal) {
    const page = await this.#api.listMessages(roomId, { limit: AROUND, around: id }, signal);
    // The server gives each side its half, as far as there is one: a short side has come to its end.
    const half = AROUND / 2 - 1;
    const older = page.messages.filter((message) => message.id < id).length;
    const newer = page.messages.filter((message) => message.id > id).length;
    return { type: 'history_loaded', room_id: roomId, page, hasOlder: older >= half, hasNewer: newer >= half, readUpTo };
  }

  /**
   * @param {Direction|'window'} what
   * @param {(roomId: number, signal: AbortSignal) => Promise<Frame>} read
   * @param {Frame} failed  the event that says so
   * @returns {Promise<boolean>}
   */
  #once(what, read, failed) {
    const roomId = this.#state.currentRoom?.id;
    if (roomId === undefined) return Promise.resolve(false);
    const { signal } = this.#visit;
    const run = async () => {
      try {
        const event = await read(roomId, signal);
        const prepared = this.#prepare(event['page'].messages);
        if (prepared) await prepared;
        if (signal.aborted) return false;
        delete this.#underWay[what];
        this.#apply(event);
        return true;
      } catch (cause) {
        if (signal.aborted) return false;
        delete this.#underWay[what];
        const { code = 'internal', detail = '' } = /** @type {any} */ (cause);
        this.#apply(failed);
        if (FINAL.has(code)) this.#onRefused(code, detail);
        return false;
      }
    };
    const promise = run();
    this.#underWay[what] = promise;
    return promise;
  }
}
