/**
 * What events do to the messages of the current room: placing, resuming, paging, what is unread.
 *
 * One rule carries all of it: everything that changed up to `state.version` is in the window, or lies beyond one of its
 * ends. A frame that does not follow on that version is not applied; the caller asks the server instead (`need`).
 *
 * @typedef {import('../types.js').State} State
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Effect} Effect
 * @typedef {import('../types.js').Frame} Frame
 * @typedef {import('../types.js').HistoryPage} HistoryPage
 * @typedef {import('../types.js').Direction} Direction
 */

import { canonical } from '../format.js';
import { lengthen, merge, place, trim } from './window.js';

/**
 * @param {State} state
 * @returns {boolean} the reader has the end of the room before their eyes
 */
export function isWatching(state) {
  return state.atBottom && state.visible && !state.hasNewer;
}

/**
 * @param {Pick<State, 'username'|'user'>} state
 * @param {Pick<Message, 'username'|'guest'>} message
 * @returns {boolean} the reader has written it: under their name, and with an account exactly if they have one. An
 *   account does not own what a guest had written under its name before.
 */
export function isOwn({ username, user }, message) {
  return canonical(message.username) === canonical(username ?? '') && message.guest === (user === null);
}

/**
 * What the reader sees counts as read.
 *
 * @param {State} state
 */
export function markSeen(state) {
  if (state.historyStatus !== 'ready' || !isWatching(state)) return;
  state.unseen = 0;
  state.lastRead = Math.max(state.lastRead, state.latestId);
}

/**
 * Takes the pending messages that the server has out of `pending`, however they came back: live, by sync or in history.
 *
 * @param {State} state
 * @param {Message[]} messages
 * @returns {string[]} client_ids of own messages among them
 */
function settle(state, messages) {
  /** @type {string[]} */
  const stored = [];
  for (const message of messages) {
    const { client_id: clientId } = message;
    if (clientId !== null && clientId !== undefined && isOwn(state, message)) stored.push(clientId);
  }
  if (state.pending.some(({ client_id: clientId }) => stored.includes(clientId))) {
    state.pending = state.pending.filter(({ client_id: clientId }) => !stored.includes(clientId));
  }
  return stored;
}

/**
 * A reader at the end loses the oldest rows; one who reads further up keeps them, and the window stops growing.
 *
 * @param {State} state
 * @param {Message[]} messages
 */
function putIntoWindow(state, messages) {
  const { messages: window, cut } = trim(place(state.messages, messages, state), state.atBottom ? 'older' : 'newer');
  state.messages = window;
  if (cut) state[state.atBottom ? 'hasOlder' : 'hasNewer'] = true;
}

/**
 * Brings new messages into the window and keeps count of what the reader has not seen.
 *
 * @param {State} state
 * @param {Message[]} messages  live or out of a sync, in any order
 * @param {{missed: boolean, isNew?: boolean}} options  `missed`: they were sent while this page was not connected;
 *   `isNew`: false when a known message has changed
 * @returns {Partial<Effect>}
 */
function absorb(state, messages, { missed, isNew = true }) {
  const arrived = messages
    .filter((message) => isNew && message.id > state.latestId && !message.deleted_at && !isOwn(state, message))
    .sort((one, other) => one.id - other.id);
  for (const { id } of messages) state.latestId = Math.max(state.latestId, id);

  putIntoWindow(state, messages);
  state.messages = lengthen(state.messages, messages);
  const watching = isWatching(state);
  if (arrived[0] && state.unseen === 0 && (missed || !watching)) state.newFrom = arrived[0].id;
  if (!watching) state.unseen += arrived.length;
  markSeen(state);
  const writers = new Set(arrived.map(({ username }) => canonical(username)));
  if (state.typing.some(({ username }) => writers.has(canonical(username)))) {
    state.typing = state.typing.filter(({ username }) => !writers.has(canonical(username)));
  }
  return { stored: settle(state, messages), arrived };
}

/**
 * @param {State} state
 * @param {Frame} frame  `message` or `message_updated`
 * @returns {Partial<Effect>}
 */
function onMessage(state, frame) {
  // Before the history is there, live frames are not needed: the subscribe that follows it brings them again.
  if (frame.room_id !== state.currentRoom?.id) return { stored: settle(state, [frame.message]) };
  if (state.historyStatus !== 'ready') return {};
  if (frame.repeated) {
    // The answer to a second sending: an old message, told to its sender alone. It says nothing about the room's version.
    putIntoWindow(state, [frame.message]);
    return { stored: settle(state, [frame.message]) };
  }
  if (frame.version > state.version + 1) return { need: 'resync' };
  state.version = Math.max(state.version, frame.version);
  const isNew = frame.type === 'message';
  // A change of what is not in the window comes with the page that holds it.
  if (!isNew && !state.messages.some(({ id }) => id === frame.message.id)) return {};
  return absorb(state, [frame.message], { missed: false, isNew });
}

/**
 * @param {State} state
 * @param {Frame} frame  with `asked`, the `after` that it answers, where the connection knows it
 * @returns {Partial<Effect>}
 */
function onSync(state, frame) {
  if (frame.room_id !== state.currentRoom?.id || state.historyStatus !== 'ready') return {};
  if (frame.reset || frame.epoch !== state.epoch) return voidWindow(state);
  // A subscribe always names the version that the state had then. Only when the window has been replaced since by an
  // older reading does the answer begin too late to be joined on.
  if (frame.asked > state.version) return { need: 'resync' };
  const missed = frame.version > state.version;
  state.version = Math.max(state.version, frame.version);
  return absorb(state, frame.messages, { missed });
}

/**
 * @param {State} state
 * @param {Frame} frame
 * @returns {Partial<Effect>}
 */
function onHeartbeat(state, frame) {
  const version = state.currentRoom && frame.versions[state.currentRoom.id];
  return state.historyStatus === 'ready' && version > state.version ? { need: 'resync' } : {};
}

/**
 * The window cannot be continued: another database, or too much has changed.
 *
 * @param {State} state
 * @returns {Partial<Effect>}
 */
function voidWindow(state) {
  Object.assign(state, {
    messages: [], events: [], historyStatus: 'loading', version: 0, epoch: null, hasOlder: false, hasNewer: false,
    loadingOlder: false, loadingNewer: false, olderFailed: false, latestId: 0, unseen: 0, newFrom: null,
  });
  return { need: 'history' };
}

/**
 * A window of its own takes the place of the present one: on entering a room, on a jump to a message or to the end.
 *
 * @param {State} state
 * @param {{page: HistoryPage, room_id: number, hasOlder: boolean, hasNewer: boolean, readUpTo?: number|null}} event
 *   `readUpTo`: all up to it the reader saw on an earlier visit (null: there was none); given on entering only
 * @returns {Partial<Effect>}
 */
function onHistoryLoaded(state, { page, room_id: roomId, hasOlder, hasNewer, readUpTo = null }) {
  if (roomId !== state.currentRoom?.id) return {};
  state.messages = merge([], page.messages);
  state.version = page.version;
  state.epoch = page.epoch;
  state.events = [];
  state.latestId = Math.max(state.latestId, state.messages.at(-1)?.id ?? 0);
  Object.assign(state, {
    historyStatus: 'ready', hasOlder, hasNewer, loadingOlder: false, loadingNewer: false, olderFailed: false,
    // On entering a room nobody is anywhere yet; the view tells when it has found its place.
    atBottom: state.atBottom && !hasNewer,
  });
  if (readUpTo !== null) {
    const index = state.messages.findIndex((message) => message.id > readUpTo && !isOwn(state, message));
    // Without its read neighbour the first of the window need not be the first unread.
    if (index > 0 || (index === 0 && !hasOlder)) state.newFrom = state.messages[index]?.id ?? null;
    state.lastRead = Math.max(state.lastRead, readUpTo);
  }
  markSeen(state);
  // What changed after the page was read, and before the server knew us as a listener, comes with the sync.
  return { need: 'resync', stored: settle(state, state.messages) };
}

/**
 * A page that continues the window at one end.
 *
 * @param {State} state
 * @param {{page: HistoryPage, room_id: number, direction: Direction, edge: number, full: boolean}} event
 *   `edge`: the message it begins beside; `full`: it is as long as was asked for, so that more may lie behind it
 * @returns {Partial<Effect>}
 */
function onPageLoaded(state, { page, room_id: roomId, direction, edge, full }) {
  if (roomId !== state.currentRoom?.id || state.historyStatus !== 'ready') return {};
  state[direction === 'older' ? 'loadingOlder' : 'loadingNewer'] = false;
  if (page.epoch !== state.epoch) return voidWindow(state);
  // The window has moved on while the page was on its way: joined on, it would leave a hole.
  if (edge !== (direction === 'older' ? state.messages[0] : state.messages.at(-1))?.id) return {};
  const { messages, cut } = trim(merge(state.messages, page.messages), direction === 'older' ? 'newer' : 'older');
  state.messages = messages;
  if (direction === 'older') {
    state.olderFailed = false;
    state.hasOlder = full;
    if (cut) state.hasNewer = true;
  } else {
    // A message may have come live after the server read this page: then the page is not the end.
    state.hasNewer = full || (messages.at(-1)?.id ?? 0) < state.latestId;
    if (cut) state.hasOlder = true;
  }
  state.latestId = Math.max(state.latestId, messages.at(-1)?.id ?? 0);
  markSeen(state);
  const stored = settle(state, page.messages);
  if (page.version >= state.version) return { stored };
  // The page is older than the window: what changed in between may concern the page's messages, so it is asked for again.
  state.version = page.version;
  return { stored, need: 'resync' };
}

/** The handlers of this file, by the type of the event. */
export const MESSAGE_HANDLERS = {
  message: onMessage,
  message_updated: onMessage,
  sync: onSync,
  heartbeat: onHeartbeat,
  history_loaded: onHistoryLoaded,
  page_loaded: onPageLoaded,
};
