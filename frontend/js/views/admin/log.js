/** What was done with power over others, newest first. */

import { el, icon } from '../../dom.js';
import { formatDay, formatFull, formatTime } from '../../format.js';
import { words } from '../../strings/admin.js';
import { createOutcome } from '../places/act.js';
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
  const outcome = createOutcome();
  const more = el('button', { type: 'button', class: 'button button-quiet admin-more', hidden: true }, text.older);
  let last = 0;

  /** @param {AuditEntry[]} page */
  const turned = (page) => {
    last = page.at(-1)?.id ?? last;
    more.hidden = page.length < PAGE || last === 1;
    return page;
  };
  const listing = createListing({
    label: text.list, none: text.none, outcome, read: async () => turned(await entries({ limit: PAGE })),
    row: (/** @type {AuditEntry} */ entry) => {
      const { id, at, actor, action, room_id: roomId, subject, detail } = entry;
      const name = roomId === null ? null : roomName(roomId);
      const room = roomId === null ? '' : name === null ? text.room(roomId) : `#${name}`;
      const who = actor === 'cli' ? text.cli : actor;
      const said = text.acts[action]?.(who, subject, room, detail) ?? text.other(who, action, subject);
      const reason = typeof detail['reason'] === 'string' ? detail['reason'] : '';
      const sign = SIGNS.find(([start]) => action.startsWith(start))?.[1] ?? 'shield';
      return makeRow({
        key: String(id), face: el('span', { class: 'admin-sign' }, icon(sign)),
        line: [el('span', { class: 'log-said', dir: 'auto' }, said), reason !== '' && el('span', { class: 'log-reason', dir: 'auto' }, text.reason(reason))],
        facts: [el('time', { datetime: at, title: formatFull(at) }, `${formatDay(at)} ${formatTime(at)}`), text.number(id)],
      });
    },
  });
  more.addEventListener('click', () => void outcome.act(more, async () => listing.append(turned(await entries({ before: last, limit: PAGE })))));

  return {
    element: el('div', { class: 'admin-part' }, el('p', { class: 'form-note' }, text.lead), outcome.element, listing.element, more),
    open: () => void listing.load(),
    destroy() {},
  };
}
