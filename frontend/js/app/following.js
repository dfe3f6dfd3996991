/**
 * Whether the server counts this page into the room it shows, and what to do when it says that it does not.
 *
 * @typedef {import('../types.js').Frame} Frame
 */

import { TEMPORARY } from '../api.js';

/** A subscribe that was refused for now is tried again after this. */
export const SUBSCRIBE_AGAIN_MS = 3000;

export class Following {
  #options;
  /** @type {number|null} */
  #roomId = null;
  /** @type {any} */
  #timer = null;
  /** The message that was last sent in the mistaken belief of being in its room. @type {string|null} */
  #mistaken = null;

  /**
   * @param {object} options
   * @param {import('../types.js').State} options.state  read only
   * @param {import('../types.js').Clock} options.clock
   * @param {(roomId: number, after: number, epoch: string|null) => void} options.subscribe  asks the server, now or not
   *   at all
   * @param {(clientId: string) => void} options.postpone  keeps a message until the room is followed
   */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {boolean} the server counts this page into the current room */
  get isThere() {
    return this.#roomId !== null && this.#roomId === this.#options.state.currentRoom?.id;
  }

  /** @param {number} roomId  the server has told what was missed, and counts this page in */
  begin(roomId) {
    this.#stopWaiting();
    this.#roomId = roomId;
  }

  /** The connection is lost, or the room is left. */
  end() {
    this.#stopWaiting();
    this.#roomId = null;
  }

  /** Asks the server for all that came after what the state has, and to go on from there. */
  resync() {
    const { state, subscribe } = this.#options;
    if (state.currentRoom && !state.notice && state.historyStatus === 'ready') {
      subscribe(state.currentRoom.id, state.version, state.epoch);
    }
  }

  /**
   * @param {Frame} frame  `error`
   * @returns {boolean} that was all there is to do about it
   */
  refused({ code, room_id: roomId, client_id: clientId = null }) {
    if (!roomId || roomId !== this.#options.state.currentRoom?.id || code === 'not_found') return false;
    // What was written before the first such answer came is refused like it.
    if (code === 'not_allowed' && (this.isThere || clientId !== null)) return this.#wasMistaken(clientId);
    if (clientId !== null) return false;
    // Where it passes the server leaves a connection in the room it was in, but what was missed is still missing.
    if (!this.isThere || TEMPORARY.has(code)) {
      this.#stopWaiting();
      this.#timer = this.#options.clock.setTimeout(() => this.resync(), SUBSCRIBE_AGAIN_MS);
    }
    return true;
  }

  /**
   * One may write only to a room one is in, so this page is not, whatever it thought. A message to which that happens
   * twice running is refused for a reason of its own, and would be sent and refused for ever.
   *
   * @param {string|null} clientId  null: it was no message
   * @returns {boolean}
   */
  #wasMistaken(clientId) {
    if (clientId !== null && clientId === this.#mistaken) return false;
    this.#roomId = null;
    if (clientId !== null) {
      this.#mistaken = clientId;
      this.#options.postpone(clientId);
    }
    this.resync();
    return true;
  }

  #stopWaiting() {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
