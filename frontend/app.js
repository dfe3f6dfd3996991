/**
 * The controller: joins the state, the server and the views. What it knows is in `state`, and only `applyEvent` changes
 * that; everything here either turns something that happened into an event, or does what an event asks for.
 *
 * @typedef {import('./js/types.js').Frame} Frame
 * @typedef {import('./js/outbox.js').Outbox} Outbox
 * @typedef {import('./js/app/visit.js').Visit} Visit
 */

import { Api } from './js/api.js';
import { nameless, parseInvitation, parseRoute, readConfig, routeTo, socketUrl } from './js/app/browser.js';
import { Following } from './js/app/following.js';
import { Identity } from './js/app/identity.js';
import { Memory } from './js/app/memory.js';
import { DrawQueue } from './js/app/queue.js';
import { RoomList } from './js/app/rooms.js';
import { Screens } from './js/app/screens.js';
import { browserClock as clock, CLOSE, Connection } from './js/socket.js';
import { applyEvent, state } from './js/state.js';
import { errorText, strings } from './js/strings/en.js';

/** The close codes with which the server ends a connection whose room one may not enter, or that is not there. */
const ROOM_CLOSED = 4503;
const ROOM_GONE = 4504;
/** Refusals of a message that say how long one may not write at all, or not so fast. */
const HOLDS = new Set(['archived', 'muted', 'slow_mode', 'rate_limited']);

const config = readConfig(document);
const memory = new Memory();
/** @type {Api} */
const api = new Api({ keeper: { ready: () => identity.ready(), renew: () => identity.renew() } });
const rooms = new RoomList({ api, state, apply, hear: (frame) => identity.hear(frame) });
/** @type {Connection} */
const connection = new Connection({
  door: websocketDoor, onFrame: handleWebSocketMessage, onOpen: onWebSocketOpen, onClose: onWebSocketClose,
  onStatus, clock, isOnline: () => navigator.onLine, prepare: () => identity.prepare(), isFinal: (code) => identity.isFinal(code),
});
const following = new Following({
  state, clock, subscribe: (...asked) => connection.subscribe(...asked), postpone: (clientId) => outbox?.postpone(clientId),
});
const screens = new Screens({
  document, state, config, lastPerson: () => ({ username: memory.lastUsername, hasAccount: memory.hadAccount }), renderMessages,
  page: {
    state, api, config, connection, memory, clock, apply, open, createRoom, deleteRoom, signOut, onAccount, onTrouble, loadRooms, leaveForList,
    parts: () => ({ identity, screens, visit, outbox, memory }),
  },
});
const queue = new DrawQueue({ draw: () => screens.draw(), clock, isHidden: () => document.hidden });
const identity = new Identity({
  state, memory, api, clock, config, screens, connection, apply, onCome, onBack, onGo: leaveRoom, onGone,
});

/** Both are loaded with the first sign-in, and then stay. @type {Outbox|null} */
let outbox = null;
/** @type {Visit|null} */
let visit = null;
/** @type {Promise<[Outbox, Visit]>|null} */
let loading = null;
/** The room in the connection's address. @type {number|null} */
let doorRoom = null;
/** The last refusal that named no message: a close code that follows is explained by it. */
let lastRefusal = '';
/** The list of rooms was read since this connection tells of changes in it. */
let isListFresh = false;
/** The page is not where its address says. */
let isAway = false;

/**
 * The way of every change: into the state, and what it asks for out into the world.
 *
 * @param {Frame} event
 */
function apply(event) {
  const { lastRead } = state;
  const { need, stored, arrived } = applyEvent(state, event);
  if (stored.length > 0) outbox?.acknowledge(stored);
  if (need === 'resync') following.resync();
  else if (need === 'history') void visit?.read(null, { isReset: true });
  // After failures the server may never tell of the list of rooms.
  if (need === 'list' || (/_(?:failed|closed)$/.test(event.type) && state.username && state.roomsStatus === 'loading')) void loadRooms();
  if (state.currentRoom && state.lastRead > lastRead) memory.setReadUpTo(state.currentRoom.id, state.lastRead);
  if (!document.hidden) for (const message of arrived) void screens.announce((announcer) => announcer.message(message));
  screens.hear(event);
  screens.drawTitle();
  if (event.type !== 'heartbeat' && event.type !== 'pong') queue.request();
}

/** Establishes the page's one WebSocket connection, and keeps it. */
export function connectWebSocket() {
  connection.open();
}

/** @returns {{url: string, roomId: number|null, after: number|null}} */
function websocketDoor() {
  const room = state.notice ? null : state.currentRoom;
  const after = room && state.historyStatus === 'ready' ? state.version : null;
  doorRoom = room?.id ?? null;
  lastRefusal = '';
  isListFresh = false;
  const url = socketUrl(location.href, { roomId: doorRoom, username: identity.doorName, after, epoch: state.epoch });
  return { url, roomId: doorRoom, after };
}

/** @param {WebSocket} websocket */
function onWebSocketOpen(websocket) {
  apply({ type: 'websocket_opened', websocket });
  if (identity.applicant !== null) {
    // The first answer that is no refusal tells that the name is good.
    connection.send({ type: 'ping' });
    return;
  }
  if (doorRoom !== null && doorRoom !== state.currentRoom?.id) connection.unsubscribe(doorRoom);
  following.resync();
  if (!state.currentRoom || state.notice) connection.caughtUp();
  else if (state.historyStatus === 'error') void visit?.read();
  if (doorRoom === null) freshenList();
  outbox?.wake();
  if (isAway) followRoute();
}

/** Reads the list once this connection tells of changes in it, so that none falls in between. */
function freshenList() {
  if (isListFresh) return;
  isListFresh = true;
  void loadRooms();
}

/** @param {{code: number, final: boolean}} event */
function onWebSocketClose({ code, final }) {
  following.end();
  apply({ type: 'websocket_closed' });
  if (code === CLOSE.tooBig) outbox?.refuseFirst('too_large');
  outbox?.connectionLost();
  if (identity.applicant !== null) {
    identity.refuse(final ? identity.refusal || lastRefusal || 'invalid' : 'network');
  } else if (final && losesRoom(code)) {
    connectWebSocket();
  } else if (final && state.user) {
    identity.end();
  } else if (final) {
    leaveRoom();
    apply({ type: 'signed_out' });
    identity.refuse(identity.refusal || lastRefusal || 'not_signed_in');
  } else if (code >= CLOSE.final) {
    void identity.expired();
  }
}

/** @param {number} code  of a close @returns {boolean} the room in the address is closed to this person, or gone; they are not */
function losesRoom(code) {
  const isBanned = code === ROOM_CLOSED && (state.notice !== null || lastRefusal === 'banned');
  if (isBanned && !state.notice) apply({ type: 'room_refused', code: lastRefusal, text: '' });
  // Either a frame has told of the deletion, or the room in the address is refused as one that is not there.
  if (code === ROOM_GONE && lastRefusal === 'not_found') apply({ type: 'room_deleted', room_id: doorRoom, message: '' });
  return isBanned || code === ROOM_GONE;
}

/** @param {import('./js/types.js').ConnectionStatus} status */
function onStatus(status) {
  apply({ type: 'connection_changed', status });
  if (state.username && !document.hidden && (status === 'reconnecting' || status === 'offline' || status === 'caughtup')) {
    void screens.announce((announcer) => announcer.connection(status));
  }
}

/**
 * Processes a frame of the server.
 *
 * @param {Frame} frame
 */
export function handleWebSocketMessage(frame) {
  if (frame.type === 'error') return onRefusal(frame);
  if (identity.heard()) connection.caughtUp();
  rooms.hear(frame);
  if (frame.type.startsWith('room_')) {
    const roomId = frame.room_id ?? frame.room?.id;
    // One who deletes a room knows that it is gone, and goes back to the list without a notice.
    if (rooms.isDeleting(roomId) && roomId === state.currentRoom?.id) leaveForList();
  }
  apply({ ...frame, now: clock.now() });
  identity.hear(frame);
  if (frame.type === 'typing') visit?.expire();
  else if (frame.type === 'message') visit?.slow(frame);
  else if (frame.type === 'sync' && frame.room_id === state.currentRoom?.id) onFollowing(frame.room_id);
}

/** @param {number} roomId  the server counts this page into it, and has told what was missed */
function onFollowing(roomId) {
  following.begin(roomId);
  if (state.historyStatus === 'ready') connection.caughtUp();
  freshenList();
  outbox?.wake();
}

/** @param {Frame} frame  `error` */
function onRefusal(frame) {
  const { code, room_id: roomId, client_id: clientId, retry_after_ms: retryAfterMs = null } = frame;
  // It is tried again and again, and told once.
  if (code === 'too_many_connections' && lastRefusal !== code) void screens.toast(errorText(code), 'danger');
  if (!roomId && !clientId) lastRefusal = code;
  if (code === 'banned' && roomId === state.currentRoom?.id) apply({ type: 'room_refused', code, text: '' });
  else if (following.refused(frame)) return;
  if (HOLDS.has(code)) visit?.hold(code, roomId, retryAfterMs);
  if (clientId) outbox?.refuse(clientId, code, retryAfterMs);
  else if (code === 'not_found' && roomId === state.currentRoom?.id) apply({ type: 'room_deleted', room_id: roomId, message: '' });
}

function onCome() {
  beginOutbox();
  freshenList();
  followRoute();
}

/** Somebody has signed in again; what they did before is still on the screen. */
function onBack() {
  connectWebSocket();
  beginOutbox();
}

function onGone() {
  beginOutbox();
  open();
  void screens.show('login');
}

function beginOutbox() {
  void outbox?.begin(state.username, state.user?.id ?? null);
}

function signOut() {
  identity.leave().catch(onTrouble);
}

function onAccount() {
  identity.account.then((account) => account.open()).catch(onTrouble);
}

/** @param {any} refusal  an ApiError, or what is said of a file that cannot be had */
function onTrouble({ code = 'network', detail = '' }) {
  void screens.toast(errorText(code, detail), 'danger');
}

/** @returns {Promise<[Outbox, Visit]>} what a signed-in person needs besides the list of rooms */
function loadParts() {
  loading ??= (async () => {
    const { createOutbox, Visit: VisitClass } = await import('./js/app/chat.js');
    const shared = {
      state, api, clock, send: (/** @type {Frame} */ frame) => connection.send(frame),
      isFollowing: () => following.isThere, onFiles: (/** @type {any} */ message) => screens.files().then((files) => files.bring(message), () => {}),
    };
    outbox = createOutbox({ ...shared, onAnother: () => identity.end(), onChange: onOutboxChange, onFailed: onUnsent });
    visit = new VisitClass({ ...shared, memory, screens, queue, outbox, apply });
    await outbox.begin(state.username, state.user?.id ?? null);
    return [outbox, visit];
  })();
  return loading;
}

function onOutboxChange() {
  if (outbox && state.currentRoom) apply({ type: 'pending_changed', pending: outbox.pendingOf(state.currentRoom.id) });
}

/** @param {import('./js/types.js').PendingMessage} message  refused for good; in the current room its row says so */
function onUnsent({ room_id: roomId, error }) {
  if (roomId !== state.currentRoom?.id) void screens.toast(`${strings.announce.unsent} ${errorText(error)}`, 'danger');
  else void screens.announce((announcer) => announcer.alert(strings.announce.unsent));
}

/** Fetches the room list from the API. */
export function loadRooms() {
  return rooms.load();
}

/** @param {import('./js/types.js').RoomWish} wish */
async function createRoom(wish) { open(await rooms.create(wish)); }

/** @param {number} roomId */
async function deleteRoom(roomId) {
  const name = await rooms.delete(roomId);
  if (state.currentRoom?.id === roomId) leaveForList();
  apply({ type: 'room_deleted', room_id: roomId, message: '' });
  void screens.toast(strings.rooms.deleted(name), 'ok');
}

/**
 * Goes to a room, or to the list of rooms. The address says where the page is; `followRoute` goes there.
 *
 * @param {number|null} [roomId]
 */
function open(roomId = null) {
  if (location.hash !== routeTo(roomId)) location.hash = routeTo(roomId);
}

/** Shows what the address says. */
async function showRoute() {
  if (state.username === null) {
    await screens.show('login');
    return;
  }
  const { page, roomId, messageId, chainId } = parseRoute(location.hash, state.user);
  if (roomId === null) {
    leaveRoom();
    apply({ type: 'screen_changed', screen: page });
    connectWebSocket();
    await screens.show(page);
    screens.prefetch(loadParts);
    return;
  }
  if (state.currentRoom?.id === roomId) {
    screens.showChain(chainId);
    if (messageId !== null) await visit?.goTo(messageId);
    return;
  }
  leaveRoom();
  const isMove = state.screen === 'chat';
  apply({ type: 'room_entered', room: state.rooms.find(({ id }) => id === roomId) ?? nameless(roomId) });
  // Subscribe first, read second: what happens in between comes with the sync.
  connectWebSocket();
  if (isMove) screens.focus();
  const [[, newVisit]] = await Promise.all([loadParts(), screens.show('chat')]);
  if (state.currentRoom?.id === roomId) await newVisit.enter(messageId, chainId);
  screens.prefetch(loadParts);
}

/** An invitation leaves the address at once: whoever looks at it, or at the browser's history, must not have it. */
function takeInvitation() {
  const invitation = parseInvitation(location.hash);
  if (!invitation) return;
  history.replaceState(null, '', routeTo());
  if (state.user && invitation.kind !== 'join') void screens.toast(strings.alreadyIn);
  else {
    if (state.username !== null && !state.user) signOut();
    apply({ type: 'invited', invitation });
  }
}

/** Whoever has come in with a link into a room is asked whether they want to. */
function useInvitation() {
  const { user, invitation } = state;
  if (!user || invitation?.kind !== 'join') return;
  apply({ type: 'invited', invitation: null });
  void screens.act('join', invitation.token);
}

/** Goes where the address says. What cannot be loaded now is tried again when the server is back. */
function followRoute() {
  isAway = false;
  takeInvitation();
  showRoute().then(useInvitation).catch((cause) => {
    // With a connection it is not the network's fault, so it is ours.
    const code = connection.isOpen ? 'internal' : 'network';
    if (code === 'internal') reportError(cause);
    loading = outbox ? loading : null;
    isAway = true;
    void screens.toast(errorText(code), 'danger');
  });
}

function leaveForList() {
  leaveRoom();
  open();
}

function leaveRoom() {
  following.end();
  const roomId = state.currentRoom?.id;
  if (roomId === undefined) return;
  visit?.leave();
  connection.unsubscribe(roomId);
  apply({ type: 'room_left' });
  // What is still on its way to that room is sent again by another door, under the same client_id.
  outbox?.connectionLost();
  outbox?.wake();
}

/** Updates the message display. */
export function renderMessages() {
  screens.drawMessages();
}

function onVisibility() {
  apply({ type: 'visibility_changed', visible: !document.hidden });
  if (document.hidden) return;
  queue.flush();
  connection.check();
}

document.addEventListener('visibilitychange', onVisibility);
addEventListener('pageshow', ({ persisted }) => persisted && connection.check());
addEventListener('online', () => connection.networkFound());
addEventListener('offline', () => connection.networkLost());
addEventListener('hashchange', () => followRoute());

addEventListener('storage', ({ key }) => Memory.isIdentity(key) && identity.follow());

// In a room, the list is read when the server tells of changes in it.
if (identity.begin() && parseRoute(location.hash).roomId === null) void loadRooms();
apply({ type: 'visibility_changed', visible: !document.hidden });
followRoute();
