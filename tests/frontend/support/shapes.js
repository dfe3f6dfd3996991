/** Rooms and messages as the server makes them. */

export const ROOM = Object.freeze({
  id: 7, name: 'general', created_at: '2026-05-03T10:00:00.000000Z', version: 0, epoch: 'e1', kind: 'public', topic: '',
  online: 1, archived_at: null, owner: null, role: null, slow_seconds: 0, message_count: 0, deleted_count: 0, unread: null, mentions: null, last_read: null, level: null,
});

export const roomOf = (fields) => ({ ...ROOM, ...fields });

export const messageOf = (fields) => ({
  id: 1, room_id: ROOM.id, username: 'bob', content: 'hello', timestamp: '2026-05-03T10:00:00.000000Z', version: 1,
  client_id: null, guest: true, reply_to: null, chain: null, replies: null, edited_at: null, deleted_at: null, reactions: [], files: [],
  pinned_at: null, ...fields,
});

/** A message whose version is its id, as in a room where nothing but sending has happened. */
export const numbered = (id, fields = {}) => messageOf({ id, version: id, content: `message ${id}`, ...fields });

export const messages = (first, last, fields = {}) =>
  Array.from({ length: last - first + 1 }, (_, index) => numbered(first + index, fields));

export const messageFrame = (message, fields = {}) =>
  ({ type: 'message', room_id: message.room_id, version: message.version, message, ...fields });

export const syncFrame = (fields) =>
  ({ type: 'sync', room_id: ROOM.id, epoch: 'e1', version: 0, messages: [], room: ROOM, reset: false, ...fields });

/** A state of alice, in the room, with a history. */
export function enter(createState, applyEvent, { history = [], hasOlder = false, hasNewer = false, version, readUpTo } = {}) {
  const state = createState();
  applyEvent(state, { type: 'signed_in', username: 'alice' });
  applyEvent(state, { type: 'rooms_loaded', rooms: [ROOM] });
  applyEvent(state, { type: 'room_entered', room: ROOM });
  const page = { messages: history, version: version ?? history.at(-1)?.version ?? 0, epoch: 'e1' };
  applyEvent(state, { type: 'history_loaded', room_id: ROOM.id, page, hasOlder, hasNewer, readUpTo });
  applyEvent(state, { type: 'scrolled', atBottom: !hasNewer });
  return state;
}
