/** The Web Locks of one browser, as far as the page asks for them: several tabs share them. */

export class FakeLocks {
  /** Who has what. @type {{name: string, mode: string, tab: object}[]} */
  #held = [];
  /** @type {(() => void)[]} */
  #waiting = [];

  /** Of one tab; `close` gives back all that it has, as the end of a page does. */
  tab() {
    const tab = {};
    return {
      request: (name, options, run) => this.#request(tab, name, options, run),
      close: () => this.#drop((lock) => lock.tab !== tab),
    };
  }

  async #request(tab, name, { mode = "exclusive", ifAvailable = false }, run) {
    const isFree = () => !this.#held.some((lock) => lock.name === name && (mode === "exclusive" || lock.mode === "exclusive"));
    if (ifAvailable && !isFree()) return run(null);
    while (!isFree()) await new Promise((resolve) => this.#waiting.push(resolve));
    const mine = { name, mode, tab };
    this.#held.push(mine);
    try {
      return await run({ name, mode });
    } finally {
      this.#drop((lock) => lock !== mine);
    }
  }

  #drop(isKept) {
    this.#held = this.#held.filter(isKept);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
