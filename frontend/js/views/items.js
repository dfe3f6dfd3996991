/**
 * What stands in the log, line by line, worked out from the data alone: days, groups of one author, who came and
 * went, the "New" line.
 */

import { canonical, dayKey } from '../format.js';

const GROUP_MS = 5 * 60_000;

/**
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').PendingMessage} PendingMessage
 * @typedef {import('../types.js').PresenceLine} PresenceLine
 * @typedef {{key: string, kind: 'message', message: Message, grouped: boolean}} MessageItem
 * @typedef {{key: string, kind: 'pending', pending: PendingMessage, grouped: boolean}} PendingItem
 * @typedef {{key: string, kind: 'presence', joined: string[], left: string[], guests: string[]}} PresenceItem
 * @typedef {{key: 'new', kind: 'new'}} NewItem
 * @typedef {MessageItem | PendingItem | PresenceItem | NewItem} Item
 * @typedef {{key: string, time: string, items: Item[]}} Day
 *
 * @typedef {object} LogData
 * @property {Message[]} messages
 * @property {PendingMessage[]} pending
 * @property {PresenceLine[]} events
 * @property {number | null} newFrom
 * @property {string | null} username
 * @property {boolean} hasOlder
 * @property {boolean} hasNewer
 * @property {((row: import('./row.js').Row) => void) | undefined} [dress] gives a row what few have
 */

/**
 * An account is not the guest who had its name before.
 * @param {{username: string, guest: boolean}} message
 */
const authorOf = ({ username, guest }) => `${guest ? 'guest' : 'user'} ${username}`;

/** @param {number} id */
export const messageKey = (id) => `m${id}`;
/** @param {string} clientId */
export const pendingKey = (clientId) => `p${clientId}`;

/**
 * Lines that follow one another are one line; of somebody who came and went the last word counts. One's own coming
 * is no news.
 * @param {PresenceLine[]} events neighbours in the log
 * @param {string} me
 * @returns {PresenceItem | null}
 */
function presenceItem(events, me) {
  /** @type {Map<string, PresenceLine>} */
  const last = new Map();
  for (const event of events) {
    const name = canonical(event.username);
    if (name === me) continue;
    last.delete(name);
    last.set(name, event);
  }
  const [first] = events;
  if (last.size === 0 || first === undefined) return null;
  const names = (/** @type {string} */ kind) =>
    [...last.values()].filter((event) => event.kind === kind).map((event) => event.username);
  const guests = [...last.values()].filter(({ guest }) => guest).map(({ username }) => username);
  return { key: first.id, kind: 'presence', joined: names('join'), left: names('leave'), guests };
}

/**
 * The events by the message they stand behind: the newest one in the window that is not newer than `afterId`.
 * Those that lie outside the window are left out; they come back with it.
 * @param {LogData} data
 * @returns {Map<number | null, PresenceLine[]>} null: before all messages
 */
function placeEvents({ events, messages, hasOlder, hasNewer }) {
  /** @type {Map<number | null, PresenceLine[]>} */
  const places = new Map();
  const newest = messages.at(-1)?.id ?? null;
  for (const event of events) {
    const after = event.afterId;
    if (after !== null && newest !== null && after > newest && hasNewer) continue;
    const place = after === null ? null : (messages.findLast((message) => message.id <= after)?.id ?? null);
    if (place === null && hasOlder) continue;
    const there = places.get(place);
    if (there === undefined) places.set(place, [event]);
    else there.push(event);
  }
  return places;
}

/**
 * @param {LogData} data
 * @returns {Day[]} the log from top to bottom, one entry per day of the reader
 */
export function buildDays(data) {
  const me = canonical(data.username ?? '');
  const places = data.events.length > 0 ? placeEvents(data) : new Map();
  const stored = new Set();
  for (const message of data.messages) {
    if (message.client_id !== null) stored.add(`${message.client_id} ${authorOf(message)}`);
  }
  /** @type {Day[]} */
  const days = [];
  /** @type {{author: string, at: number} | null} the message above, if the next one may join its group */
  let above = null;

  /** @param {string} time @param {Item} item */
  const put = (time, item) => {
    const key = dayKey(time);
    const today = days.at(-1);
    // Clocks differ: a line that seems older than the day above it stays in that day instead of opening it again below.
    if (today === undefined || (today.key !== key && time > today.time)) {
      days.push({ key, time, items: [item] });
      return;
    }
    today.items.push(item);
  };
  /** @param {string} time @param {string} author @param {unknown} isReply begins a group of its own @returns {boolean} */
  const joinsGroup = (time, author, isReply) => {
    const now = { author, at: Date.parse(time) };
    const today = days.at(-1);
    const joins =
      above !== null &&
      !isReply &&
      above.author === now.author &&
      Math.abs(now.at - above.at) <= GROUP_MS &&
      (today === undefined || today.key === dayKey(time));
    above = now;
    return joins;
  };
  /** @param {number | null} place @param {string} fallback */
  const putEvents = (place, fallback) => {
    const events = places.get(place);
    const item = events === undefined ? null : presenceItem(events, me);
    if (item === null) return;
    put(events?.[0]?.timestamp ?? fallback, item);
    above = null;
  };

  putEvents(null, data.messages[0]?.timestamp ?? '');
  for (const message of data.messages) {
    if (message.id === data.newFrom) {
      put(message.timestamp, { key: 'new', kind: 'new' });
      above = null;
    }
    const grouped = joinsGroup(message.timestamp, authorOf(message), message.reply_to);
    put(message.timestamp, { key: messageKey(message.id), kind: 'message', message, grouped });
    putEvents(message.id, message.timestamp);
  }
  for (const pending of data.pending) {
    const author = authorOf({ ...pending, guest: !pending.account });
    if (stored.has(`${pending.client_id} ${author}`)) continue;
    const grouped = joinsGroup(pending.created_at, author, pending.reply_to);
    put(pending.created_at, { key: pendingKey(pending.client_id), kind: 'pending', pending, grouped });
  }
  return days;
}
