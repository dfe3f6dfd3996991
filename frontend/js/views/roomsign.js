/** The sign before a room's name: what kind it is, or the face of the one it is with. */

import { el, icon } from '../dom.js';
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
