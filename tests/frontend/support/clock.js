/** Time that passes only when a test says so. */

export class FakeClock {
  #now = 1_000_000;
  #next = 1;
  /** @type {Map<number, {at: number, run: () => void}>} */
  #timers = new Map();

  /** What `random` answers; a test sets it. */
  luck = 0;

  now = () => this.#now;

  /** It runs evenly with `now`, and begins elsewhere, so that nobody takes the one for the other. */
  date = () => 1_700_000_000_000 + this.#now;

  random = () => this.luck;

  setTimeout = (run, ms) => {
    const id = this.#next;
    this.#next += 1;
    this.#timers.set(id, { at: this.#now + ms, run });
    return id;
  };

  clearTimeout = (id) => void this.#timers.delete(id);

  /** How long from now each waiting timer rings, in order. */
  get waits() {
    return [...this.#timers.values()].map(({ at }) => at - this.#now).sort((one, other) => one - other);
  }

  /** Lets time pass, and every timer ring when its time has come, with promises settled in between. */
  async pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at);
      if (!next) break;
      const [id, { at, run }] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      run();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  /** The computer sleeps: time goes on, timers do not ring; they are late when it wakes up. */
  sleep(ms) {
    this.#now += ms;
  }
}

/** Resolves when every promise that can settle by itself has settled, and what follows from it too. */
export async function settled() {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
