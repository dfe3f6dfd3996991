/**
 * Being in a room: the reader's place in its history, what they write, who else is typing.
 *
 * Loaded with the first room. Everything it changes goes through `apply`, everything it shows through `screens`.
 *
 * @typedef {import('../types.js').Anchor} Anchor
 * @typedef {import('../types.js').Frame} Frame
 * @typedef {import('../types.js').Direction} Direction
 */

import { isOwn } from '../state/messages.js';
import { whenReadable } from '../views/formatting.js';
import { History } from './history.js';

/** At most one `typing` frame is sent in this time. */
const TYPING_EVERY_MS = 1000;

/**
 * @typedef {object} VisitOptions
 * @property {import('../types.js').State} state  read only
 * @property {import('../api.js').Api} api
 * @property {import('./memory.js').Memory} memory
 * @property {import('./screens.js').Screens} screens
 * @property {import('./queue.js').DrawQueue} queue
 * @property {import('../outbox.js').Outbox} outbox
 * @property {import('../types.js').Clock} clock
 * @property {(event: Frame) => void} apply
 * @property {(frame: Frame) => boolean} send  to the server, now or not at all
 * @property {() => boolean} isFollowing  the server counts this page into the current room
 */

export class Visit {
  #options;
  #history;
  #typingSentAt = -Infinity;
  /** Ends what others are shown to do. @type {any} */
  #othersTimer = null;
  /** Tells the others of one's own typing, when the second is over. @type {any} */
  #ownTimer = null;
  /** Grows when the reader goes to another place, so that a slow answer does not pull them back. */
  #move = 0;
  /** Whether the log is drawn and the reader not yet where they were: what it reports is nobody's doing. */
  #isPlacing = false;

  /** @param {VisitOptions} options */
  constructor(options) {
    this.#options = options;
    const { api, state, clock, apply, screens } = options;
    this.#history = new History({
      api, state, clock, apply, onRefused: (code) => this.#refused(code),
      prepare: (messages) => Promise.all([whenReadable(messages), screens.prepare(messages)]),
    });
  }

  /**
   * Reads the current room's history and puts the reader where they were: at the message they ask for, where they last
   * looked, at the first unread message, at the end.
   *
   * @param {number|null} [messageId]
   * @param {{isReset?: boolean}} [options]  `isReset`: the reader has been here all the time, only the window is void
   */
  async read(messageId = null, { isReset = false } = {}) {
    const { state, memory, screens, queue } = this.#options;
    const roomId = state.currentRoom?.id;
    if (roomId === undefined) return;
    this.#move += 1;
    const move = this.#move;
    const anchor = memory.anchor(roomId);
    this.#isPlacing = messageId !== null || Boolean(anchor);
    const isRead = this.#history.enter({ around: messageId ?? anchor?.id ?? null, readUpTo: isReset ? null : this.#readUpTo(state.currentRoom) });
    await screens.show('chat');
    if (!(await isRead)) return;
    await queue.drawn();
    if (move !== this.#move) return;
    this.#isPlacing = false;
    if (messageId !== null) this.#point(messageId);
    else if (anchor) screens.messages?.['restoreAnchor'](anchor);
  }

  /**
   * How far the reader has read: the server knows it of an account, this browser of a guest.
   *
   * @param {import('../types.js').Room|null} room
   * @returns {Promise<number|null>|number|null}
   */
  #readUpTo(room) {
    const { state, memory, api } = this.#options;
    if (!room) return null;
    const kept = memory.readUpTo(room.id) || null;
    if (!state.user || room.epoch) return room.last_read ?? kept;
    // The page was opened here, before there is a list.
    return api.call('GET', `/api/chat/rooms/${room.id}`).then(({ body }) => body.last_read ?? kept, () => kept);
  }

  /**
   * Comes into the current room, with what the person has written there and not sent.
   *
   * @param {number|null} messageId  to be shown and pointed out; null: where they were
   * @param {number|null} [chainId]  any message of a chain of replies to be shown beside the room
   */
  async enter(messageId, chainId = null) {
    const { state, memory, screens, outbox, apply } = this.#options;
    const roomId = state.currentRoom?.id;
    if (roomId === undefined) return;
    memory.visit(roomId);
    apply({ type: 'pending_changed', pending: outbox.pendingOf(roomId) });
    const read = this.read(messageId);
    await screens.show('chat');
    if (roomId === state.currentRoom?.id) {
      if (chainId) screens.showChain(chainId);
      screens.composer?.['setDraft'](memory.draft(roomId));
      if (memory.draft(`files.${roomId}`)) screens.composer?.['recall']();
      if (memory.reply(roomId)) void screens.loadReplies().then((replies) => replies.resume(), () => {});
    }
    await read;
  }

  /** @param {number} messageId  to be shown and pointed out */
  async goTo(messageId) {
    this.#move += 1;
    this.#isPlacing = false;
    const move = this.#move;
    const isHere = await this.#history.jumpTo(messageId);
    await this.#options.queue.drawn();
    if (move === this.#move) this.#point(messageId, isHere === null);
  }

  /** @param {number} id  a message to be pointed out, if it is there @param {boolean} [isUnread]  that could not be seen */
  #point(id, isUnread) {
    const { state, screens } = this.#options;
    if (state.messages.some((message) => message.id === id)) screens.messages?.['scrollToMessage'](id, { flash: true });
    else void screens.act('tellLost', isUnread);
  }

  /** To the newest message. */
  async goToLatest() {
    this.#move += 1;
    this.#isPlacing = false;
    const move = this.#move;
    if (!(await this.#history.jumpToLatest())) return;
    await this.#options.queue.drawn();
    if (move === this.#move) this.#options.screens.messages?.['scrollToLatest']();
  }

  /** @param {Direction} direction */
  page(direction) {
    void this.#history.page(direction);
  }

  /** The reader goes; nothing that is on its way to this visit may arrive in the next. */
  leave() {
    this.#move += 1;
    this.#isPlacing = false;
    this.#history.leave();
    this.#options.clock.clearTimeout(this.#othersTimer);
    this.#stopTyping();
  }

  /** @param {string} text @param {import('../types.js').PendingFile[]} [files] */
  say(text, files) {
    const { state, memory, outbox, queue, screens } = this.#options;
    if (!state.currentRoom) return;
    const { id: roomId } = state.currentRoom;
    this.#stopTyping();
    // What shows that the draft is an answer may still be on its way.
    const replyTo = screens.replies?.take() ?? (memory.reply(roomId) || undefined);
    memory.setReply(roomId, 0);
    outbox.add(roomId, text.trim(), replyTo, files);
    // One's own words are seen at once, wherever one was reading.
    if (state.hasNewer) void this.goToLatest();
    else queue.flush();
  }

  /** There was input in the message box. The others are told at once, then at most once a second. */
  type() {
    const { state, clock, send, isFollowing } = this.#options;
    if (!state.currentRoom || !isFollowing() || this.#ownTimer !== null) return;
    const now = clock.now();
    const wait = this.#typingSentAt + TYPING_EVERY_MS - now;
    if (wait > 0) {
      this.#ownTimer = clock.setTimeout(() => {
        this.#ownTimer = null;
        this.type();
      }, wait);
    } else if (send({ type: 'typing', room_id: state.currentRoom.id })) this.#typingSentAt = now;
  }

  #stopTyping() {
    this.#options.clock.clearTimeout(this.#ownTimer);
    this.#ownTimer = null;
  }

  /**
   * The server has refused a message of this room for a while, or for good.
   *
   * @param {string} code
   * @param {number|undefined} roomId  none: the current one
   * @param {number|null} retryAfterMs
   */
  hold(code, roomId, retryAfterMs) {
    const { state, clock, apply } = this.#options;
    // What comes too fast is sent again by itself, and perhaps refused again: for some seconds it is one wait.
    const until = retryAfterMs === null ? null : clock.now() + retryAfterMs + (code === 'rate_limited' ? 4000 : 0);
    apply({ type: 'speech_refused', room_id: roomId ?? state.currentRoom?.id, code, until });
    this.expire();
  }

  /**
   * One's own message has been stored: where the room is slow, the next has to wait.
   *
   * @param {Frame} frame  `message`
   */
  slow({ room_id: roomId, message, repeated }) {
    const { state } = this.#options;
    const room = state.currentRoom;
    if (!room?.slow_seconds || room.id !== roomId || repeated || !isOwn(state, message)) return;
    const isFree = room.role === 'owner' || room.role === 'moderator' || state.user?.role === 'administrator';
    if (!isFree) this.hold('slow_mode', roomId, room.slow_seconds * 1000);
  }

  /** Sees to it that nobody is shown to type for ever, and that one may write again. */
  expire() {
    const { state, clock, apply } = this.#options;
    clock.clearTimeout(this.#othersTimer);
    const next = Math.min(...state.typing.map(({ until }) => until), state.hold?.until ?? Infinity);
    if (next === Infinity) return;
    this.#othersTimer = clock.setTimeout(() => {
      apply({ type: 'time_passed', now: clock.now() });
      this.expire();
    }, Math.max(0, next - clock.now()));
  }

  /** @param {boolean} atBottom */
  scrolled(atBottom) {
    const { state, memory, apply } = this.#options;
    // Before the history is there, the log that reports still shows the last room, or nothing.
    if (!state.currentRoom || state.historyStatus !== 'ready') return;
    if (atBottom && !state.hasNewer && !this.#isPlacing) memory.setAnchor(state.currentRoom.id, null);
    if (atBottom !== state.atBottom) apply({ type: 'scrolled', atBottom });
  }

  /** @param {Anchor} anchor  where scrolling has come to rest */
  rested(anchor) {
    const { state, memory } = this.#options;
    if (!state.currentRoom || state.historyStatus !== 'ready' || this.#isPlacing) return;
    memory.setAnchor(state.currentRoom.id, state.atBottom && !state.hasNewer ? null : anchor);
  }

  /** @param {string} text  not sent yet */
  keepDraft(text) {
    const { state, memory } = this.#options;
    if (state.currentRoom) memory.setDraft(state.currentRoom.id, text);
  }

  /** @param {string} code */
  #refused(code) {
    const { state, apply } = this.#options;
    if (code === 'not_found') apply({ type: 'room_deleted', room_id: state.currentRoom?.id, message: '' });
    // Whoever signs in again goes on here.
    else if (code !== 'not_signed_in' || !state.user) apply({ type: 'room_refused', code, text: '' });
  }
}
