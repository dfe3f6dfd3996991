/**
 * What this browser keeps of its person from visit to visit: small things in its storage, never a secret.
 *
 * @typedef {import('../types.js').Anchor} Anchor
 * @typedef {import('../types.js').User} User
 */

import { cleanName } from '../format.js';

const PREFIX = 'parlour.';
const NAME = `${PREFIX}username`;
/** The name of the last visit, offered after signing out. */
const LAST_NAME = `${PREFIX}lastUsername`;
/** Whether that was an account's. */
const LAST_KIND = `${PREFIX}lastKind`;
/** The account behind the name, as it was last known. */
const ACCOUNT = `${PREFIX}account`;
/** When the login has to be renewed. */
const UNTIL = `${PREFIX}until`;
/** When the server has last greeted this browser's guest. */
const GREETED = `${PREFIX}greeted`;
/** Whose drafts and places these are. */
const OWNER = `${PREFIX}owner`;
/** So many visited rooms are remembered. */
const RECENT_AT_MOST = 20;
/** What somebody has written, where they were, which emoji they used, and what they looked for. */
const OWNED = ['draft.', 'reply.', 'read.', 'anchor.', 'recent', 'emoji.', 'searches'].map((name) => PREFIX + name);
/** What belongs to the person who signs out, not to the device. */
const PERSONAL = [NAME, ACCOUNT, UNTIL, GREETED, OWNER, ...OWNED];

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

  /** @returns {boolean} they came with an account */
  get hadAccount() {
    return this.#get(this.#lasting, LAST_KIND) === 'account';
  }

  /** @returns {User|null} the account that is signed in here, as it was last known */
  get account() {
    try {
      const user = JSON.parse(this.#get(this.#lasting, ACCOUNT) ?? 'null');
      return Number.isInteger(user?.id) && cleanName(user.username) === this.username ? user : null;
    } catch {
      return null;
    }
  }

  /** @returns {number} ms since 1970 until which the login is good without being renewed; 0: it has to be */
  get signedInUntil() {
    return Number(this.#get(this.#lasting, UNTIL)) || 0;
  }

  /** @param {number} time  ms since 1970; 0: it has ended */
  setSignedInUntil(time) {
    this.#set(this.#lasting, UNTIL, time > 0 ? String(time) : '');
  }

  /** @returns {number} ms since 1970 when this browser was last told which guest it is; 0: never */
  get greetedAt() {
    return Number(this.#get(this.#lasting, GREETED)) || 0;
  }

  /** @param {number} time  ms since 1970 */
  setGreetedAt(time) {
    this.#set(this.#lasting, GREETED, String(time));
  }

  /**
   * What another person has left here is forgotten, but not what a guest has who only takes another name.
   *
   * @param {string} username
   * @param {User|null} [user]  null: a guest
   */
  signIn(username, user = null) {
    const owner = user ? String(user.id) : '';
    if ((this.#get(this.#lasting, OWNER) ?? '') !== owner) this.#forget(OWNED);
    this.#set(this.#lasting, OWNER, owner);
    this.#set(this.#lasting, ACCOUNT, user ? JSON.stringify(user) : '');
    this.#set(this.#lasting, NAME, username);
    this.#set(this.#lasting, LAST_NAME, username);
    this.#set(this.#lasting, LAST_KIND, user ? 'account' : '');
  }

  /** The person is gone without having said so: they are asked for again, and find again what they have written. */
  dismiss() {
    this.#forget([NAME, ACCOUNT, UNTIL, GREETED]);
  }

  /** Forgets what belongs to the person; the device's settings, such as the theme, stay. */
  signOut() {
    this.#forget(PERSONAL);
  }

  /**
   * @param {string|null} key  of the storage; null: all
   * @returns {boolean} it says who is signed in
   */
  static isIdentity(key) {
    return key === null || key === NAME || key === ACCOUNT || key === UNTIL;
  }

  /** @param {string[]} starts  of the keys */
  #forget(starts) {
    for (const storage of [this.#lasting, this.#tab]) {
      try {
        const keys = Array.from({ length: storage().length }, (_, index) => storage().key(index) ?? '');
        for (const key of keys) if (starts.some((start) => key.startsWith(start))) storage().removeItem(key);
      } catch {
        // Nothing was kept.
      }
    }
  }

  /**
   * @param {number|string} roomId  or the name of another box
   * @returns {string} what was written there and not sent
   */
  draft(roomId) {
    return this.#get(this.#lasting, `${PREFIX}draft.${roomId}`) ?? '';
  }

  /**
   * @param {number|string} roomId
   * @param {string} text
   */
  setDraft(roomId, text) {
    this.#set(this.#lasting, `${PREFIX}draft.${roomId}`, text);
  }

  /** @returns {number[]} the rooms that were visited last, the last one first */
  get recent() {
    return (this.#get(this.#lasting, `${PREFIX}recent`) ?? '').split(' ').map(Number).filter(Boolean);
  }

  /** @param {number} roomId  is visited now */
  visit(roomId) {
    const others = this.recent.filter((id) => id !== roomId);
    this.#set(this.#lasting, `${PREFIX}recent`, [roomId, ...others].slice(0, RECENT_AT_MOST).join(' '));
  }

  /**
   * @param {number} roomId
   * @returns {number} the message that the draft answers; 0: none
   */
  reply(roomId) {
    return Number(this.#get(this.#lasting, `${PREFIX}reply.${roomId}`)) || 0;
  }

  /**
   * @param {number} roomId
   * @param {number} id  0: the draft answers none
   */
  setReply(roomId, id) {
    this.#set(this.#lasting, `${PREFIX}reply.${roomId}`, id ? String(id) : '');
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
