/** Which of this browser's tabs sees to what: one alone sends a file. */

/** @param {string} key */
const nameOf = (key) => `parlour.upload.${key}`;

export class Claims {
  #locks;
  /** What this tab has; each gives it back. @type {Map<string, () => void>} */
  #held = new Map();
  /** What it waits for others to give back. @type {Set<string>} */
  #awaited = new Set();

  /** @param {LockManager} [locks]  without any, each tab takes what it finds: plain http on a network has none */
  constructor(locks) {
    this.#locks = locks;
  }

  /** @param {string} key @returns {Promise<boolean>} it is this tab's until it is given back; false: it is another's */
  async take(key) {
    if (this.#held.has(key)) return true;
    const release = await this.#request(key);
    if (release) this.#held.set(key, release);
    return release !== null;
  }

  /** @param {string} key  if this tab has it */
  release(key) {
    this.#held.get(key)?.();
    this.#held.delete(key);
  }

  /** @param {string} key  of another tab @param {() => void} then  that tab has given it back, or is gone */
  whenFree(key, then) {
    if (!this.#locks || this.#awaited.has(key)) return;
    this.#awaited.add(key);
    // Shared, as nobody keeps it: all who wait learn of it at once.
    void this.#locks.request(nameOf(key), { mode: 'shared' }, () => undefined).catch(() => undefined).then(() => {
      this.#awaited.delete(key);
      then();
    });
  }

  /** @param {string} key @returns {Promise<(() => void)|null>} */
  #request(key) {
    const locks = this.#locks;
    if (!locks) return Promise.resolve(() => {});
    return new Promise((resolve) => {
      locks.request(nameOf(key), { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise((release) => resolve(() => release(undefined)));
        // Where the person has turned site data off, no tab knows of the others.
      }).catch(() => resolve(() => {}));
    });
  }
}
