/**
 * When to draw: the first change of a burst at once, the rest together, in a hidden tab nothing.
 *
 * @typedef {import('../types.js').Clock} Clock
 */

/** Changes that follow a drawing within this time are drawn together at its end. */
export const COALESCE_MS = 100;

export class DrawQueue {
  #draw;
  #clock;
  #isHidden;
  #report;
  #drawnAt = -Infinity;
  #isDirty = false;
  #isDrawing = false;
  /** @type {any} */
  #timer = null;
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {object} options
   * @param {() => void} options.draw
   * @param {Clock} options.clock
   * @param {() => boolean} options.isHidden
   * @param {(cause: unknown) => void} [options.report]  takes the fault of a view, which must not reach whoever brought
   *   the news: a frame that cannot be drawn has still been received
   */
  constructor({ draw, clock, isHidden, report = (cause) => reportError(cause) }) {
    this.#draw = draw;
    this.#clock = clock;
    this.#isHidden = isHidden;
    this.#report = report;
  }

  /** Something has changed. */
  request() {
    this.#isDirty = true;
    // A view that calls back while it is being drawn is drawn again afterwards, not inside.
    if (this.#timer !== null || this.#isDrawing || this.#isHidden()) return;
    const wait = this.#drawnAt + COALESCE_MS - this.#clock.now();
    if (wait <= 0) this.#run();
    else this.#timer = this.#clock.setTimeout(() => this.#rang(), wait);
  }

  /** Draws now what is not drawn yet: after an act of the reader, or when the tab comes to the front. */
  flush() {
    if (!this.#isDirty || this.#isDrawing || this.#isHidden()) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#run();
  }

  /**
   * @returns {Promise<void>} when all that has changed until now is on the screen: at once, in a hidden tab when it is
   *   looked at again
   */
  drawn() {
    this.flush();
    if (!this.#isDirty) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #rang() {
    this.#timer = null;
    if (this.#isDirty && !this.#isHidden()) this.#run();
  }

  #run() {
    this.#isDirty = false;
    this.#isDrawing = true;
    this.#drawnAt = this.#clock.now();
    try {
      this.#draw();
    } catch (cause) {
      this.#report(cause);
    } finally {
      this.#isDrawing = false;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    if (this.#isDirty) this.request();
  }
}
