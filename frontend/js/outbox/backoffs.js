/** When what has failed is tried again: later each time. */

const BACKOFF_MS = 1000;
const BACKOFF_LIMIT_MS = 30_000;

export class Backoffs {
  #clock;
  /** timer: null while it is tried. @type {Map<string, {timer: any, tries: number}>} */
  #all = new Map();

  /** @param {Pick<import('../types.js').Clock, 'setTimeout'|'clearTimeout'|'random'>} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** @param {string} key */
  isWaiting(key) {
    return Boolean(this.#all.get(key)?.timer);
  }

  /** @param {string} key  has failed once more @param {number|null} atLeastMs @param {() => void} run  when its time has come */
  wait(key, atLeastMs, run) {
    const tries = (this.#all.get(key)?.tries ?? 0) + 1;
    const backoff = Math.min(BACKOFF_MS * 2 ** (tries - 1), BACKOFF_LIMIT_MS);
    const timer = this.#clock.setTimeout(() => {
      this.#all.set(key, { timer: null, tries });
      run();
    }, Math.max(atLeastMs ?? 0, backoff) + this.#clock.random() * BACKOFF_MS);
    this.#all.set(key, { timer, tries });
  }

  /** @param {string} key  has come through, or is given up */
  forget(key) {
    this.#clock.clearTimeout(this.#all.get(key)?.timer);
    this.#all.delete(key);
  }

  /** Nothing waits any more. */
  clear() {
    for (const key of [...this.#all.keys()]) this.forget(key);
  }
}
