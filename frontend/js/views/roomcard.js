/** One room in the list: its name is a link stretched over the card, the way to delete it stands above that. */

import { el, find, iconButton, setAttr, setText } from '../dom.js';
import { formatShortDate, othersIn, roomTitle } from '../format.js';
import { words } from '../strings/rooms.js';
import { avatar, roomTile } from './avatar.js';
import { countMark, setCount, signOf } from './roomsign.js';

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
        countMark(),
      ),
    ),
    iconButton('', 'trash', { class: 'icon-button room-delete' }),
  );
}

/**
 * @typedef {import('../types.js').Room} Room
 * @typedef {import('../app/names.js').Names} Names
 */

/** @type {WeakMap<HTMLElement, string>} what a card shows */
const shown = new WeakMap();

/**
 * @param {Room} room
 * @param {string | null} username
 * @param {Names} names
 * @returns {string} what the room is called: of a conversation between two the other's own name
 */
export function roomCalled(room, username, names) {
  const others = room.kind === 'direct' ? othersIn(room.name, username) : [];
  return others.length === 1 ? names.called(others[0] ?? '') : roomTitle(room, username);
}

/**
 * @param {HTMLElement} card
 * @param {Room} room
 * @param {{user: import('../types.js').User | null, username: string | null, names: Names}} reader
 */
export function fillRoomCard(card, room, { user, username, names }) {
  const called = roomCalled(room, username, names);
  const others = room.kind === 'direct' ? othersIn(room.name, username) : [];
  const key = JSON.stringify([room, called, user?.role]);
  if (shown.get(card) === key) return;
  shown.set(card, key);
  const link = find('.room-link', card);
  card.querySelector('.room-tile, .avatar')?.remove();
  card.prepend(others.length === 1 ? avatar(others[0] ?? '', 'avatar-md') : roomTile(room.name, '', signOf(room)));
  setText(find('bdi', link), called);
  setAttr(link, 'href', `#/r/${room.id}`);
  const topic = find('.room-topic', card);
  const line = others.length === 1 && called !== others[0] ? `@${others[0]}` : room.topic;
  setText(topic, line);
  topic.hidden = line === '';
  setAttr(find('.dot', card), 'data-presence', room.online > 0 ? 'online' : 'offline');
  setText(find('.room-online', card), room.online > 0 ? words.online(room.online) : words.nobody);
  setText(find('.room-since', card), words.created(formatShortDate(room.created_at)));
  const remove = find('.room-delete', card);
  setAttr(remove, 'aria-label', words.delete(room.name));
  setAttr(remove, 'title', words.delete(room.name));
  setCount(card, room);
  // As `rightsIn` has it, which few visits need.
  const isAdmins = room.kind === 'public' && (room.owner === null || user?.role === 'administrator');
  remove.hidden = !isAdmins && room.role !== 'owner';
  card.dataset['roomId'] = String(room.id);
}
