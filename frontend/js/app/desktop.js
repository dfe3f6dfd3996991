/**
 * Notifications of the browser. Of several tabs one shows them; a tab in which the message is being read keeps all of them
 * quiet.
 *
 * @typedef {{id: number, roomId: number, title: string, text: string, hash: string}} Shown
 * @typedef {Shown & {userId: number, isSeen: boolean}} Told
 */

/** So long the tab that shows them waits for another in which the message is being read. */
export const WAIT_MS = 250;
/** Of so many messages it is remembered that they were told. */
const REMEMBERED = 200;

export class Desktop {
  #clock;
  #page;
  /** Of the tabs of one account; null: there is none. @type {BroadcastChannel|null} */
  #channel = null;
  #userId = 0;
  /** This tab shows what is told to any of them. */
  #isFirst = false;
  /** Ends the wish to be that tab. @type {AbortController|null} */
  #ending = null;
  /** By message: seen or shown already, or the timer of one that will be. @type {Map<number, any>} */
  #known = new Map();
  /** By room. @type {Map<number, Set<Notification>>} */
  #open = new Map();

  /**
   * @param {object} options
   * @param {import('../types.js').Clock} options.clock
   * @param {any} [options.page]  has the browser's interfaces
   */
  constructor({ clock, page = globalThis }) {
    this.#clock = clock;
    this.#page = page;
  }

  /** @returns {'granted'|'default'|'denied'|'missing'} */
  get permission() {
    return this.#page.Notification?.permission ?? 'missing';
  }

  /** Asks the person: only after a press of theirs, or browsers refuse for good. */
  async ask() {
    await this.#page.Notification?.requestPermission();
  }

  /** @param {Told} told */
  tell({ userId, isSeen, ...shown }) {
    if (userId !== this.#userId) this.#begin(userId);
    const news = { ...shown, isSeen };
    this.#channel?.postMessage(news);
    this.#hear(news);
  }

  /** @param {number} userId */
  #begin(userId) {
    this.end();
    this.#userId = userId;
    const name = `parlour-notices-${userId}`;
    const { BroadcastChannel: Channel, navigator } = this.#page;
    if (!Channel || !navigator.locks) {
      // Each tab by itself; what has the same tag replaces what is there.
      this.#isFirst = true;
      return;
    }
    const ending = new AbortController();
    this.#ending = ending;
    const channel = new Channel(name);
    this.#channel = channel;
    channel.addEventListener('message', (/** @type {MessageEvent} */ event) => this.#hear(event.data));
    const held = () => new Promise((resolve) => {
      this.#isFirst = true;
      ending.signal.addEventListener('abort', () => resolve(undefined));
    });
    navigator.locks.request(name, { signal: ending.signal }, held).catch((/** @type {unknown} */ cause) => {
      // Where the person has turned site data off, no tab knows of the others.
      if (!ending.signal.aborted) this.#isFirst = true;
      return cause;
    });
  }

  /** @param {Shown & {isSeen: boolean}} news  of this tab or another */
  #hear({ isSeen, ...shown }) {
    const timer = this.#known.get(shown.id);
    if (isSeen) {
      if (timer) this.#clock.clearTimeout(timer);
      this.#remember(shown.id, null);
    } else if (!this.#known.has(shown.id)) {
      this.#remember(shown.id, this.#clock.setTimeout(() => {
        this.#known.set(shown.id, null);
        if (this.#isFirst) this.show(shown);
      }, WAIT_MS));
    }
  }

  /** @param {number} id @param {any} timer */
  #remember(id, timer) {
    this.#known.set(id, timer);
    for (const old of [...this.#known.keys()].slice(0, -REMEMBERED)) this.#known.delete(old);
  }

  /** @param {Shown} shown */
  show({ id, roomId, title, text, hash }) {
    if (this.permission !== 'granted') return;
    const { document, location } = this.#page;
    try {
      const notification = new this.#page.Notification(title, {
        body: text, tag: `parlour-${id}`, icon: document.querySelector('link[rel="apple-touch-icon"]')?.href,
      });
      notification.addEventListener('click', () => {
        this.#page.focus();
        if (hash) location.hash = hash;
        notification.close();
      });
      const open = this.#open.get(roomId) ?? new Set();
      this.#open.set(roomId, open.add(notification));
      notification.addEventListener('close', () => open.delete(notification));
    } catch {
      // Phones show none from a page; there the count beside the room has to do.
    }
  }

  /** @param {number} roomId  is being read: what was shown of it is no news any more */
  clear(roomId) {
    for (const notification of this.#open.get(roomId) ?? []) notification.close();
    this.#open.delete(roomId);
  }

  /** Nobody is signed in. */
  end() {
    this.#ending?.abort();
    this.#channel?.close();
    for (const roomId of this.#open.keys()) this.clear(roomId);
    this.#ending = null;
    this.#channel = null;
    this.#userId = 0;
    this.#isFirst = false;
    this.#known.clear();
  }
}
