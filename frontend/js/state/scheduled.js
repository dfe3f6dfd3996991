/**
 * What events do to the messages that one has written to be sent later. Pure.
 *
 * They are read on every connection and followed by frames from then on. What was heard while they were read is newer than
 * what was read.
 *
 * @typedef {import('../types.js').Scheduled} Scheduled
 * @typedef {import('../types.js').Frame} Frame
 *
 * @typedef {object} Waiting
 * @property {number|null} userId  whose they are; null: a guest has none
 * @property {Scheduled[]|null} all  the one that is sent first comes first; null: not known yet
 * @property {Map<number, Scheduled|null>} heard  told since they were last asked for; null: it is gone
 * @property {Set<number>} gone  an answer that comes late must not bring them back
 */

/** @returns {Waiting} */
export const createWaiting = () => ({ userId: null, all: null, heard: new Map(), gone: new Set() });

/** @param {Scheduled} one @param {Scheduled} other */
const byTime = (one, other) => Date.parse(one.send_at) - Date.parse(other.send_at) || one.id - other.id;

/**
 * @param {Scheduled[]} all
 * @param {number} id
 * @param {Scheduled|null} scheduled  as it is told; null: it is gone
 * @returns {Scheduled[]} the same ones where it changes nothing
 */
function put(all, id, scheduled) {
  const others = all.filter((each) => each.id !== id);
  if (scheduled) return [...others, scheduled].sort(byTime);
  return others.length < all.length ? others : all;
}

/** @param {Waiting} waiting @param {number} id @param {Scheduled|null} scheduled */
function hear(waiting, id, scheduled) {
  waiting.heard.set(id, scheduled);
  if (waiting.all) waiting.all = put(waiting.all, id, scheduled);
}

/** @type {Record<string, (waiting: Waiting, event: Frame) => void>} */
const HANDLERS = {
  reader_changed: (waiting, { userId }) => void Object.assign(waiting, createWaiting(), { userId }),
  scheduled_loading: (waiting) => void (waiting.heard = new Map()),
  scheduled_loaded(waiting, { scheduled }) {
    waiting.all = [...waiting.heard].reduce((all, [id, told]) => put(all, id, told), [...scheduled].sort(byTime));
  },
  scheduled_updated(waiting, { scheduled }) {
    if (!waiting.gone.has(scheduled.id)) hear(waiting, scheduled.id, scheduled);
  },
  scheduled_removed(waiting, { id }) {
    waiting.gone.add(id);
    hear(waiting, id, null);
  },
};

/**
 * @param {Waiting} waiting  is changed
 * @param {Frame} event  of the server, or of the page
 */
export function applyToWaiting(waiting, event) {
  if (Object.hasOwn(HANDLERS, event.type)) HANDLERS[event.type]?.(waiting, event);
}

/**
 * @param {Scheduled[]} scheduled  the one that is sent first comes first
 * @returns {{count: number, next: string, failed: number}} how many wait, when the next of them is sent, how many could not be
 */
export function summed(scheduled) {
  const waiting = scheduled.filter(({ state }) => state === 'waiting');
  return { count: waiting.length, next: waiting[0]?.send_at ?? '', failed: scheduled.length - waiting.length };
}
