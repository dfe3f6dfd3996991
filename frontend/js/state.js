/**
 * `state`, and the one function that changes it.
 *
 * `applyEvent(state, event)` takes a frame of the server or an event of the page and changes the keys of `state` in
 * place. What stands under the keys (arrays, rooms, messages) is never changed, always replaced: two looks at
 * `state.messages` are equal by identity exactly when nothing in it changed. It touches no DOM, no network and no
 * clock; where time matters, the event brings `now`. What has to be done in the world is returned as an effect.
 *
 * @typedef {import('./types.js').State} State
 * @typedef {import('./types.js').Effect} Effect
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {import('./types.js').Room} Room
 * @typedef {(state: State, event: any) => Partial<Effect>|void} Handler
 */

import { canonical } from './format.js';
import { isOwn, markSeen, MESSAGE_HANDLERS } from './state/messages.js';
import { indexOfId } from './state/window.js';

export { WINDOW_LIMIT } from './state/window.js';

/** How long a person counts as typing after their last frame; their page repeats it every second. */
export const TYPING_MS = 4000;

/** Join and leave lines kept in the log. */
export const PRESENCE_LINE_LIMIT = 50;

let presenceLines = 0;

/** @returns {Pick<State, 'currentRoom'|'messages'|'users'|'guests'|'pending'|'typing'|'historyStatus'|'hasOlder'|'hasNewer'|'loadingOlder'|'loadingNewer'|'olderFailed'|'newFrom'|'unseen'|'events'|'hold'|'version'|'epoch'|'atBottom'|'lastRead'|'latestId'|'notice'|'receipts'>} */
function noRoom() {
  return {
    currentRoom: null, messages: [], users: [], guests: [], pending: [], typing: [], events: [], hold: null,
    historyStatus: 'loading', hasOlder: false, hasNewer: false, loadingOlder: false, loadingNewer: false,
    olderFailed: false, newFrom: null, unseen: 0, version: 0, epoch: null, atBottom: false, lastRead: 0, latestId: 0,
    notice: null, receipts: [],
  };
}

/** @returns {State} */
export function createState() {
  return {
    username: null, user: null, isEnded: false, invitation: null, websocket: null, rooms: [], screen: 'login', roomsStatus: 'loading', connection: 'connecting',
    visible: true, login: { busy: false, error: null }, ...noRoom(),
  };
}

const pageState = createState();

/** The page's state. */
export { pageState as state };

/**
 * @param {State} state
 * @param {Frame} frame
 */
function onJoin(state, { room_id: roomId, username, guest, timestamp }) {
  if (roomId !== state.currentRoom?.id) return;
  if (!includesName(state.users, username)) state.users = [...state.users, username];
  if (guest && !includesName(state.guests, username)) state.guests = [...state.guests, username];
  addPresenceLine(state, 'join', { username, guest, timestamp });
}

/**
 * @param {State} state
 * @param {Frame} frame
 */
function onLeave(state, { room_id: roomId, username, guest, timestamp }) {
  if (roomId !== state.currentRoom?.id) return;
  state.users = withoutName(state.users, username);
  state.guests = withoutName(state.guests, username);
  state.typing = state.typing.filter((typing) => canonical(typing.username) !== canonical(username));
  addPresenceLine(state, 'leave', { username, guest, timestamp });
}

/**
 * One's own coming and going is no news: it happens at every reconnect.
 *
 * @param {State} state
 * @param {'join'|'leave'} kind
 * @param {{username: string, guest: boolean, timestamp: string}} who
 */
function addPresenceLine(state, kind, { username, guest, timestamp }) {
  if (canonical(username) === canonical(state.username ?? '') || state.historyStatus !== 'ready' || state.hasNewer) return;
  presenceLines += 1;
  const afterId = state.messages.at(-1)?.id ?? null;
  const line = { id: `e${presenceLines}`, kind, username, guest: Boolean(guest), timestamp, afterId };
  state.events = [...state.events, line].slice(-PRESENCE_LINE_LIMIT);
}

/**
 * @param {string[]} names
 * @param {string} name
 */
function includesName(names, name) {
  return names.some((other) => canonical(other) === canonical(name));
}

/**
 * @param {string[]} names
 * @param {string} name
 */
function withoutName(names, name) {
  return names.filter((other) => canonical(other) !== canonical(name));
}

/**
 * @param {State} state
 * @param {Frame} frame  with `now`
 */
function onTyping(state, { room_id: roomId, username, now }) {
  if (roomId !== state.currentRoom?.id || canonical(username) === canonical(state.username ?? '')) return;
  const others = state.typing.filter((typing) => canonical(typing.username) !== canonical(username));
  state.typing = [...others, { username, until: now + TYPING_MS }];
}

/**
 * @param {State} state
 * @param {Room} told
 * @param {boolean} [isAnswer] to this person's own question
 */
function putRoom(state, told, isAnswer = false) {
  const known = state.rooms.find(({ id }) => id === told.id);
  // What is told to all says nothing of one's own role.
  let room = isAnswer || told.role || !known?.role ? told : { ...told, role: told.owner === state.username ? 'owner' : known.role };
  // Nor of what one has read.
  if (!isAnswer && known && told.unread === null) {
    const { unread, last_read, message_count, deleted_count, mentions, level = null } = known;
    room = { ...room, unread, last_read, message_count, deleted_count, mentions, level };
  }
  if (!room.archived_at && room.id === state.currentRoom?.id && state.hold?.code === 'archived') state.hold = null;
  state.rooms = known ? state.rooms.map((other) => (other.id === room.id ? room : other)) : [...state.rooms, room];
  if (state.currentRoom?.id === room.id) {
    state.currentRoom = room;
    // What came up to there was taken away.
    const index = indexOfId(state.messages, room.purged_to + 1);
    if (index) {
      state.messages = state.messages.slice(index);
      state.hasOlder = false;
    }
  }
}

/**
 * The room is gone: its pane makes way for a notice.
 *
 * @param {State} state
 * @param {number} roomId
 * @param {string} text  the server's sentence, '' when it said none
 */
function dropRoom(state, roomId, text) {
  state.rooms = state.rooms.filter(({ id }) => id !== roomId);
  if (state.currentRoom?.id !== roomId) return;
  const known = state.notice;
  const room = state.currentRoom;
  Object.assign(state, noRoom());
  state.currentRoom = room;
  // Two frames tell of one deletion; the one with words wins.
  state.notice = known?.text ? known : { kind: 'roomDeleted', code: 'not_found', text };
}

/** The contents page: every event, the server's frames first. @type {Record<string, Handler>} */
const HANDLERS = {
  ...MESSAGE_HANDLERS,
  sync: (state, frame) => {
    if (frame.room) putRoom(state, frame.room);
    return MESSAGE_HANDLERS.sync(state, frame);
  },
  join: onJoin,
  leave: onLeave,
  user_list: (state, { room_id: roomId, users, guests }) => {
    if (roomId === state.currentRoom?.id) Object.assign(state, { users, guests: guests ?? [] });
  },
  typing: onTyping,
  room_created: (state, { room }) => putRoom(state, room),
  room_changed: (state, { room }) => putRoom(state, room),
  room_updated: (state, { room }) => putRoom(state, room),
  room_removed: (state, { room }) => dropRoom(state, room.id, ''),
  room_deleted: (state, { room_id: roomId, message }) => dropRoom(state, roomId ?? state.currentRoom?.id, message),

  // The page's own events.
  room_read: (state, { room }) => putRoom(state, room, true),
  rooms_counted: (state, { counts }) => {
    const counted = (/** @type {Room} */ room) => (counts[room.id] ? { ...room, ...counts[room.id] } : room);
    state.rooms = state.rooms.map(counted);
    if (state.currentRoom) state.currentRoom = counted(state.currentRoom);
  },
  rooms_miscounted: () => ({ need: 'list' }),
  receipts_changed: (state, { receipts }) => void (state.receipts = receipts),
  login_started: (state) => void (state.login = { busy: true, error: null }),
  login_refused: (state, { code }) => void Object.assign(state, { screen: 'login', login: { busy: false, error: code } }),
  signed_in: (state, { username, user = null }) =>
    void Object.assign(state, {
      username, user, isEnded: false, login: { busy: false, error: null },
      // A link into a room is used by whoever is in.
      invitation: state.invitation?.kind === 'join' ? state.invitation : null,
    }),
  user_changed: (state, { user }) => void (state.user = user),
  session_ended: (state) => void (state.isEnded = true),
  invited: (state, { invitation }) => void (state.invitation = invitation),
  signed_out: (state) => {
    const { visible, connection } = state;
    Object.assign(state, createState(), { visible, connection });
  },
  screen_changed: (state, { screen }) => void (state.screen = screen),
  connection_changed: (state, { status }) => void (state.connection = status),
  websocket_opened: (state, { websocket }) => void (state.websocket = websocket),
  websocket_closed: (state) => void Object.assign(state, { websocket: null, typing: [] }),
  rooms_loading: (state) => void (state.roomsStatus = state.rooms.length ? state.roomsStatus : 'loading'),
  rooms_loaded: (state, { rooms }) => {
    Object.assign(state, { rooms, roomsStatus: 'ready' });
    const current = rooms.find((/** @type {Room} */ { id }) => id === state.currentRoom?.id);
    if (current) state.currentRoom = current;
  },
  rooms_failed: (state) => void (state.roomsStatus = state.roomsStatus === 'ready' ? 'ready' : 'error'),
  room_entered: (state, { room }) => void Object.assign(state, noRoom(), { currentRoom: room, screen: 'chat' }),
  room_left: (state) => void Object.assign(state, noRoom()),
  room_refused: (state, { code, text }) => {
    const room = state.currentRoom;
    Object.assign(state, noRoom(), { currentRoom: room, notice: { kind: 'refused', code, text } });
  },
  history_loading: (state) => void (state.historyStatus = 'loading'),
  history_failed: (state) => void (state.historyStatus = 'error'),
  page_requested: (state, { direction }) =>
    void Object.assign(state, direction === 'older' ? { loadingOlder: true, olderFailed: false } : { loadingNewer: true }),
  page_failed: (state, { direction }) =>
    void Object.assign(state, direction === 'older' ? { loadingOlder: false, olderFailed: true } : { loadingNewer: false }),
  pending_changed: (state, { pending }) => {
    // The outbox learns a moment later than the window that the server has a message.
    const stored = new Set(state.messages.filter((message) => isOwn(state, message)).map((own) => own.client_id));
    state.pending = pending.filter((/** @type {import('./types.js').PendingMessage} */ own) => !stored.has(own.client_id));
  },
  scrolled: (state, { atBottom }) => {
    state.atBottom = atBottom;
    markSeen(state);
  },
  visibility_changed: (state, { visible }) => {
    state.visible = visible;
    markSeen(state);
  },
  speech_refused: (state, { room_id: roomId, code, until = null }) => {
    if (roomId === state.currentRoom?.id) state.hold = { code, until };
  },
  time_passed: (state, { now }) => {
    if (state.hold?.until && state.hold.until <= now) state.hold = null;
    if (state.typing.some(({ until }) => until <= now)) state.typing = state.typing.filter(({ until }) => until > now);
  },
};

/**
 * The only place that changes state.
 *
 * @param {State} state
 * @param {Frame} event  a frame of the server as it came, or an event of the page; unknown types change nothing, because
 *   a newer server may say more than this page understands
 * @returns {Effect}
 */
export function applyEvent(state, event) {
  const handler = Object.hasOwn(HANDLERS, event.type) ? HANDLERS[event.type] : undefined;
  return { need: null, stored: [], arrived: [], ...handler?.(state, event) };
}
