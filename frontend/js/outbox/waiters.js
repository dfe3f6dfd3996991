/**
 * Who waits for files to be on the server.
 *
 * @typedef {import('../types.js').FileInfo} FileInfo
 */

export class Waiters {
  /** @type {Map<string, {resolve: (file: FileInfo) => void, reject: (cause: unknown) => void}[]>} */
  #all = new Map();

  /** @param {string} key @returns {Promise<FileInfo>} */
  wait(key) {
    return new Promise((resolve, reject) => {
      this.#all.set(key, [...(this.#all.get(key) ?? []), { resolve, reject }]);
    });
  }

  /** @param {string} key @param {FileInfo} file */
  resolve(key, file) {
    for (const { resolve } of this.#taken(key)) resolve(file);
  }

  /** @param {string} key @param {{code: string, detail?: string}} refusal */
  reject(key, refusal) {
    for (const { reject } of this.#taken(key)) reject(Object.assign(new Error(refusal.code), refusal));
  }

  /** @param {string} key */
  #taken(key) {
    const waiters = this.#all.get(key) ?? [];
    this.#all.delete(key);
    return waiters;
  }
}
