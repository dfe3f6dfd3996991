/**
 * One at a time: over all tabs where the browser has Web Locks, within this page where it has not (plain http on a
 * network has none).
 *
 * @typedef {<T>(name: string, run: () => Promise<T>) => Promise<T>} Exclusively
 */

/**
 * @param {LockManager|undefined} locks
 * @returns {Exclusively}
 */
export function exclusively(locks) {
  const withinPage = pageLocks();
  if (!locks) return withinPage;
  return async (name, run) => {
    let begun = false;
    try {
      return await locks.request(name, () => {
        begun = true;
        return run();
      });
    } catch (cause) {
      if (begun) throw cause;
      // The browser has the interface and refuses it, as it does where the person has turned site data off.
      return withinPage(name, run);
    }
  };
}

/** @returns {Exclusively} */
export function pageLocks() {
  /** @type {Map<string, Promise<unknown>>} */
  const tails = new Map();
  return async (name, run) => {
    const before = tails.get(name) ?? Promise.resolve();
    const turn = before.then(run);
    const tail = turn.catch(() => undefined);
    tails.set(name, tail);
    try {
      return await turn;
    } finally {
      if (tails.get(name) === tail) tails.delete(name);
    }
  };
}
