/** What was done with power over others, newest first. */

import { el, icon } from '../../dom.js';
import { formatDay, formatFull, formatTime } from '../../format.js';
import { words } from '../../strings/admin.js';
import { sentence } from '../names.js';
import { createListing, makeRow } from './listing.js';

const PAGE = 50;
/** The sign of an act, by how it begins. @type {[string, string][]} */
const SIGNS = [
  ['room.delete', 'trash'], ['message.', 'trash'], ['report.', 'flag'], ['policy.', 'gear'], ['room.arch', 'archive'],
  ['room.unarch', 'archive'], ['room.slow', 'clock'], ['room.mute', 'clock'], ['user.', 'user'], ['member.', 'people'],
];

/**
 * @typedef {import('../../types.js').AuditEntry} AuditEntry
 *
 * @param {object} options
 * @param {(options: {before?: number | undefined, limit: number}) => Promise<AuditEntry[]>} options.entries rejects with `{code, detail}`
 * @param {(roomId: number) => string | null} options.roomName null where it is not known
 */
export function createLog({ entries, roomName }) {
  const text = words.log;
  const listing = createListing({
    label: text.list, none: text.none, read: () => entries({ limit: PAGE }),
    pages: { size: PAGE, more: text.older, isLast: ({ id }) => id === 1, next: ({ id }) => entries({ before: id, limit: PAGE }) },
    row: (/** @type {AuditEntry} */ entry) => {
      const { id, at, actor, actor_guest: isGuest, action, room_id: roomId, subject, subject_guest: isOfGuest, detail } = entry;
      const name = roomId === null ? null : roomName(roomId);
      const room = roomId === null ? '' : name === null ? text.room(roomId) : `#${name}`;
      const who = actor === 'cli' ? text.cli : actor;
      // An account and a guest may have one name: which of the names it is says who is marked.
      const said = sentence(
        ([by = '', on = '', where = '']) => text.acts[action]?.(by, on, room && where, detail) ?? text.other(by, action, on),
        [who, subject, room], (_, at) => (at === 0 ? isGuest : at === 1 && isOfGuest),
      );
      const reason = typeof detail['reason'] === 'string' ? detail['reason'] : '';
      const sign = SIGNS.find(([start]) => action.startsWith(start))?.[1] ?? 'shield';
      return makeRow({
        key: String(id), face: el('span', { class: 'admin-sign' }, icon(sign)),
        line: [el('span', { class: 'log-said', dir: 'auto' }, said), reason !== '' && el('span', { class: 'log-reason', dir: 'auto' }, text.reason(reason))],
        facts: [el('time', { datetime: at, title: formatFull(at) }, `${formatDay(at)} ${formatTime(at)}`), text.number(id)],
      });
    },
  });

  return {
    element: el('div', { class: 'admin-part' }, el('p', { class: 'form-note' }, text.lead), listing.element),
    open: () => void listing.load(),
    destroy() {},
  };
}
