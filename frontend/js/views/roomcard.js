/** One room in the list: its name is a link stretched over the card, the way to delete it stands above that. */

import { el, find, iconButton, setAttr, setText } from '../dom.js';
import { formatShortDate } from '../format.js';
import { strings } from '../strings/en.js';
import { roomTile } from './avatar.js';

/** @returns {HTMLLIElement} an empty card */
export function makeRoomCard() {
  const link = el('a', { class: 'room-link' }, el('bdi'));
  return el(
    'li',
    { class: 'room-card' },
    el(
      'div',
      { class: 'room-text' },
      el('h2', { class: 'room-name' }, link),
      el('p', { class: 'room-topic', dir: 'auto' }),
      el(
        'p',
        { class: 'room-meta' },
        el('span', { class: 'dot' }),
        el('span', { class: 'room-online' }),
        el('span', { class: 'room-since' }),
      ),
    ),
    iconButton('', 'trash', { class: 'icon-button room-delete' }),
  );
}

/**
 * @param {HTMLElement} card
 * @param {import('../types.js').Room} room
 */
export function fillRoomCard(card, room) {
  const link = find('.room-link', card);
  if (link.textContent !== room.name) {
    card.querySelector('.room-tile')?.remove();
    card.prepend(roomTile(room.name));
  }
  setText(find('bdi', link), room.name);
  setAttr(link, 'href', `#/r/${room.id}`);
  const topic = find('.room-topic', card);
  setText(topic, room.topic);
  topic.hidden = room.topic === '';
  setAttr(find('.dot', card), 'data-presence', room.online > 0 ? 'online' : 'offline');
  setText(find('.room-online', card), room.online > 0 ? strings.rooms.online(room.online) : strings.rooms.nobody);
  setText(find('.room-since', card), strings.rooms.created(formatShortDate(room.created_at)));
  const remove = find('.room-delete', card);
  setAttr(remove, 'aria-label', strings.rooms.delete(room.name));
  setAttr(remove, 'title', strings.rooms.delete(room.name));
  card.dataset['roomId'] = String(room.id);
}
