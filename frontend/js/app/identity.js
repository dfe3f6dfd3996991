/**
 * Who uses this page: a guest, an account, nobody; how they come in, stay and go.
 *
 * What belongs to accounts is loaded on demand, so that a guest's first visit does not wait for it.
 *
 * @typedef {import('../types.js').Frame} Frame
 * @typedef {import('../types.js').User} User
 * @typedef {import('./account.js').Account} Account
 */

import { CLOSE } from '../socket.js';

/** A guest is told anew who they are after this time, so that the cookie that says it does not end. */
const GREET_EVERY_MS = 7 * 24 * 3600 * 1000;
/** Another tab writes several things when its person changes. */
const SETTLE_MS = 100;
/** Refusals of a name, or of guests at all; after any other the same try may succeed. */
const REFUSED = /^(?:name_|guests_|invalid|empty|too_long|not_signed_in|not_allowed)/;

/**
 * @typedef {object} IdentityOptions
 * @property {import('../types.js').State} state  read only
 * @property {import('./memory.js').Memory} memory
 * @property {import('../api.js').Api} api
 * @property {import('../types.js').Clock} clock
 * @property {import('../types.js').Config} config
 * @property {import('./screens.js').Screens} screens
 * @property {import('../socket.js').Connection} connection
 * @property {(event: Frame) => void} apply
 * @property {() => void} onCome  somebody has come in: goes where the address says
 * @property {() => void} onBack  the same person has signed in again
 * @property {() => void} onGo  they are gone, the state not yet
 * @property {() => void} onGone  nobody is here
 */

export class Identity {
  #options;
  /** Who is trying to come in as a guest; nobody is known to the server before its first word. @type {string|null} */
  #applicant = null;
  /** @type {Promise<Account>|null} */
  #account = null;
  /** The same, once it is there. @type {Account|null} */
  #loaded = null;
  /** Renewals since the server's last word: a second one would not help. */
  #renewals = 0;
  /** The goodbye under way: its cookies must be gone before the next come. @type {Promise<unknown>|null} */
  #leaving = null;
  /** No login's cookies stand in a guest's way. */
  #isAlone = false;
  /** Why the server would not have the guest. */
  #refusal = '';
  /** @type {any} */
  #timer = null;

  /** @param {IdentityOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {string|null} who is trying to come in */
  get applicant() {
    return this.#applicant;
  }

  /**
   * An account is known by its cookie, and the server refuses another name than its own: so the page cannot speak as
   * somebody else than it shows when another page of this browser has changed the cookie.
   *
   * @returns {string} the name in the connection's address
   */
  get doorName() {
    const { state } = this.#options;
    return state.user?.username ?? this.#applicant ?? state.username ?? '';
  }

  /** @returns {string} the code with which the greeting was refused, '' if it was not */
  get refusal() {
    return this.#refusal;
  }

  /** Whoever was here last is here again. @returns {boolean} somebody was */
  begin() {
    const { memory, apply } = this.#options;
    const { username, account: user } = memory;
    if (username === null) return false;
    apply({ type: 'signed_in', username, user });
    if (user) void this.#load().then((account) => account.freshen()).catch(() => {});
    return true;
  }

  /** @param {string} username  of a guest who wants to come in */
  ask(username) {
    this.#options.apply({ type: 'login_started' });
    this.#applicant = username;
    this.#options.connection.open();
  }

  /** @param {Frame} frame  of the server: some concern accounts alone */
  hear = (frame) => this.#loaded?.hear(frame);

  /** The server has said something that is no refusal. @returns {boolean} the applicant is in by that */
  heard() {
    this.#renewals = 0;
    this.#isAlone = false;
    const username = this.#applicant;
    if (username === null) return false;
    this.#applicant = null;
    if (this.#options.memory.account !== null) {
      // Another tab has signed in meanwhile: that is who uses this browser now.
      this.#options.connection.close();
      this.#follow();
      return false;
    }
    this.#options.memory.signIn(username);
    this.#options.apply({ type: 'signed_in', username });
    this.#options.onCome();
    return true;
  }

  /** @param {string} code  why nobody comes in now */
  refuse(code) {
    const { connection, memory, apply, screens } = this.#options;
    const username = this.#applicant;
    this.#applicant = null;
    connection.close();
    if (memory.account !== null) {
      // Another tab has signed in meanwhile: its cookies stand in the guest's way, and stay.
      this.#follow();
      return;
    }
    if (username !== null && code === 'invalid' && !this.#isAlone) {
      // The cookies of a login that this page has forgotten speak for somebody else.
      this.#isAlone = true;
      this.#leaving = this.#signOut(null).catch(() => {});
      this.ask(username);
      return;
    }
    apply({ type: 'login_refused', code });
    void screens.show('login');
  }

  /**
   * What has to be done before a connection; see `Connection`.
   *
   * @returns {Promise<number|null>|null}
   */
  prepare() {
    const { state, memory, clock } = this.#options;
    this.#refusal = '';
    if (state.user) {
      const ready = this.ready();
      return ready && ready.then(() => null, (refusal) => this.#closeCode(refusal));
    }
    const isKnown = memory.greetedAt + GREET_EVERY_MS > clock.date();
    return this.#applicant === null && isKnown ? null : this.#greet();
  }

  /** @returns {Promise<unknown>|null} settles when the account's login is good; null: it is, or there is none */
  ready() {
    const { state } = this.#options;
    if (!state.user || state.isEnded) return null;
    // Nothing is waited for while the login is known to be good.
    return this.#loaded ? this.#loaded.session.ready() : this.#load().then((account) => account.session.ready());
  }

  /** @returns {Promise<boolean>} the server has said that there is no login: whether there is one now */
  async renew() {
    const { state } = this.#options;
    const { user } = state;
    if (!user || state.isEnded) return false;
    const { session } = await this.#load();
    session.expire();
    try {
      await session.ready();
      return true;
    } catch (refusal) {
      if (/** @type {{code?: string}} */ (refusal).code !== 'not_signed_in') throw refusal;
      // By now the page may be somebody else's, whose login it was not about.
      if (state.user?.id === user.id) this.end();
      return false;
    }
  }

  /**
   * @param {number} code  with which the server has closed
   * @returns {boolean} it is not worth coming back
   */
  isFinal(code) {
    const isOurs = this.#options.state.user !== null && (code === CLOSE.final || code === CLOSE.notSignedIn);
    return code >= CLOSE.final && !(isOurs && this.#renewals === 0);
  }

  /** The server has closed because it does not know the login: it is renewed before the next try. */
  async expired() {
    this.#renewals += 1;
    const { session } = await this.#load();
    session.expire();
    this.#options.connection.tryNow();
  }

  /** The account's session is over. What its person was doing stays on the screen, and they are asked to sign in. */
  end() {
    const { state, memory, apply, connection } = this.#options;
    if (!state.user || state.isEnded) return;
    // Another tab has become somebody else, and so does this one.
    if (memory.username !== null && memory.account?.id !== state.user.id) return this.#follow();
    memory.setSignedInUntil(0);
    apply({ type: 'session_ended' });
    connection.close();
    // Where not even the dialog can be had, the first screen can.
    this.#load().then((account) => account.askAgain()).catch(() => this.dismiss());
  }

  /**
   * An account has been proved: by its password, by its making.
   *
   * @param {User} user
   */
  come(user) {
    const { state, memory, apply, onCome, onBack } = this.#options;
    const isBack = state.isEnded && state.user?.id === user.id;
    this.#renewals = 0;
    memory.signIn(user.username, user);
    apply({ type: 'signed_in', username: user.username, user });
    if (isBack) onBack();
    else onCome();
  }

  /**
   * @param {User} user  for whom the server has renewed the login
   * @returns {boolean} they are who this page shows; for anybody else's it has ended
   */
  isWelcome(user) {
    const { state } = this.#options;
    if (state.user !== null && state.user.id !== user.id) {
      this.end();
      return false;
    }
    this.changed(user);
    return true;
  }

  /** @param {User} user  as it is now */
  changed(user) {
    const { state, memory, apply } = this.#options;
    if (state.user?.id !== user.id) return;
    memory.signIn(user.username, user);
    apply({ type: 'user_changed', user });
  }

  /** Signs out. An account stays in while the server cannot be told: its cookies would, too. */
  async leave() {
    const { state, memory } = this.#options;
    const { user } = state;
    if (user && memory.account !== null && memory.account.id !== user.id) {
      // Another tab has signed in as somebody else, who has not asked to leave.
      this.#follow();
      return;
    }
    if (user) {
      await this.leaveBy(() => this.#signOut(user.id));
      return;
    }
    memory.signOut();
    this.#left();
  }

  /**
   * @param {() => Promise<void>} run  ends the login at the server; while it rejects, the page stays where it is, unless
   *   the login has ended and only could not be written down
   */
  async leaveBy(run) {
    const { connection, memory } = this.#options;
    // Before the server closes it, which would look like the end of a session that somebody else has ended.
    connection.close();
    const refusal = await run().then(() => null, (cause) => cause);
    const isOut = refusal === null || refusal.code === 'storage_full';
    if (!isOut) {
      connection.open();
      throw refusal;
    }
    memory.signOut();
    this.#left();
    if (refusal !== null) throw Object.assign(refusal, { code: 'left_unstored' });
  }

  /** The ended session's person does not sign in again now: the first screen, and what they have written stays. */
  dismiss() {
    const { state, memory, clock } = this.#options;
    const { account } = memory;
    if (account !== null && (account.id !== state.user?.id || memory.signedInUntil > clock.date())) {
      // Another tab has signed in while the dialog was open: nobody leaves that.
      this.#follow();
      return;
    }
    memory.dismiss();
    // Its cookies would keep a guest from coming in.
    this.#leaving = this.#signOut(null).catch(() => {});
    this.#left();
  }

  /** Another tab of this browser has changed who is here, or signed in again. */
  follow() {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => this.#follow(), SETTLE_MS);
  }

  /** @returns {Promise<Account>} what belongs to accounts; rejects when it cannot be loaded */
  #load() {
    this.#account ??= import('./account.js').then(({ createAccount }) => {
      this.#loaded = createAccount({ ...this.#options, identity: this });
      return this.#loaded;
    }, (cause) => {
      this.#account = null;
      throw cause;
    });
    return this.#account;
  }

  /** @returns {Promise<Account>} for the views' wishes */
  get account() {
    return this.#load();
  }

  /**
   * Takes the cookies of a login away, but not those with which another tab has signed in by then.
   *
   * @param {number|null} id  of the account whose they are; null: one that no tab shows
   */
  async #signOut(id) {
    const { memory } = this.#options;
    const { accounts, session } = await this.#load();
    await session.alone(async () => {
      if (memory.account === null || memory.account.id === id) await accounts.signOut();
    });
  }

  /** @returns {Promise<number|null>} */
  async #greet() {
    const { state, memory, clock, api } = this.#options;
    await this.#leaving;
    const name = this.#applicant ?? state.username ?? '';
    // As a guest, the same as before in the same browser; what it answers is the name as the server writes it.
    const greet = async () => (await api.call('POST', '/api/auth/guest', { body: { username: name }, isBare: true })).body.username;
    try {
      const username = await greet().catch(async (refusal) => {
        if (refusal.code !== 'not_signed_in') throw refusal;
        // The cookies of a login that ended while nobody looked.
        await this.#signOut(null);
        return greet();
      });
      if (this.#applicant !== null) this.#applicant = username;
      memory.setGreetedAt(clock.date());
      return null;
    } catch (refusal) {
      const { code } = /** @type {{code: string}} */ (refusal);
      if (this.#applicant === null && !REFUSED.test(code)) throw refusal;
      this.#refusal = code;
      return CLOSE.final;
    }
  }

  /**
   * @param {any} refusal  of a renewal
   * @returns {number}
   */
  #closeCode(refusal) {
    if (refusal.code !== 'not_signed_in') throw refusal;
    this.#renewals += 1;
    return CLOSE.notSignedIn;
  }

  #left() {
    const { connection, apply, onGo, onGone } = this.#options;
    this.#applicant = null;
    this.#renewals = 0;
    this.#loaded?.stopAsking();
    onGo();
    connection.close();
    apply({ type: 'signed_out' });
    onGone();
  }

  #follow() {
    const { state, memory, clock, onCome } = this.#options;
    if (this.#applicant !== null || (state.username === null && memory.username === null)) return;
    const { username, account } = memory;
    const isSame = username === state.username && (account?.id ?? null) === (state.user?.id ?? null);
    if (isSame) {
      if (account && state.isEnded && memory.signedInUntil > clock.date()) {
        void this.#load().then((part) => part.stopAsking());
        this.come(account);
      }
      return;
    }
    if (state.username !== null) this.#left();
    if (this.begin()) onCome();
  }
}
