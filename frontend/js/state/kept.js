/**
 * What events do to what is kept: the pins of the room that one is in, and which messages one has saved. Pure.
 *
 * Both are read when they are first needed, and followed by frames from then on. A frame may be older or newer than what
 * was read: of a message the higher version counts, of what is saved what was heard last.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Frame} Frame
 *
 * @typedef {object} Kept
 * @property {number|null} roomId
 * @property {Message[]|null} pins  the message pinned last first; null: not known yet
 * @property {boolean} isAsked  the pins are being read, or were
 * @property {Message[]|null} changed  told while they were being read; null: they are not
 * @property {Set<number>|null} saved  null: not known yet, or one is a guest
 * @property {Map<number, boolean>} heard  told while that was being read
 * @property {number|null} userId
 */

/** @returns {Kept} */
export const createKept = () => ({ roomId: null, pins: null, isAsked: false, changed: null, saved: null, heard: new Map(), userId: null });

/** @param {Message} one @param {Message} other */
const byTime = ({ pinned_at: one }, { pinned_at: other }) => ((one ?? '') < (other ?? '') ? 1 : -1);

/**
 * @param {Message[]} pins
 * @param {Message} message  as it is told
 * @returns {Message[]} the same ones where it changes nothing
 */
function place(pins, message) {
  const known = pins.find(({ id }) => id === message.id);
  if (known ? known.version >= message.version : !message.pinned_at) return pins;
  const others = pins.filter(({ id }) => id !== message.id);
  return message.pinned_at ? [...others, message].sort(byTime) : others;
}

/** @param {Kept} kept @param {Message[]} messages */
function change(kept, messages) {
  kept.changed?.push(...messages);
  if (kept.pins !== null) kept.pins = messages.reduce(place, kept.pins);
  for (const { id, deleted_at: deleted } of messages) if (deleted && kept.saved?.has(id)) kept.saved = without(kept.saved, id);
}

/** What went with the beginning of the room is pinned no more. @param {Kept} kept @param {import('../types.js').Room} room */
function cut(kept, room) {
  if (room.id === kept.roomId && kept.pins?.some(({ id }) => id <= room.purged_to)) kept.pins = kept.pins.filter(({ id }) => id > room.purged_to);
}

/** @param {Set<number>} ids @param {number} id */
const without = (ids, id) => new Set([...ids].filter((other) => other !== id));

/** @param {Kept} kept @param {number|null} roomId */
const enter = (kept, roomId) => void Object.assign(kept, { roomId, pins: null, isAsked: false, changed: null });

/** What was heard meanwhile is newer than what was read. @param {Kept} kept @param {number[]} ids */
function readSaved(kept, ids) {
  const saved = new Set(ids);
  for (const [id, on] of kept.heard) {
    if (on) saved.add(id);
    else saved.delete(id);
  }
  kept.saved = saved;
}

/** @typedef {('pins'|'saved')[]} Wanted */

/** What each event does, and what has then to be read. @type {Record<string, (kept: Kept, event: Frame) => Wanted|void>} */
const HANDLERS = {
  room_entered: (kept, { room }) => enter(kept, room.id),
  history_loaded(kept, { room_id: roomId }) {
    // A room that one may not read has no pins either: they are asked for behind its history.
    if (roomId !== kept.roomId || kept.isAsked) return [];
    Object.assign(kept, { isAsked: true, changed: [] });
    return ['pins'];
  },
  room_left: (kept) => enter(kept, null),
  room_refused: (kept) => enter(kept, null),
  reader_changed(kept, { userId }) {
    Object.assign(kept, { userId, saved: null, heard: new Map() });
    return userId === null ? [] : ['saved'];
  },
  websocket_opened: (kept) => (kept.userId === null ? [] : ['saved']),
  room_updated: (kept, { room }) => cut(kept, room),
  message_updated: (kept, { room_id: roomId, message }) => void (roomId === kept.roomId && change(kept, [message])),
  sync(kept, { room_id: roomId, reset, messages, room }) {
    if (roomId !== kept.roomId) return [];
    if (room) cut(kept, room);
    // Else its history is read once more.
    return reset ? enter(kept, roomId) : change(kept, messages);
  },
  saved(kept, { message_id: id, on }) {
    kept.heard.set(id, on);
    if (kept.saved && kept.saved.has(id) !== on) kept.saved = on ? new Set([...kept.saved, id]) : without(kept.saved, id);
  },
  saved_loading: (kept) => void (kept.heard = new Map()),
  saved_loaded: (kept, { ids }) => readSaved(kept, ids),
  pins_loaded(kept, { room_id: roomId, pins }) {
    if (roomId !== kept.roomId) return;
    kept.pins = (kept.changed ?? []).reduce(place, pins);
    kept.changed = null;
  },
};

/**
 * @param {Kept} kept  is changed
 * @param {Frame} event  of the server, or of the page
 * @returns {Wanted} what has to be read, again or for the first time
 */
export function applyToKept(kept, event) {
  return (Object.hasOwn(HANDLERS, event.type) && HANDLERS[event.type]?.(kept, event)) || [];
}
