/** The sign before a room's name: what kind it is, or the face of the one it is with. */

import { el, find, icon, setText } from '../dom.js';
import { formatUnread } from '../format.js';
import { strings } from '../strings/en.js';
import { avatar } from './avatar.js';

/** @param {{kind: string}} room @returns {string} an icon's name */
export const signOf = ({ kind }) => (kind === 'direct' ? 'people' : kind === 'private' ? 'lock' : 'hash');

/**
 * @param {HTMLElement} slot
 * @param {{kind: string}} room
 * @param {string} [single] the one other in it
 */
export function setSign(slot, room, single) {
  const key = single ? `@${single}` : signOf(room);
  if (slot.dataset['sign'] === key) return;
  slot.dataset['sign'] = key;
  if (single) slot.replaceChildren(avatar(single, 'avatar-xs'), el('span', { class: 'dot' }));
  else slot.replaceChildren(icon(key, 'icon-sm'));
}

/** @returns {HTMLElement} takes how much is unread: a number for the eye, words for who listens */
export const countMark = () => el('span', { class: 'count' }, el('span', { 'aria-hidden': 'true' }), el('span', { class: 'sr-only' }));

/**
 * What is about oneself goes before what is unread; where one wants to hear nothing, only that is told.
 * @param {Element} row that has such a mark
 * @param {Pick<import('../types.js').Room, 'unread' | 'mentions' | 'level'>} room
 */
export function setCount(row, { unread, mentions, level }) {
  const isMuted = level === 'nothing';
  const others = (!isMuted && unread) || 0;
  const count = mentions || others;
  const mark = find('.count', row);
  const [number, words] = /** @type {[Element, Element]} */ (/** @type {unknown} */ (mark.children));
  setText(number, count > 0 ? `${mentions ? '@' : ''}${formatUnread(count)}` : '');
  setText(words, [mentions ? strings.mentions(mentions) : '', others ? strings.unread(others) : ''].filter(Boolean).join(', '));
  mark.toggleAttribute('data-mentions', Boolean(mentions));
  mark.hidden = count === 0;
  row.toggleAttribute('data-unread', count > 0);
  row.toggleAttribute('data-muted', isMuted);
}
