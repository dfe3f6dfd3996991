/**
 * The list of rooms: read, kept true by what the server tells, added to and taken from.
 *
 * @typedef {import('../types.js').Frame} Frame
 */

export class RoomList {
  #api;
  #state;
  #apply;
  #hear;
  /** Frames about rooms that came while the list was being read. @type {Frame[]|null} */
  #news = null;
  #isWantedAgain = false;
  /** Rooms that this page is deleting: their end is no news to it. @type {Set<number>} */
  #deleting = new Set();

  /**
   * @param {object} options
   * @param {Pick<import('../api.js').Api, 'listRooms'|'createRoom'|'deleteRoom'>} options.api
   * @param {import('../types.js').State} options.state  read only
   * @param {(event: Frame) => void} options.apply
   * @param {(frame: Frame) => void} [options.hear]  what counts by frames hears them once more with the list
   */
  constructor({ api, state, apply, hear = () => {} }) {
    this.#api = api;
    this.#state = state;
    this.#apply = apply;
    this.#hear = hear;
  }

  /** Reads the list. One reading at a time: a wish that comes during one is granted after it, because it may be newer. */
  async load() {
    if (this.#news !== null) {
      this.#isWantedAgain = true;
      return;
    }
    do {
      this.#isWantedAgain = false;
      await this.#read();
    } while (this.#isWantedAgain);
  }

  async #read() {
    /** @type {Frame[]} */
    const news = [];
    this.#news = news;
    this.#apply({ type: 'rooms_loading' });
    try {
      this.#apply({ type: 'rooms_loaded', rooms: await this.#api.listRooms() });
      // What was told while the list was on its way is newer than the list, or says the same.
      for (const frame of news) {
        this.#apply(frame);
        this.#hear(frame);
      }
    } catch {
      this.#apply({ type: 'rooms_failed' });
    } finally {
      this.#news = null;
    }
  }

  /** @param {Frame} frame  of the server, on its way into the state */
  hear(frame) {
    if (/^(?:room_|news|read)/.test(frame.type)) this.#news?.push(frame);
  }

  /**
   * @param {import('../types.js').RoomWish} wish
   * @returns {Promise<number>} its id; rejects with an ApiError
   */
  async create(wish) {
    const room = await this.#api.createRoom(wish);
    this.#apply({ type: 'room_created', room });
    return room.id;
  }

  /**
   * @param {number} roomId
   * @returns {Promise<string>} the name of the room that is gone; rejects with an ApiError
   */
  async delete(roomId) {
    const room = this.#state.rooms.find(({ id }) => id === roomId);
    this.#deleting.add(roomId);
    try {
      await this.#api.deleteRoom(roomId, this.#state.username);
    } finally {
      this.#deleting.delete(roomId);
    }
    return room?.name ?? '';
  }

  /**
   * @param {number|undefined} roomId
   * @returns {boolean} this page itself has asked for its end
   */
  isDeleting(roomId) {
    return roomId !== undefined && this.#deleting.has(roomId);
  }
}
