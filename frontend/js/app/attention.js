/**
 * What is about this account: mentions shown and counted, notifications, of what one wants to hear. Loaded with the first
 * account.
 *
 * The server decides whom a message is about and whether it notifies; here it is only shown.
 *
 * @typedef {import('../types.js').State} State
 * @typedef {import('../types.js').Frame} Frame
 * @typedef {import('../types.js').Room} Room
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../strings/attention.js').Level} Level
 */

import { roomCall } from '../format.js';
import { isOwn, isWatching } from '../state/messages.js';
import { words } from '../strings/attention.js';
import { errorText } from '../strings/en.js';
import { readable, whenReadable } from '../views/formatting.js';
import { showMentions, signMuted, signQuiet } from '../views/mentions.js';
import { drawBadge } from '../views/pagebadge.js';
import { wordsOf } from '../views/said.js';
import { sheet } from '../views/seldom.js';
import { routeTo } from './browser.js';
import { Desktop } from './desktop.js';

/** What is said of a message in a notification. */
const QUOTED_AT_MOST = 200;
/** After this time the server is asked whom calls of the past were for: not by everybody in a room at the same moment. */
const ASKED_AFTER_MS = 500;
const ASKED_WITHIN_MS = 4000;
const ASKED_AT_ONCE = 200;
const TOASTS_AT_MOST = 3;
/** Among more people it takes a moderator to call those who are here. */
const BIG_ROOM = 50;
/** Whether one may be disturbed is asked for after this time, and looked at each minute. */
const QUIET_READ_MS = 1500;
const MINUTE_MS = 60_000;
const CALLS = /(?:^|\s)@(here|room)(?![\p{L}\p{N}_.-]*[\p{L}\p{N}_])/iu;

/**
 * @typedef {object} AttentionOptions
 * @property {State} state  read only
 * @property {Pick<import('../api.js').Api, 'call'>} api
 * @property {import('../types.js').Clock} clock
 * @property {import('./screens.js').Screens} screens
 * @property {(event: Frame) => void} apply
 * @property {Document} [document]
 * @property {Desktop} [desktop]
 */

/**
 * @param {AttentionOptions} options
 * @returns {Promise<Attention>} with the style of what it shows
 */
export async function createAttention(options) {
  await sheet('attention');
  return new Attention({ ...options, document });
}

export class Attention {
  #options;
  #desktop;
  #isDue = false;
  /** When one does not want to be disturbed, as it was told last. @type {import('../views/mentions.js').Quiet|null} */
  #quiet = null;
  /** What was told of rooms, and at which version: a list that was read before knows less. @type {Map<number, {version: number, mentions: number}>} */
  #told = new Map();
  /** How messages are about oneself, as the server has said; null: not at all. @type {Map<number, string|null>} */
  #reasons = new Map();
  /** Calls of which only the server knows. @type {Set<number>} */
  #unknown = new Set();
  #isAsking = false;
  #isTicking = false;
  /** Take away what was shown, by room. @type {Map<number, (() => void)[]>} */
  #toasts = new Map();
  /** Whose name and picture the page knows. @type {import('../types.js').User|null} */
  #learned = null;
  /** Wants to know when that changes. @type {(() => void)|null} */
  onQuiet = null;

  /** @param {AttentionOptions} options */
  constructor(options) {
    this.#options = options;
    const { screens, clock } = options;
    this.#desktop = options.desktop ?? new Desktop({ clock });
    screens.watchers.add(() => this.watch());
    readable.addEventListener('change', () => this.watch());
    this.watch();
  }

  /** @param {Frame} frame  of the server, after the state has taken it in */
  hear(frame) {
    const { apply } = this.#options;
    const { type, room_id: roomId } = frame;
    if (type === 'notification') this.#hearOf(frame);
    else if (type === 'read' && 'unread' in frame) {
      this.#told.delete(roomId);
      // Read elsewhere, it is no news here either.
      if (frame['unread'] === 0) this.#clear(roomId);
    }
    else if (type === 'room_level') apply({ type: 'rooms_counted', counts: { [roomId]: { level: frame['level'] } } });
    else if (type === 'do_not_disturb') {
      const { until, start, end, time_zone } = /** @type {any} */ (frame);
      this.#setQuiet({ until, start, end, time_zone });
    } else if (type === 'message') {
      const { id, mentions } = frame.message;
      // Whom it calls is told so by itself, and may have been.
      if (mentions?.includes('@here') && !this.#reasons.has(id)) this.#reasons.set(id, null);
      if (!frame.repeated) this.#checkCall(frame.message);
    }
    // A hidden tab draws nothing, and has a sign and a badge all the same.
    if (type === 'news' || type === 'read') this.watch();
  }

  /** @param {Frame} frame */
  #hearOf(frame) {
    const { state, apply, screens } = this.#options;
    const { room_id: roomId, message, reason, notified, mentions } = /** @type {any} */ (frame);
    this.#reasons.set(message.id, reason);
    this.watch();
    const isSeen = roomId === state.currentRoom?.id && isWatching(state);
    if (!isSeen) {
      this.#told.set(roomId, { version: message.version, mentions });
      apply({ type: 'rooms_counted', counts: { [roomId]: { mentions } } });
    }
    const room = state.rooms.find(({ id }) => id === roomId);
    if (!notified || !room || !state.user) return;
    const isHere = roomId === state.currentRoom?.id && state.visible;
    const call = roomCall(room, state.username);
    const title = words.heard[/** @type {import('../strings/attention.js').Reason} */ (reason)](message.username, call);
    const told = { userId: state.user.id, isSeen: isHere, id: message.id, roomId, title, hash: routeTo(roomId, message.id) };
    // Its words without signs take what reads them.
    void Promise.resolve(whenReadable([message])).then(() =>
      this.#desktop.tell({ ...told, text: wordsOf(message).slice(0, QUOTED_AT_MOST) }));
    if (isHere || !state.visible) return;
    if (this.#desktop.permission === 'granted') void screens.announce((announcer) => announcer.say(title));
    else {
      void screens.toast(title, 'info', routeTo(roomId, message.id)).then((remove) => {
        if (remove) this.#toasts.set(roomId, [...(this.#toasts.get(roomId) ?? []), remove].slice(-TOASTS_AT_MOST));
        this.watch();
      });
    }
  }

  /** @param {Message} message  one's own that calls many, and may not: nobody else would say so */
  #checkCall(message) {
    const { state, screens } = this.#options;
    if (!message.content.includes('@') || !isOwn(state, message)) return;
    const called = CALLS.exec(message.content)?.[1]?.toLowerCase();
    if (!called || message.mentions?.includes(`@${called}`) || message.content.includes('`') || message.content.includes('~')) return;
    const why = called === 'here' && state.users.length > BIG_ROOM ? 'many' : /** @type {'here'|'room'} */ (called);
    void screens.toast(words.notCalled[why]);
  }

  /** Something has been drawn, or will be in this turn. */
  watch() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw() {
    const { state, screens, document: page } = this.#options;
    const { user, rooms, currentRoom: room, messages } = state;
    if (!page) return;
    // What counts for a badge is what is about oneself.
    const weight = (/** @type {Room} */ each) =>
      each.kind === 'direct' && each.level !== 'nothing' && each.level !== 'mentions' ? (each.unread ?? 0) : (each.mentions ?? 0);
    drawBadge(page, user ? rooms.reduce((sum, each) => sum + weight(each), 0) : 0);
    this.#learn(user);
    if (!user) return this.#desktop.end();
    this.#remind();
    signMuted(page);
    signQuiet(page, this.#quiet, this.#options.clock.date());
    const find = (/** @type {number} */ id) => messages.find((message) => message.id === id) ?? screens.replies?.messageOf(id);
    showMentions(page, find, { me: user.username, isAbout: (message) => this.#isAbout(message, find) });
    this.#askReasons();
    if (!room || !isWatching(state)) return;
    this.#clear(room.id);
  }

  /** @param {number} roomId  has been read: nothing of it is news any more */
  #clear(roomId) {
    this.#desktop.clear(roomId);
    for (const remove of this.#toasts.get(roomId) ?? []) remove();
    this.#toasts.delete(roomId);
  }

  /** @param {import('../types.js').User} user */
  async #readQuiet(user) {
    const { api, state } = this.#options;
    const isOf = () => state.user?.id === user.id && this.#quiet === null;
    if (!isOf()) return;
    const { body } = await api.call('GET', '/api/chat/do-not-disturb');
    if (isOf()) this.#setQuiet(body);
  }

  /** @param {import('../views/mentions.js').Quiet} quiet */
  #setQuiet(quiet) {
    this.#quiet = quiet;
    this.onQuiet?.();
    this.watch();
    if (this.#isTicking) return;
    this.#isTicking = true;
    const { clock } = this.#options;
    const tick = () => {
      this.watch();
      clock.setTimeout(tick, MINUTE_MS - (clock.date() % MINUTE_MS));
    };
    tick();
  }

  /** @param {import('../types.js').User|null} user  who has come, or has another name or picture now */
  #learn(user) {
    if (user === this.#learned) return;
    if (user?.id !== this.#learned?.id) {
      this.#reasons.clear();
      this.#quiet = null;
      // Behind what the first screen needs.
      if (user) this.#options.clock.setTimeout(() => void this.#readQuiet(user).catch(() => {}), QUIET_READ_MS);
    }
    this.#learned = user;
    if (user) void this.#options.screens.wishes().then(({ names }) => names.learn([user]), () => {});
  }

  /**
   * Who was in the room when `@here` was said is known to the server alone. Whom an answer to something far back answers is
   * known with its quote: everybody in the room has that read, or soon will.
   *
   * @param {Message} message
   * @param {(id: number) => Message|undefined} find
   */
  #isAbout(message, find) {
    const { state, screens } = this.#options;
    const { id, reply_to: replyTo, mentions: names = [] } = message;
    if (isOwn(state, message) || message.deleted_at) return false;
    if (names.includes(state.username ?? '') || (names.includes('@room') && state.currentRoom?.role !== null)) return true;
    const answered = replyTo === null ? undefined : (find(replyTo) ?? screens.replies?.quotes.of(replyTo));
    if (answered && isOwn(state, answered)) return true;
    const reason = this.#reasons.get(id);
    const isCall = names.includes('@here');
    if (isCall && reason === undefined) this.#unknown.add(id);
    return reason === 'reply' || (isCall && reason === 'here');
  }

  #askReasons() {
    if (this.#unknown.size === 0 || this.#isAsking) return;
    this.#isAsking = true;
    const { clock } = this.#options;
    // What could not be read stays plain until it is drawn again.
    clock.setTimeout(() => void this.#readReasons().then(() => this.watch(), () => {}).finally(() => {
      this.#unknown.clear();
      this.#isAsking = false;
    }), ASKED_AFTER_MS + clock.random() * ASKED_WITHIN_MS);
  }

  /** Reads what is about oneself, as far back as is wanted. */
  async #readReasons() {
    const { api, state } = this.#options;
    const { user } = state;
    const wanted = () => [...this.#unknown].filter((id) => !this.#reasons.has(id));
    for (let ids = wanted(); ids.length > 0; ids = wanted()) {
      const { body } = await api.call('GET', `/api/chat/mentions?limit=${ASKED_AT_ONCE}&before=${Math.max(...ids) + 1}`);
      if (state.user?.id !== user?.id) return;
      for (const { message, reason } of body.mentions) this.#reasons.set(message.id, reason);
      for (const id of ids) if (id >= (body.before ?? 0) && !this.#reasons.has(id)) this.#reasons.set(id, null);
    }
  }

  /** Says again what a list of rooms did not know yet. */
  #remind() {
    const { state, apply } = this.#options;
    for (const [roomId, { version, mentions }] of this.#told) {
      const room = state.rooms.find(({ id }) => id === roomId);
      // Before the first list is there, all of them are missing.
      if (room ? room.version >= version : state.roomsStatus === 'ready') this.#told.delete(roomId);
      else if (room && room.mentions !== mentions) apply({ type: 'rooms_counted', counts: { [roomId]: { mentions } } });
    }
  }

  // Of what one wants to hear

  /** @param {Room} room @param {HTMLElement} button */
  async chooseLevel(room, button) {
    const { api, state, apply, screens } = this.#options;
    const { openMenu } = await import('../views/menu.js');
    const usual = room.kind === 'direct' ? 'all' : 'mentions';
    const call = roomCall(room, state.username);
    const choose = async (/** @type {Level|null} */ level) => {
      await api.call('PUT', `/api/chat/rooms/${room.id}/notifications`, { body: { level } });
      apply({ type: 'rooms_counted', counts: { [room.id]: { level } } });
      void screens.toast(words.level.chosen(call, words.level.names[level ?? usual]), 'ok');
    };
    const item = (/** @type {Level|null} */ level, /** @type {string} */ label) => ({
      label, icon: 'check', checked: (room.level ?? null) === level, run: () => void choose(level).catch(({ code = 'network', detail }) => screens.toast(errorText(code, detail), 'danger')),
    });
    openMenu(button, words.level.menu(call), [
      item(null, words.level.usual[usual]),
      ...Object.entries(words.level.names).map(([level, name]) => item(/** @type {Level} */ (level), name)),
    ], { isTitled: true });
  }

  /** What the settings of notifications take. */
  settings() {
    const { api, clock } = this.#options;
    return {
      load: async () => {
        this.#setQuiet((await api.call('GET', '/api/chat/do-not-disturb')).body);
      },
      permission: () => this.#desktop.permission,
      onAsk: () => this.#desktop.ask(),
      onTest: () => this.#desktop.show({ id: 0, roomId: 0, title: words.settings.testTitle, text: words.settings.testText, hash: '' }),
      quiet: () => this.#quiet,
      zone: this.#options.state.user?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      now: () => clock.date(),
      onSave: async (/** @type {object} */ change) => {
        this.#setQuiet((await api.call('PUT', '/api/chat/do-not-disturb', { body: change })).body);
      },
      follow: (/** @type {(() => void)|null} */ run) => void (this.onQuiet = run),
    };
  }

  /** @param {Message} message */
  async showDecision(message) {
    const { openDecision } = await import('../views/places/decision.js');
    const load = async () => (await this.#options.api.call('GET', `/api/chat/messages/${message.id}/notification`)).body;
    openDecision({ message, load, isShown: this.#desktop.permission === 'granted' });
  }

  async showMentions() {
    const { state, api } = this.#options;
    const { openMentions } = await import('../views/places/mentionlist.js');
    openMentions({
      username: state.username,
      load: async (before) => {
        const from = before === null ? '' : `&before=${before}`;
        const { body } = await api.call('GET', `/api/chat/mentions?limit=30${from}`);
        const rooms = new Map(state.rooms.map((room) => [room.id, room]));
        const results = body.mentions.map((/** @type {any} */ { message }) => ({ message, room: rooms.get(message.room_id), hits: [] }));
        return { results: results.filter((/** @type {any} */ { room }) => room), before: body.before };
      },
      onOpen: (message) => void (location.hash = routeTo(message.room_id, message.id)),
    });
  }
}
