/**
 * The three screens: loads a screen's views when it is first shown, and hands every view the part of the state it draws.
 *
 * @typedef {import('../types.js').State} State
 * @typedef {import('../types.js').Screen} Screen
 * @typedef {import('../types.js').View} View
 * @typedef {import('../types.js').Config} Config
 */

import { formatUnread, roomCall } from '../format.js';
import { errorText, strings } from '../strings/en.js';

/** The views of the chat screen, by the name in their element's `data-view`. */
const CHAT_VIEWS = /** @type {const} */ (['sidebar', 'header', 'banner', 'notice', 'messages', 'strip', 'composer', 'people']);

/** What the page fetches when it has nothing else to do, after this time. */
const IDLE_MS = 2000;

/** What shows reactions could not be loaded: it is not asked for again before. */
const AGAIN_MS = 5000;

/** @param {{reply_to?: number|null, replies?: unknown}} message  one that is shown with what it answers, or how often it was answered */
const isInChain = ({ reply_to: replyTo, replies }) => Boolean(replyTo || replies);

export class Screens {
  #document;
  #state;
  #config;
  #page;
  /** @type {Promise<any>|null} */
  #wishes = null;
  /** What may be wanted later is fetched, or will be soon. */
  #isResting = false;
  /** Dialogs that follow what changes beneath them. @type {Set<() => void>} */
  watchers = new Set();
  #lastPerson;
  #renderMessages;
  /** @type {Partial<Record<string, View>>} */
  #views = {};
  /** @type {Partial<Record<Screen, Promise<void>>>} */
  #loading = {};
  /** @type {Screen|null} */
  #shown = null;
  /** @type {Promise<any>|null} */
  #toasts = null;
  /** @type {Promise<any>|null} */
  #announcer = null;
  /** @type {Promise<ReturnType<typeof import('../views/keys.js').listenForKeys>|null>|null} */
  #keys = null;
  /** What is loaded when it is wanted, by name. @type {Partial<Record<string, Promise<any>>>} */
  #loaded = {};
  /** Draws the reactions to the messages on view, once there are any. @type {((log: HTMLElement, rows: any[]) => void)|null} */
  drawReactions = null;
  /** The same for what messages bring along. @type {import('./files.js').Files|null} */
  #drawsFiles = null;
  /** What replies take, once there are any. @type {import('./replies.js').Replies|null} */
  replies = null;
  /** What is pinned, saved and passed on, once there is any. @type {import('./keeping.js').Keeping|null} */
  keeping = null;
  /** Gives a row of the log what few have. @param {any} row */
  #dress = (row) => {
    this.replies?.dress(row);
    this.keeping?.dress(row);
  };

  /**
   * @param {object} options
   * @param {Document} options.document
   * @param {State} options.state  read only
   * @param {Config} options.config
   * @param {any} options.page  what the views' wishes need of the controller
   * @param {() => {username: string|null, hasAccount: boolean}} options.lastPerson  what the login proposes
   * @param {() => void} options.renderMessages  comes back to `drawMessages`: the log has its own place in the page's plan
   */
  constructor({ document, state, config, page, lastPerson, renderMessages }) {
    this.#document = document;
    this.#state = state;
    this.#config = config;
    this.#page = page;
    this.#lastPerson = lastPerson;
    this.#renderMessages = renderMessages;
  }

  /** @returns {View|undefined} the log, once the chat has been shown */
  get messages() {
    return this.#views['messages'];
  }

  /** @returns {View|undefined} */
  get composer() {
    return this.#views['composer'];
  }

  /** @returns {View|undefined} */
  get people() {
    return this.#views['people'];
  }

  /**
   * Shows the screen that the state names, if it still does when its views are there.
   *
   * @param {Screen} screen
   * @returns {Promise<boolean>} it is shown
   */
  async show(screen) {
    this.#loading[screen] ??= this.#load(screen);
    try {
      await this.#loading[screen];
    } catch (cause) {
      // The files could not be had; the next try asks for them again.
      delete this.#loading[screen];
      throw cause;
    }
    if (screen !== 'login') await this.#listen();
    if (this.#state.screen !== screen) return false;
    if (this.#shown !== screen) {
      for (const element of this.#document.querySelectorAll('#boot, .screen')) element.toggleAttribute('hidden', element.id !== screen);
      this.#shown = screen;
      this.draw();
      this.focus();
    }
    return true;
  }

  /**
   * Loads what will be wanted next, so that a room opens at once, and also while the network is away.
   *
   * @param {() => Promise<unknown>} loadParts  what a room takes
   */
  prefetch(loadParts) {
    if (this.#isResting) return;
    this.#isResting = true;
    let isBegun = false;
    const fetchRest = () => {
      if (isBegun) return;
      isBegun = true;
      const rest = [loadParts(), this.loadReplies(), this.files(), this.loadKeeping(), this.wishes().then((wishes) => wishes.prefetch())];
      Promise.all(rest).catch(() => (this.#isResting = false));
    };
    setTimeout(fetchRest, IDLE_MS);
    // Somebody is about to do something.
    for (const sign of ['pointermove', 'pointerdown', 'keydown']) addEventListener(sign, fetchRest, true);
  }

  /** @returns {Promise<import('./wishes.js').Wishes>} what the views may ask for; rejects when it cannot be loaded */
  wishes() {
    this.#wishes ??= import('./wishes.js').then(({ createWishes }) => createWishes(this.#page), (cause) => {
      this.#wishes = null;
      throw cause;
    });
    return this.#wishes;
  }

  /**
   * Does what few visits need, or says why it cannot be done.
   *
   * @param {string} wish  a method of `Places`
   * @param {...any} details
   */
  async act(wish, ...details) {
    const doing = this.wishes().then((wishes) => wishes.act(wish, ...details));
    void this.#listen().then((hold) => hold?.(wish, doing));
    await doing.catch(this.#page.onTrouble);
  }

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} load  what the messages on view take
   * @returns {Promise<T>} rejects when it cannot be loaded; it is not asked for again at once
   */
  #once(name, load) {
    this.#loaded[name] ??= load().then((loaded) => {
      // A fault in what is drawn is none of the loading.
      queueMicrotask(this.#renderMessages);
      return loaded;
    }).catch((cause) => {
      setTimeout(() => delete this.#loaded[name], AGAIN_MS);
      throw cause;
    });
    return /** @type {Promise<T>} */ (this.#loaded[name]);
  }

  /** @returns {Promise<import('./reactions.js').Reactions>} who reacted to messages */
  reactions() {
    return this.#once('reactions', async () => {
      const [{ Reactions }] = await Promise.all([import('./reactions.js'), this.wishes().then(({ style }) => style('reactions'))]);
      const reactions = new Reactions(this.#page);
      this.drawReactions = (log, rows) => reactions.draw(log, rows);
      return reactions;
    });
  }

  /** @returns {Promise<import('./files.js').Files>} what messages bring along */
  files() {
    return this.#once('files', async () => {
      this.#drawsFiles = await (await import('./files.js')).loadFiles(this.#page);
      this.composer?.['recall']();
      return this.#drawsFiles;
    });
  }

  /** What stands under the words of messages. @param {HTMLElement} log @param {any[]} rows */
  decorate = (log, rows) => {
    this.drawReactions?.(log, rows);
    this.#drawsFiles?.draw(log, rows);
  };

  /** @returns {Promise<import('./replies.js').Replies>} what replies take */
  loadReplies() {
    return this.#once('replies', async () => (this.replies = await (await import('./replies.js')).loadReplies(this.#page)));
  }

  /** @returns {Promise<import('./keeping.js').Keeping>} what is pinned, saved and passed on */
  loadKeeping() {
    return this.#once('keeping', async () => (this.keeping = await (await import('./keeping.js')).loadKeeping(this.#page)));
  }

  /** @param {import('../types.js').Frame} event  that has been applied to the state */
  hear(event) {
    this.replies?.hear(event);
    this.keeping?.hear(event);
  }

  /**
   * @param {Partial<import('../types.js').Message>[]} messages  about to be shown, which waits for what shows all of them
   */
  async prepare(messages) {
    /** @type {Promise<unknown>[]} */
    const wanted = [];
    if (!this.drawReactions && messages.some(({ reactions }) => reactions?.[0])) wanted.push(this.reactions());
    if (!this.replies && messages.some(isInChain)) wanted.push(this.loadReplies());
    if (!this.#drawsFiles && messages.some(({ files, forwarded }) => files?.[0] ?? forwarded?.files[0])) wanted.push(this.files());
    if (!this.keeping && messages.some(({ pinned_at: pinned, forwarded }) => pinned || forwarded)) wanted.push(this.loadKeeping());
    // What cannot be had now comes when they are drawn, and so does what takes too long.
    if (wanted.length > 0) await Promise.race([Promise.allSettled(wanted), new Promise((resolve) => setTimeout(resolve, IDLE_MS))]);
    await Promise.all([this.replies?.prepare(/** @type {any} */ (messages)), this.keeping?.prepare(messages)]);
  }

  /** @param {number|null} chainId  any message of the chain of replies to be shown beside the room; null: none */
  showChain(chainId) {
    if (chainId) void this.loadReplies().then((replies) => replies.show(chainId)).catch(this.#page.onTrouble);
    else this.replies?.hide();
  }

  /** The keys that count on every screen but the first. */
  #listen() {
    return (this.#keys ??= import('../views/keys.js').then(
      ({ listenForKeys }) => listenForKeys(this.#document, this.#page.onTrouble, (wish) => void this.act(wish)),
      // Asked for again with the next screen.
      () => (this.#keys = null),
    ));
  }

  /** Puts the focus where a reader of this screen begins. */
  focus() {
    // A finger has no use for a focused text box but a keyboard that covers half of what it came to read.
    const isTouch = this.#document.defaultView?.matchMedia('(pointer: coarse)').matches;
    if (this.#shown === 'chat') this.#views[isTouch ? 'header' : 'composer']?.['focus']?.();
    else if (this.#shown) this.#views[this.#shown]?.['focus']?.();
  }

  /** Hands the views what they show. The title counts what is unread also while the tab is hidden. */
  draw() {
    const state = this.#state;
    for (const watch of this.watchers) watch();
    if (this.#shown !== state.screen) return;
    if (state.screen === 'chat') this.#drawChat();
    else if (state.screen === 'login') this.#views['login']?.update(this.#loginData());
    else this.#views[state.screen]?.update(this.#roomsData());
  }

  /** The message log alone, and what stands under it. */
  drawMessages() {
    const state = this.#state;
    const { currentRoom: room, username, user, guests, historyStatus, hasOlder, hasNewer, newFrom } = state;
    void this.prepare(state.messages);
    this.messages?.update({
      decorate: this.decorate,
      // While a notice takes the place of the log there is none.
      room: state.notice ? null : room, messages: state.messages, pending: hasNewer ? [] : state.pending,
      events: state.events, username, user, historyStatus, hasOlder, hasNewer, newFrom,
      loadingOlder: state.loadingOlder, loadingNewer: state.loadingNewer, olderFailed: state.olderFailed,
      dress: this.#dress,
    });
    // A first reply or file has come, or was left unsent.
    if (!this.replies || !this.#drawsFiles) void this.prepare(/** @type {any} */ ([...state.messages, ...state.pending]));
    // Asked for only now: drawn for the first time, the log has just taken the reader to its end.
    this.#views['strip']?.update({
      typing: state.typing.map((typing) => typing.username), guests, unseen: state.unseen, hasNewer,
      atBottom: state.atBottom || historyStatus !== 'ready',
    });
  }

  /** The tab's title; cheap enough for every change. */
  drawTitle() {
    const { screen, currentRoom, unseen, username, user, rooms } = this.#state;
    const room = screen === 'chat' && currentRoom?.name ? `${roomCall(currentRoom, username)} · ` : '';
    const heeded = (/** @type {import('../types.js').Room} */ one) => (one.level === 'nothing' ? one.mentions : one.unread) ?? 0;
    const unread = user ? rooms.reduce((sum, one) => sum + heeded(one), 0) : room && unseen;
    const count = unread ? `(${formatUnread(Number(unread))}) ` : '';
    const title = `${count}${room}${strings.product}`;
    if (this.#document.title !== title) this.#document.title = title;
  }

  /**
   * @param {string} text
   * @param {'info'|'ok'|'danger'} [kind]
   * @param {string} [href]  where it leads
   * @returns {Promise<(() => void)|undefined>} takes it away
   */
  async toast(text, kind = 'info', href) {
    void this.announce((announcer) => (kind === 'danger' ? announcer.alert(text) : announcer.say(text)));
    this.#toasts ??= this.wishes().then((wishes) => wishes.toasts(this.#element('#toasts')));
    const toasts = await this.#toasts.catch(() => null);
    if (toasts) return toasts.show(text, { kind, href });
    this.#toasts = null;
    return undefined;
  }

  /**
   * Says something to those who listen instead of looking.
   *
   * @param {(announcer: any) => void} say
   */
  async announce(say) {
    this.#announcer ??= this.wishes().then((wishes) =>
      wishes.announcer(this.#element('#live-polite'), this.#element('#live-assertive')));
    // It is loaded when there is nothing else to do; where even that failed, the screen itself says what there is to say.
    const announcer = await this.#announcer.catch(() => null);
    if (announcer) say(announcer);
    else this.#announcer = null;
  }

  #drawChat() {
    const state = this.#state;
    const { currentRoom: room, users, guests, username, user, connection, notice, hold } = state;
    const shared = { users, guests, username, user };
    this.#views['sidebar']?.update({ ...shared, ...this.#roomsData(), currentRoomId: room?.id ?? null });
    this.#views['people']?.update(shared);
    this.#views['header']?.update({ room, username, user, online: users.length || (room?.online ?? 0) });
    // Where one is asked to sign in again, the banner has nothing to add.
    this.#views['banner']?.update({ connection: state.isEnded ? 'open' : connection, waiting: state.pending.filter(({ status }) => status === 'sending').length });
    this.#views['notice']?.update(notice && { kind: notice.kind, text: notice.text || errorText(notice.code) });
    this.#renderMessages();
    const { maxMessageLength: maxLength, guestFiles } = this.#config;
    this.composer?.update({ room, username, hold, maxLength, mayAttach: Boolean(user || guestFiles) });
  }

  #roomsData() {
    const { rooms, roomsStatus: status, username, user, connection } = this.#state;
    return { rooms, status, username, user, connection };
  }

  #loginData() {
    const { login, invitation } = this.#state;
    const { maxUsernameLength: maxLength, minPasswordLength, guests, registration } = this.#config;
    return { ...login, attempt: login, ...this.#lastPerson(), invitation, maxLength, minPasswordLength, guests, registration };
  }

  /** @param {Screen} screen */
  async #load(screen) {
    if (screen === 'login') {
      const [{ createLogin }, wishes] = await Promise.all([import('../views/login.js'), this.#dressed(screen)]);
      this.#views['login'] = createLogin(this.#element('#login'), wishes.login);
    } else if (screen === 'rooms') {
      const [{ createRooms }, wishes] = await Promise.all([import('../views/rooms.js'), this.#dressed(screen)]);
      this.#views['rooms'] = createRooms(this.#element('#rooms'), wishes.rooms);
    } else if (screen !== 'chat') {
      this.#views[screen] = await (await this.#dressed('rooms')).page(screen);
    } else {
      /** @type {[Record<string, any>, any]} */
      const [chat, wishes] = await Promise.all([import('./chat.js'), this.wishes()]);
      for (const name of CHAT_VIEWS) {
        const create = chat[`create${name.charAt(0).toUpperCase()}${name.slice(1)}`];
        this.#views[name] = create(this.#element(`#chat [data-view="${name}"]`), wishes.chat);
      }
    }
  }

  /** @param {'login'|'rooms'} sheet  the style of a screen, to be there with the wishes */
  async #dressed(sheet) {
    const wishes = await this.wishes();
    await wishes.style(sheet);
    return wishes;
  }

  /**
   * @param {string} selector  of what index.html has
   * @returns {HTMLElement}
   */
  #element(selector) {
    return /** @type {HTMLElement} */ (this.#document.querySelector(selector));
  }
}
