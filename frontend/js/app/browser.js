/**
 * What the page keeps in the browser: the address in the location's hash, and small things in its storage.
 *
 * @typedef {import('../types.js').Anchor} Anchor
 * @typedef {import('../types.js').Config} Config
 */

import { cleanName } from '../format.js';

const PREFIX = 'parlour.';
const NAME = `${PREFIX}username`;
/** The name of the last visit, offered after signing out. */
const LAST_NAME = `${PREFIX}lastUsername`;
/** What belongs to the person who signs out, not to the device. */
const PERSONAL = [NAME, `${PREFIX}draft.`, `${PREFIX}read.`, `${PREFIX}anchor.`];

/** @type {Config} Only for a page that the server has not filled in. */
const DEFAULTS = { maxMessageLength: 1000, maxUsernameLength: 50, maxRoomNameLength: 100, version: '' };

/**
 * @param {string} hash  such as `#/r/7/m/1234`
 * @returns {{roomId: number|null, messageId: number|null}} no room: the list of rooms
 */
export function parseRoute(hash) {
  const match = /^#\/r\/([1-9]\d{0,15})(?:\/m\/([1-9]\d{0,15}))?\/?$/.exec(hash);
  return { roomId: match ? idOf(match[1]) : null, messageId: match?.[2] ? idOf(match[2]) : null };
}

/**
 * @param {string} [digits]
 * @returns {number} an id that no server gives when it is too large for one: it is asked for, and there is none
 */
function idOf(digits) {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/**
 * @param {number|null} [roomId]
 * @param {number|null} [messageId]
 * @returns {string}
 */
export function routeTo(roomId = null, messageId = null) {
  if (roomId === null) return '#/';
  return messageId === null ? `#/r/${roomId}` : `#/r/${roomId}/m/${messageId}`;
}

/**
 * A room that the page was opened at, before the server has said more of it than its number.
 *
 * @param {number} id
 * @returns {import('../types.js').Room}
 */
export function nameless(id) {
  return {
    id, name: '', created_at: new Date().toISOString(), version: 0, epoch: '', kind: 'public', topic: '', online: 0,
    archived_at: null, owner: null, role: null, unread: null, mentions: null, last_read: null,
  };
}

/**
 * @param {string} page  the page's own address
 * @param {{roomId: number|null, username: string, after: number|null, epoch: string|null}} door  without a room: the door
 *   for the list; `after`: the version of the room that is known
 * @returns {string} the address of the server's WebSocket
 */
export function socketUrl(page, { roomId, username, after, epoch }) {
  const url = new URL(roomId === null ? '/ws/chat' : `/ws/chat/${roomId}`, page);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('username', username);
  if (after !== null) {
    url.searchParams.set('after', String(after));
    if (epoch !== null) url.searchParams.set('epoch', epoch);
  }
  return url.href;
}

/**
 * @param {Document} page
 * @returns {Config} what the server has written into the page
 */
export function readConfig(page) {
  try {
    return { ...DEFAULTS, ...JSON.parse(page.querySelector('meta[name="parlour-config"]')?.getAttribute('content') ?? '{}') };
  } catch {
    return DEFAULTS;
  }
}

/**
 * What is remembered for the next visit. A browser may refuse its storage, or have none left: then the page forgets,
 * and that is all.
 */
export class Memory {
  #lasting;
  #tab;

  /**
   * @param {() => Storage} [lasting]  outlives the tab; a function, because the mere asking may throw
   * @param {() => Storage} [tab]  outlives a reload only: two tabs may look at different places of a room
   */
  constructor(lasting = () => localStorage, tab = () => sessionStorage) {
    this.#lasting = lasting;
    this.#tab = tab;
  }

  /** @returns {string|null} who uses this browser */
  get username() {
    return this.#name(NAME);
  }

  /** @returns {string|null} who used it last */
  get lastUsername() {
    return this.#name(LAST_NAME);
  }

  /** @param {string} username */
  signIn(username) {
    this.#set(this.#lasting, NAME, username);
    this.#set(this.#lasting, LAST_NAME, username);
  }

  /** Forgets what belongs to the person; the device's settings, such as the theme, stay. */
  signOut() {
    for (const storage of [this.#lasting, this.#tab]) {
      try {
        const keys = Array.from({ length: storage().length }, (_, index) => storage().key(index) ?? '');
        for (const key of keys) if (PERSONAL.some((start) => key.startsWith(start))) storage().removeItem(key);
      } catch {
        // Nothing was kept.
      }
    }
  }

  /**
   * @param {number} roomId
   * @returns {string} what was written there and not sent
   */
  draft(roomId) {
    return this.#get(this.#lasting, `${PREFIX}draft.${roomId}`) ?? '';
  }

  /**
   * @param {number} roomId
   * @param {string} text
   */
  setDraft(roomId, text) {
    this.#set(this.#lasting, `${PREFIX}draft.${roomId}`, text);
  }

  /**
   * @param {number} roomId
   * @returns {number} id of the newest message the reader has seen there; 0: none
   */
  readUpTo(roomId) {
    return Number(this.#get(this.#lasting, `${PREFIX}read.${roomId}`)) || 0;
  }

  /**
   * @param {number} roomId
   * @param {number} id
   */
  setReadUpTo(roomId, id) {
    // Another tab may have read further.
    if (id > this.readUpTo(roomId)) this.#set(this.#lasting, `${PREFIX}read.${roomId}`, String(id));
  }

  /**
   * @param {number} roomId
   * @returns {Anchor|null} where the reader was; null: at the end
   */
  anchor(roomId) {
    const [id, offset] = (this.#get(this.#tab, `${PREFIX}anchor.${roomId}`) ?? '').split(' ').map(Number);
    return id && offset !== undefined && Number.isFinite(offset) ? { id, offset } : null;
  }

  /**
   * @param {number} roomId
   * @param {Anchor|null} anchor
   */
  setAnchor(roomId, anchor) {
    this.#set(this.#tab, `${PREFIX}anchor.${roomId}`, anchor ? `${anchor.id} ${anchor.offset}` : '');
  }

  /**
   * @param {string} key
   * @returns {string|null} as the server writes it, also when it was kept as it had been typed
   */
  #name(key) {
    return cleanName(this.#get(this.#lasting, key) ?? '') || null;
  }

  /**
   * @param {() => Storage} storage
   * @param {string} key
   * @returns {string|null}
   */
  #get(storage, key) {
    try {
      return storage().getItem(key);
    } catch {
      return null;
    }
  }

  /**
   * @param {() => Storage} storage
   * @param {string} key
   * @param {string} value  '' takes it away
   */
  #set(storage, key, value) {
    try {
      if (value === '') storage().removeItem(key);
      else storage().setItem(key, value);
    } catch {
      // The storage is full or refused.
    }
  }
}
