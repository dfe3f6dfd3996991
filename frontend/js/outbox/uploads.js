/**
 * Files on their way to the server: two at a time, tried again while it is only the network that fails, kept until the
 * message is stored that they go with.
 *
 * A file belongs to a message box until it is sent, and to its message from then on. What is known of one is replaced
 * when it changes, never changed. One tab alone sends a file (`Claims`): others that find it in the store leave it.
 *
 * @typedef {import('../types.js').FileInfo} FileInfo
 * @typedef {import('../types.js').PendingFile} PendingFile
 * @typedef {import('./blobs.js').BlobStore} BlobStore
 * @typedef {import('./blobs.js').Upload} Upload
 */

import { TEMPORARY } from '../api.js';
import { Backoffs } from './backoffs.js';
import { factsOf, isReadable, newUpload, pendingOf } from './upload.js';
import { Waiters } from './waiters.js';

/** So many at once: more would share the same line. */
const AT_ONCE = 2;
/** What nobody has sent or thrown away by then goes, but for what messages still have. */
const FORGET_MS = 7 * 24 * 3600 * 1000;

export class Uploads {
  #options;
  #store;
  #claims;
  #backoffs;
  /** @type {Map<string, Upload>} */
  #all = new Map();
  /** What waits for whoever has left. @type {Map<string, Upload>} */
  #left = new Map();
  /** @type {Map<string, Blob>} */
  #blobs = new Map();
  /** Those that would not outlast the page. @type {Set<string>} */
  #loose = new Set();
  /** Those whose message has been seen. @type {Set<string>} */
  #withMessage = new Set();
  /** @type {Map<string, AbortController>} */
  #running = new Map();
  #waiters = new Waiters();
  /** Nobody is signed in under whose name anything could go. */
  #isResting = false;

  /**
   * @param {object} options
   * @param {BlobStore|Promise<BlobStore>} options.store
   * @param {(upload: Upload, blob: Blob, how: {signal: AbortSignal, onProgress: (bytes: number) => void}) => Promise<FileInfo>} options.send
   *   rejects with an ApiError
   * @param {(id: string, alt: string) => Promise<unknown>} options.patch  of one that is there
   * @param {(id: string) => Promise<unknown>} options.erase
   * @param {import('./claims.js').Claims} options.claims
   * @param {Pick<import('../types.js').Clock, 'setTimeout'|'clearTimeout'|'date'|'random'>} options.clock
   * @param {() => void} options.onChange
   * @param {() => void} [options.onFree]  another tab has given back what `bring` has left to it
   * @param {number} [options.maxSize]  bytes
   */
  constructor(options) {
    this.#options = options;
    this.#store = Promise.resolve(options.store);
    this.#claims = options.claims;
    this.#backoffs = new Backoffs(options.clock);
  }

  /** @param {string} owner @param {string} box @returns {Upload[]} what waits there, in the order in which it came */
  of(owner, box) {
    return [...this.#all.values()].filter((upload) => upload.owner === owner && upload.box === box);
  }

  /** Of all that this page has. */
  get keys() {
    return [...this.#all.keys()];
  }

  /** @param {string} key @returns {Upload|undefined} */
  get(key) {
    return this.#all.get(key);
  }

  /** @param {string} key @returns {Blob|undefined} */
  blob(key) {
    return this.#blobs.get(key);
  }

  /** Something would be lost with the page. */
  get isLoose() {
    return [...this.#loose].some((key) => this.#all.has(key));
  }

  /**
   * Takes a file; it leaves at once.
   *
   * @param {{owner: string, room_id: number, box: string}} place
   * @param {{blob: Blob, name: string, error?: string}} given  `error`: it cannot be sent, and this is why
   * @returns {Upload}
   */
  add(place, { blob, name, error }) {
    const code = error ?? (blob.size > (this.#options.maxSize ?? Infinity) ? 'too_large' : null);
    const upload = newUpload(place, { blob, name, code, at: this.#options.clock.date() });
    this.#all.set(upload.key, upload);
    this.#blobs.set(upload.key, blob);
    this.#options.onChange();
    // What can never be sent is not kept.
    if (!code) void this.#keep(upload, blob);
    return upload;
  }

  /** @param {Upload} upload @param {Blob} blob */
  async #keep({ key }, blob) {
    await this.#claims.take(key);
    this.#loose.add(key);
    this.#pump();
    const store = await this.#store;
    const isLasting = await store.putBlob(key, blob);
    const upload = this.#all.get(key) ?? this.#left.get(key);
    if (!upload) return void this.#drop(key);
    await store.put(upload);
    if (!isLasting) return;
    this.#loose.delete(key);
    // What was changed while it was written has not been.
    const now = this.#all.get(key);
    if (now && now !== upload) await store.put(now);
    // That on the disk may be changed or taken away.
    const kept = await store.blob(key);
    if (kept && this.#all.has(key)) this.#blobs.set(key, kept);
  }

  /**
   * Finds again what an earlier page left in message boxes.
   *
   * @param {string} owner
   * @param {() => Promise<Set<string>>} named  keys of those that messages still have, of whomever; asked for if that counts
   */
  async recall(owner, named) {
    const store = await this.#store;
    const all = (await store.list()).sort((one, other) => one.at - other.at);
    const isOld = (/** @type {Upload} */ { at }) => this.#options.clock.date() - at > FORGET_MS;
    const spared = all.some(isOld) ? await named() : new Set();
    for (const kept of all) {
      if (this.#all.has(kept.key)) continue;
      const isOver = isOld(kept) && !spared.has(kept.key);
      const isMine = kept.owner === owner && kept.box !== '';
      if ((isMine || isOver) && (await this.#claims.take(kept.key))) await (isOver ? this.#drop(kept.key) : this.#restore(kept));
    }
    this.#options.onChange();
    this.#pump();
  }

  /** @param {Upload} kept @returns {Promise<boolean>} it can be sent */
  async #restore(kept) {
    const blob = await (await this.#store).blob(kept.key);
    if (!blob && !kept.file) {
      await this.#drop(kept.key);
      return false;
    }
    if (blob) this.#blobs.set(kept.key, blob);
    this.#all.set(kept.key, kept.status === 'uploading' ? { ...kept, status: 'waiting', loaded: 0 } : kept);
    return true;
  }

  /**
   * They go with a message now.
   *
   * @param {string} owner
   * @param {string} box
   * @returns {PendingFile[]}
   */
  take(owner, box) {
    const taken = this.of(owner, box);
    for (const { key } of taken) this.#change(key, { box: '' });
    return taken.map(pendingOf);
  }

  /**
   * Sees to it that these are on the server.
   *
   * @param {PendingFile[]} files
   * @returns {Promise<PendingFile[]|null>} with their ids; null: another tab sees to it. Rejects with an ApiError, or what is
   *   like one: `not_found`, when this browser does not have one any more
   */
  async bring(files) {
    const brought = [];
    for (const file of files) {
      if (file.id) {
        brought.push(file);
        continue;
      }
      if (!this.#all.has(file.key) && !(await this.#find(file.key))) return null;
      // The server has lost what it had.
      if (file.id === '') this.retry(file.key, true);
      brought.push(file);
    }
    const waiting = brought.map(async (file) => (file.id ? file : { ...file, ...factsOf(await this.#there(file.key)) }));
    this.#pump();
    return Promise.all(waiting);
  }

  /**
   * Claims it before looking for it: the tab that has it may not have written it down yet.
   *
   * @param {string} key  of a file that an earlier page had
   * @returns {Promise<boolean>} false: another tab has it, and `onFree` is called when that has changed
   */
  async #find(key) {
    if (!(await this.#claims.take(key))) {
      this.#claims.whenFree(key, () => this.#options.onFree?.());
      return false;
    }
    const kept = (await (await this.#store).list()).find((upload) => upload.key === key);
    if (kept && (await this.#restore(kept))) return true;
    this.#claims.release(key);
    throw Object.assign(new Error('not_found'), { code: 'not_found' });
  }

  /** @param {string} key @returns {Promise<FileInfo>} */
  #there(key) {
    const upload = this.#all.get(key);
    if (upload?.file && upload.status === 'done') return Promise.resolve(upload.file);
    if (upload?.status === 'failed') this.retry(key);
    return this.#waiters.wait(key);
  }

  /** @param {string} key @param {boolean} [anew]  also one that has gone out already */
  retry(key, anew = false) {
    const upload = this.#all.get(key);
    if (!upload || (upload.status !== 'failed' && !anew)) return;
    this.#backoffs.forget(key);
    this.#change(key, { status: 'waiting', loaded: 0, error: null, detail: '', file: null });
    this.#pump();
  }

  /** @param {string} key @param {string} alt  words for who does not see it @returns {Promise<void>} rejects with an ApiError */
  async describe(key, alt) {
    const upload = this.#all.get(key);
    if (!upload) return;
    // On its way it is described when it is there.
    const file = upload.status === 'done' ? upload.file : null;
    if (file) await this.#options.patch(file.id, alt);
    this.#change(key, { alt, ...(file && { file: { ...file, alt } }) });
  }

  /** @param {string} key @param {{width: number, height: number}} size  of the image */
  measure(key, { width, height }) {
    this.#change(key, { width, height });
  }

  /**
   * Throws one away, also at the server.
   *
   * @param {string} key @param {boolean} [isTaken]  something there has it by now, and keeps it
   */
  remove(key, isTaken = false) {
    const upload = this.#all.get(key);
    if (!upload) return;
    if (upload.file && !isTaken) this.#options.erase(upload.file.id).catch(() => undefined);
    this.#forget(key);
    this.#options.onChange();
  }

  /**
   * Messages have gone that had them.
   *
   * @param {Set<string>} kept  keys of those that messages still have
   */
  sweep(kept) {
    for (const { key, box } of [...this.#all.values()]) {
      // Taken out of the box a moment ago, it may not be with its message yet.
      if (kept.has(key)) this.#withMessage.add(key);
      else if (box === '' && this.#withMessage.has(key)) this.#forget(key);
    }
  }

  /**
   * Whose they are has left: what goes with a message waits until they are back.
   *
   * @param {boolean} isKept  so does what waited to be sent; else it goes
   */
  leave(isKept) {
    for (const { key, box } of [...this.#all.values()]) {
      if (box !== '' && !isKept) this.#forget(key);
      else this.#stop(key);
    }
    // Some of it may still be on its way to the store.
    [this.#left, this.#all] = [this.#all, new Map()];
    this.#isResting = false;
  }

  /** A way may have opened. */
  wake() {
    this.#isResting = false;
    this.#backoffs.clear();
    this.#pump();
  }

  /** The network has gone: what is under way begins again. */
  pause() {
    for (const ending of this.#running.values()) ending.abort();
  }

  /** @param {string} key */
  #forget(key) {
    this.#all.delete(key);
    void this.#drop(key);
  }

  /** @param {string} key */
  #stop(key) {
    this.#backoffs.forget(key);
    const ending = this.#running.get(key);
    this.#running.delete(key);
    ending?.abort();
    this.#claims.release(key);
    this.#blobs.delete(key);
    this.#waiters.reject(key, { code: 'cancelled' });
  }

  /** @param {string} key */
  async #drop(key) {
    this.#stop(key);
    this.#loose.delete(key);
    this.#withMessage.delete(key);
    await (await this.#store).remove(key);
  }

  /** @param {string} key @param {Partial<Upload>} change @param {boolean} [isKept]  worth to be written down */
  #change(key, change, isKept = true) {
    const upload = this.#all.get(key);
    if (!upload) return;
    const changed = { ...upload, ...change };
    this.#all.set(key, changed);
    if (isKept && !this.#loose.has(key)) void this.#store.then((store) => this.#all.get(key) && store.put(changed));
    this.#options.onChange();
  }

  #pump() {
    for (const { key, status, file } of this.#all.values()) {
      if (this.#isResting || this.#running.size >= AT_ONCE) return;
      const isFree = !this.#running.has(key) && !this.#backoffs.isWaiting(key);
      if (status === 'waiting' && isFree && (file || this.#blobs.has(key))) void this.#run(key);
    }
  }

  /** @param {string} key */
  async #run(key) {
    const ending = new AbortController();
    this.#running.set(key, ending);
    this.#change(key, { status: 'uploading', loaded: 0 }, false);
    const upload = /** @type {Upload} */ (this.#all.get(key));
    const blob = /** @type {Blob} */ (this.#blobs.get(key));
    const isMine = () => this.#running.get(key) === ending;
    try {
      let { file } = upload;
      if (!file) {
        file = await this.#options.send(upload, blob, { signal: ending.signal, onProgress: (bytes) => this.#progress(key, ending, bytes) });
        if (!isMine()) return void this.#options.erase(file.id).catch(() => undefined);
        this.#change(key, { file });
      }
      // Described while it was on its way, or at more length than fits on its way.
      for (let alt = upload.alt; isMine() && (alt = this.#all.get(key)?.alt ?? '') !== file.alt; file = { ...file, alt }) await this.#options.patch(file.id, alt);
      if (!isMine()) return;
      this.#backoffs.forget(key);
      this.#change(key, { status: 'done', loaded: upload.size, error: null, detail: '', file, ...(file.width ? { width: file.width, height: file.height } : {}) });
      this.#waiters.resolve(key, file);
    } catch (cause) {
      const refusal = ending.signal.aborted ? { code: 'network' } : /** @type {any} */ (cause);
      // To the browser both look the same.
      const isGone = refusal.code === 'network' && !this.#all.get(key)?.file && !(await isReadable(this.#blobs.get(key) ?? blob));
      if (isMine()) this.#failed(key, isGone ? { code: 'file_gone' } : refusal);
    } finally {
      if (isMine()) this.#running.delete(key);
      this.#pump();
    }
  }

  /** @param {string} key @param {AbortController} ending @param {number} bytes */
  #progress(key, ending, bytes) {
    const upload = this.#all.get(key);
    if (!upload || this.#running.get(key) !== ending) return;
    const percent = (/** @type {number} */ part) => Math.floor((100 * part) / (upload.size || 1));
    const loaded = Math.min(bytes, upload.size);
    if (percent(loaded) !== percent(upload.loaded)) this.#change(key, { loaded }, false);
  }

  /** @param {string} key @param {{code?: string, detail?: string, retryAfterMs?: number|null}} refusal */
  #failed(key, { code = 'internal', detail = '', retryAfterMs = null }) {
    if (code === 'not_signed_in') {
      // As their messages do, they wait for their person.
      this.#isResting = true;
      return this.#change(key, { status: 'waiting', loaded: 0, error: null, detail: '' }, false);
    }
    if (!TEMPORARY.has(code)) {
      this.#change(key, { status: 'failed', loaded: 0, error: code, detail });
      this.#waiters.reject(key, { code, detail });
      return;
    }
    this.#backoffs.wait(key, retryAfterMs, () => this.#pump());
    // It says why it waits.
    this.#change(key, { status: 'waiting', loaded: 0, error: code, detail }, false);
  }
}
