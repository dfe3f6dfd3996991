/**
 * What the server's frames say of what is unread: pure, in numbers. Loaded with the first account.
 *
 * A count is as of a moment of its room, which `message_count` and `deleted_count` name: what was said or deleted since
 * is the difference, however often it is told, and whatever of it was lost.
 *
 * @typedef {import('../types.js').Room} Room
 * @typedef {import('../types.js').State} State
 * @typedef {import('../types.js').Frame} Frame
 * @typedef {{[roomId: number]: Partial<Room>}} Counts
 */

/** @param {Room} room @returns {number|null} null: nothing can be unread there, because one was never there */
const unreadIn = ({ unread, role, kind }) => unread ?? (role !== null || kind !== 'public' ? 0 : null);

/**
 * @param {Pick<State, 'rooms'>} state
 * @param {Frame} frame  `news`
 * @returns {{counts: Counts, isLost: boolean}}  `isLost`: it is not known any more what was deleted, so only the list has the truth
 */
export function countNews({ rooms }, frame) {
  /** @type {Counts} */
  const counts = {};
  let isLost = false;
  const known = new Map(rooms.map((room) => [room.id, room]));
  for (const { room_id: roomId, message_count: count, deleted_count: allGone, deleted } of frame['rooms']) {
    const room = known.get(roomId);
    if (!room) continue;
    const unread = unreadIn(room);
    const more = Math.max(0, count - room.message_count);
    const lately = Math.max(0, allGone - room.deleted_count);
    const gone = deleted.slice(Math.max(0, deleted.length - lately)).filter((/** @type {number} */ id) => id > (room.last_read ?? 0));
    // Where nothing is left to be deleted, it need not be known what was.
    isLost ||= lately > deleted.length && (unread ?? 0) + more > 0;
    counts[roomId] = {
      message_count: room.message_count + more,
      deleted_count: room.deleted_count + lately,
      unread: unread === null ? null : Math.max(0, unread + more - gone.length),
    };
  }
  return { counts, isLost };
}

/**
 * @param {Pick<State, 'rooms'>} state
 * @param {Frame} frame  one's own `read`
 * @returns {Counts}
 */
export function countRead({ rooms }, { room_id: roomId, message_id: lastRead, unread, message_count: count, deleted_count: gone, mentions = 0 }) {
  const room = rooms.find(({ id }) => id === roomId);
  // News of a deletion come behind what was read before it. So the list knew this, and more.
  if (!room || gone < room.deleted_count) return {};
  // More may have been told than the server knew when it counted.
  const more = room.unread === null ? 0 : Math.max(0, room.message_count - count);
  return { [roomId]: { last_read: lastRead, unread: unread + more, message_count: count + more, deleted_count: gone, mentions } };
}

/**
 * The rooms in the order of the list at the side.
 *
 * @param {Room[]} rooms
 * @returns {Room[]}
 */
const listed = (rooms) => {
  const open = rooms.filter((room) => !room.archived_at);
  return [...open.filter(({ kind }) => kind !== 'direct'), ...open.filter(({ kind }) => kind === 'direct'),
    ...rooms.filter((room) => room.archived_at)];
};

/** @param {Room} room @returns {number} how much of what is unread there one wants to know of */
export const heeded = ({ unread, mentions, level }) => (level === 'nothing' ? mentions : unread) ?? 0;

/**
 * @param {Pick<State, 'rooms'|'currentRoom'>} state
 * @param {1|-1} step
 * @returns {Room|null} the next room with something unread, or the one before
 */
export function nextUnread({ rooms, currentRoom }, step) {
  const all = listed(rooms);
  const at = all.findIndex(({ id }) => id === currentRoom?.id);
  // From the list itself the first is next, and the last is before.
  const start = at === -1 && step === -1 ? 0 : at;
  for (let far = 1; far <= all.length; far += 1) {
    const room = all[(start + step * far + 2 * all.length) % all.length];
    if (room && room.id !== currentRoom?.id && heeded(room) > 0) return room;
  }
  return null;
}

/**
 * Beneath which message it stands that somebody has read it: the newest of one's own that they have.
 *
 * @param {number[]} own  ids of one's own messages, in order
 * @param {import('../types.js').Receipt[]} receipts
 * @returns {Map<number, string[]>} names by message
 */
export function readersBy(own, receipts) {
  /** @type {Map<number, string[]>} */
  const readers = new Map();
  for (const { username, message_id: readUpTo } of receipts) {
    const id = own.findLast((one) => one <= readUpTo);
    if (id !== undefined) readers.set(id, [...(readers.get(id) ?? []), username]);
  }
  return readers;
}
