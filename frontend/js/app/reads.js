/**
 * How far an account has read: told to the server, heard from it, shown of others. Loaded with the first account.
 *
 * What was before the reader's eyes is told once a second at most, at once when they leave the room or hide the page.
 *
 * @typedef {import('../types.js').State} State
 * @typedef {import('../types.js').Frame} Frame
 */

import { isOwn, isWatching } from '../state/messages.js';
import { countNews, countRead, heeded, nextUnread, readersBy } from '../state/counts.js';
import { words } from '../strings/reads.js';
import { drawElsewhere } from '../views/elsewhere.js';
import { drawReceipts } from '../views/receipts.js';
import { confirmReadAll, listenForReading } from '../views/readkeys.js';
import { sheet } from '../views/seldom.js';
import { routeTo } from './browser.js';
import { Untold } from './untold.js';

/** At most so often is one room's position told. */
export const TELL_EVERY_MS = 1000;
/** Where news were lost, the list is read anew within this time. */
export const RECOUNT_WITHIN_MS = 3000;
/** So many rooms the server marks as read for one asking. */
const ROOMS_AT_ONCE = 2000;
/** Where more people are, nobody is told how far the others have read. */
const SMALL_ROOM = 20;

/**
 * @typedef {object} ReadsOptions
 * @property {State} state  read only
 * @property {Pick<import('../api.js').Api, 'call'>} api
 * @property {import('../types.js').Clock} clock
 * @property {import('./screens.js').Screens} screens
 * @property {{send: (frame: Frame) => boolean}} connection
 * @property {(event: Frame) => void} apply
 * @property {(roomId: number) => void} open
 * @property {Document} [document]
 * @property {Untold} [untold]
 */

/**
 * @param {Omit<ReadsOptions, 'open'>} options
 * @returns {Promise<Reads>} with the style of what it shows
 */
export async function createReads(options) {
  await sheet('reads');
  return new Reads({ ...options, document, open: (roomId) => void (location.hash = routeTo(roomId)) });
}

export class Reads {
  #options;
  #untold;
  /** The connection on which everything in `untold` has been told, as far as it was there. @type {WebSocket|null} */
  #toldOn = null;
  /** Rooms whose position has not been told on it. @type {Set<number>} */
  #due = new Set();
  #toldAt = -Infinity;
  /** @type {any} */
  #timer = null;
  /** The account, and the room that was looked at last. */
  #userId = 0;
  #roomId = 0;
  /** Something in the current room was marked as unread: until the reader comes back, looking at it reads nothing. */
  #isHeld = false;
  /** For which room, and on which connection, it was asked how far others have read. */
  #askedFor = 0;
  /** @type {WebSocket|null} */
  #askedOn = null;
  #isRecounting = false;
  /** Where rooms begin, as far as it was heard. @type {Map<number, number>} */
  #begins = new Map();

  /** @param {ReadsOptions} options */
  constructor(options) {
    this.#options = options;
    this.#untold = options.untold ?? new Untold();
    options.screens.watchers.add(() => this.watch());
    if (options.document) {
      listenForReading(options.document, {
        onHide: () => this.tell(),
        onNext: (step) => this.goToUnread(step),
        onUnread: (messageId) => this.markUnread(messageId),
        onAll: () => void options.screens.act('reads', 'askReadAll'),
        isReader: () => options.state.user !== null && options.state.username !== null,
      });
    }
    this.watch();
  }

  /** @param {Frame} frame  of the server, after the state has taken it in */
  hear(frame) {
    const { state } = this.#options;
    if (!state.user) return;
    if (frame.type === 'news') this.#hearNews(frame);
    else if (frame.type === 'read' && 'unread' in frame) this.#hearOwn(frame);
    else if (frame.type === 'read') this.#hearOther(frame);
    else if (frame.type === 'room_changed') this.#hearRoom(frame['room']);
    this.watch();
  }

  /** Of what was taken away with a room's beginning some may have been unread. @param {import('../types.js').Room} room */
  #hearRoom({ id, purged_to: begins }) {
    if (begins === (this.#begins.get(id) ?? 0)) return;
    this.#begins.set(id, begins);
    this.#recount();
  }

  /** @param {Frame} frame */
  #hearNews(frame) {
    const { state, apply } = this.#options;
    const { counts, isLost } = countNews(state, frame);
    apply({ type: 'rooms_counted', counts });
    if (isLost) this.#recount();
  }

  #recount() {
    const { state, apply, clock } = this.#options;
    if (this.#isRecounting) return;
    this.#isRecounting = true;
    // Not all pages at once.
    clock.setTimeout(() => {
      this.#isRecounting = false;
      if (state.user) apply({ type: 'rooms_miscounted' });
    }, Math.random() * RECOUNT_WITHIN_MS);
  }

  /** @param {Frame} frame */
  #hearOwn(frame) {
    const { state, apply } = this.#options;
    const { room_id: roomId, message_id: readUpTo } = frame;
    const mark = this.#untold.of(roomId);
    this.#untold.told(roomId, readUpTo);
    // What this page knows better is on its way.
    if (mark && this.#untold.of(roomId)) return;
    const { currentRoom: room } = state;
    if (roomId === room?.id && readUpTo !== room?.last_read) this.#isHeld = readUpTo < (room?.last_read ?? 0);
    apply({ type: 'rooms_counted', counts: countRead(state, frame) });
  }

  /** @param {Frame} frame */
  #hearOther({ room_id: roomId, username, message_id: readUpTo }) {
    const { state, apply } = this.#options;
    if (roomId !== state.currentRoom?.id) return;
    const others = state.receipts.filter((receipt) => receipt.username !== username);
    apply({ type: 'receipts_changed', receipts: [...others, { username, message_id: readUpTo }] });
  }

  /** Looks at what the reader has before their eyes. */
  watch() {
    const { state } = this.#options;
    const { user, currentRoom: room, websocket } = state;
    if ((user?.id ?? 0) !== this.#userId) {
      // What somebody else had not told yet is nothing to this one; the storage has been cleared of it by now.
      this.#untold = this.#options.untold ?? new Untold();
      this.#userId = user?.id ?? 0;
      this.#toldOn = null;
    }
    if (!user) return;
    if ((room?.id ?? 0) !== this.#roomId) {
      this.tell();
      this.#roomId = room?.id ?? 0;
      this.#isHeld = false;
      this.#askedFor = 0;
    }
    if (websocket !== this.#toldOn) {
      this.#toldOn = websocket;
      this.#due = new Set(this.#untold.all.map(([roomId]) => roomId));
      if (websocket) this.tell();
    }
    if (room && !this.#isHeld) this.#note(room);
    this.#wantReceipts();
    // The rows are drawn after this.
    queueMicrotask(() => {
      this.#drawReceipts();
      const { document: page } = this.#options;
      if (page) drawElsewhere(page, state.rooms.reduce((sum, one) => sum + (one.id === room?.id ? 0 : heeded(one)), 0));
    });
  }

  /** @param {import('../types.js').Room} room */
  #note(room) {
    const { state, apply } = this.#options;
    if (!isWatching(state) || state.historyStatus !== 'ready' || state.lastRead === 0) return;
    if (state.lastRead > (room.last_read ?? 0)) {
      this.#untold.put(room.id, { id: state.lastRead, back: false });
      this.#due.add(room.id);
      apply({ type: 'rooms_counted', counts: { [room.id]: { unread: 0, mentions: 0, last_read: state.lastRead } } });
      this.#soon();
    } else if (room.unread || room.mentions) apply({ type: 'rooms_counted', counts: { [room.id]: { unread: 0, mentions: 0 } } });
  }

  #soon() {
    const { clock } = this.#options;
    if (this.#timer !== null) return;
    const wait = this.#toldAt + TELL_EVERY_MS - clock.now();
    if (wait <= 0) this.tell();
    else this.#timer = clock.setTimeout(() => this.tell(), wait);
  }

  /** Tells the server now what it has not been told. */
  tell() {
    const { clock, connection } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = null;
    for (const roomId of this.#due) {
      const mark = this.#untold.of(roomId);
      if (!mark) this.#due.delete(roomId);
      else if (connection.send({ type: 'read', message_id: mark.id, ...(mark.back ? { back: true } : {}) })) {
        this.#due.delete(roomId);
        this.#toldAt = clock.now();
      }
    }
  }

  /**
   * The message and all behind it are unread from now on. The view stays where it is; the next visit begins there.
   *
   * @param {number} messageId  in the current room
   * @returns {boolean} whether that could be done
   */
  markUnread(messageId) {
    const { state, apply, screens } = this.#options;
    const { currentRoom: room, messages } = state;
    const isHere = messages.some(({ id }) => id === messageId) || screens.replies?.messageOf(messageId);
    if (!room || !state.user || !isHere) return false;
    this.#isHeld = true;
    this.#untold.put(room.id, { id: messageId, back: true });
    this.#due.add(room.id);
    const before = messages.findLast(({ id }) => id < messageId)?.id ?? messageId - 1;
    const unread = messages.filter((message) => message.id >= messageId && !message.deleted_at && !isOwn(state, message));
    apply({ type: 'rooms_counted', counts: { [room.id]: { last_read: before, unread: unread.length } } });
    this.tell();
    void screens.toast(words.marked);
    return true;
  }

  /**
   * @param {1|-1} step
   * @returns {boolean} whether there is such a room
   */
  goToUnread(step) {
    const { state, open } = this.#options;
    const room = nextUnread(state, step);
    if (room) open(room.id);
    return room !== null;
  }

  /** Everything everywhere is read. @returns {Promise<void>} rejects with an ApiError */
  async readAll() {
    const { api, screens } = this.#options;
    // The server takes so many rooms at once; that they are read it tells by itself.
    for (let more = true; more;) more = (await api.call('PUT', '/api/chat/read')).body.rooms === ROOMS_AT_ONCE;
    void screens.toast(words.allDone, 'ok');
  }

  /** The same by a key, which may have been pressed by mistake. */
  async askReadAll() {
    const { state, screens } = this.#options;
    if (state.rooms.some(({ unread }) => (unread ?? 0) > 0)) await confirmReadAll(() => this.readAll());
    else void screens.toast(words.nothing);
  }

  /** @param {HTMLElement} button  beside the list of rooms */
  async openMenu(button) {
    const { screens } = this.#options;
    const { openMenu } = await import('../views/menu.js');
    openMenu(button, words.menu, [
      { label: words.mentions, icon: 'at', run: () => void screens.act('mentions') },
      { label: words.all, icon: 'check', run: () => void screens.act('reads', 'readAll') },
    ]);
  }

  get #isSmall() {
    const { users, currentRoom } = this.#options.state;
    return currentRoom !== null && users.length > 0 && users.length <= SMALL_ROOM;
  }

  /** Asks how far others have read: once for a visit and connection, when there is something of one's own to be read. */
  #wantReceipts() {
    const { state, api, apply } = this.#options;
    const { currentRoom: room, user, websocket, historyStatus, messages } = state;
    if (!room || !user?.read_receipts || !websocket || historyStatus !== 'ready' || !this.#isSmall) return;
    if ((websocket === this.#askedOn && room.id === this.#askedFor) || !messages.some((message) => isOwn(state, message))) return;
    this.#askedOn = websocket;
    this.#askedFor = room.id;
    api.call('GET', `/api/chat/rooms/${room.id}/reads`).then(({ body: receipts }) => {
      if (state.currentRoom?.id === room.id) apply({ type: 'receipts_changed', receipts });
    }, () => {
      // They are an extra: asked for again with the next visit or connection.
    });
  }

  #drawReceipts() {
    const { state, screens } = this.#options;
    const { messages, receipts, user } = state;
    const isShown = user?.read_receipts && this.#isSmall;
    const own = isShown ? messages.filter((message) => !message.deleted_at && isOwn(state, message)).map(({ id }) => id) : [];
    const others = receipts.filter(({ username }) => username !== user?.username);
    drawReceipts(readersBy(own, others), (names, anchor) => void screens.act('reads', 'showReaders', names, anchor));
  }

  /** @param {string[]} names  who have read a message @param {HTMLElement} anchor  shows them */
  async showReaders(names, anchor) {
    const { screens } = this.#options;
    const { openMenu } = await import('../views/menu.js');
    openMenu(anchor, words.readBy(names), names.map((username) => ({
      label: username, icon: 'user', run: () => void screens.act('showPerson', { username, guest: false }, anchor),
    })));
  }
}
