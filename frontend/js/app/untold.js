/**
 * What somebody has read and the server has not confirmed: kept in the browser, so that neither a lost connection nor a
 * closed page takes it away.
 *
 * @typedef {{id: number, back: boolean}} Mark  read up to `id`, or with `back` marked as unread from it on
 */

/** Begins like what belongs to a person, so it is forgotten with that. */
const KEY = 'parlour.read.untold';

export class Untold {
  #storage;
  /** @type {Map<number, Mark>} */
  #marks;

  /** @param {() => Storage} [storage]  a function, because the mere asking may throw */
  constructor(storage = () => localStorage) {
    this.#storage = storage;
    this.#marks = this.#kept();
  }

  /** @returns {[number, Mark][]} by room */
  get all() {
    return [...this.#marks];
  }

  /** @param {number} roomId @returns {Mark|undefined} */
  of(roomId) {
    return this.#marks.get(roomId);
  }

  /**
   * The newest position wins; what was marked as unread stays so until it is read on purpose.
   *
   * @param {number} roomId
   * @param {Mark} mark
   */
  put(roomId, mark) {
    const known = this.#marks.get(roomId);
    if (known && !known.back && !mark.back && known.id >= mark.id) return;
    this.#marks.set(roomId, mark);
    this.#keep();
  }

  /**
   * The server has said how far this person is.
   *
   * @param {number} roomId
   * @param {number} readUpTo
   */
  told(roomId, readUpTo) {
    const mark = this.#marks.get(roomId);
    if (mark && (mark.back ? readUpTo < mark.id : readUpTo >= mark.id)) this.drop(roomId);
  }

  /** @param {number} roomId */
  drop(roomId) {
    if (this.#marks.delete(roomId)) this.#keep();
  }

  /** @returns {Map<number, Mark>} */
  #kept() {
    try {
      const kept = JSON.parse(this.#storage().getItem(KEY) ?? '[]');
      return new Map(kept.filter((/** @type {any} */ [roomId, mark]) => Number.isInteger(roomId) && Number.isInteger(mark.id)));
    } catch {
      return new Map();
    }
  }

  #keep() {
    try {
      if (this.#marks.size > 0) this.#storage().setItem(KEY, JSON.stringify(this.all));
      else this.#storage().removeItem(KEY);
    } catch {
      // Full or refused: then it lives as long as the page.
    }
  }
}
