/** Rooms as rows of the sidebar, in sections that can be folded; a folded one still shows the room one is in. */

import { el, find, icon, iconButton, keepFocus, reconcile, setAttr, setText, uid } from '../dom.js';
import { formatNumber, othersIn, roomTitle } from '../format.js';
import { strings } from '../strings/en.js';
import { countMark, setCount, setSign } from './roomsign.js';

const KEY = 'parlour.folded';

/** @typedef {import('../types.js').Room} Room */

/** @returns {string[]} the sections that were folded on this device */
function folded() {
  try {
    return (localStorage.getItem(KEY) ?? 'archived').split(' ');
  } catch {
    return ['archived'];
  }
}

const makeRow = () =>
  el(
    'li',
    {},
    el(
      'a',
      { class: 'side-row' },
      el('span', { class: 'side-sign' }),
      el('span', { class: 'side-name' }, el('bdi'), el('bdi', { class: 'side-username' })),
      el('span', { class: 'side-online' }),
      countMark(),
    ),
  );

/**
 * @param {HTMLElement} row
 * @param {Room} room
 * @param {{username: string | null, currentRoomId: number | null, names: import('../app/names.js').Names}} around
 */
function fillRow(row, room, { username, currentRoomId, names }) {
  const link = find('a', row);
  const isHere = room.id === currentRoomId;
  const direct = room.kind === 'direct';
  const others = direct ? othersIn(room.name, username) : [];
  const [name, handle] = link.querySelectorAll('bdi');
  const single = others.length === 1 ? (others[0] ?? '') : '';
  const called = single ? names.called(single) : roomTitle(room, username);
  setSign(find('.side-sign', row), room, single);
  setText(/** @type {Node} */ (name), called);
  setText(/** @type {Node} */ (handle), single && called !== single ? `@${single}` : '');
  setAttr(link, 'href', `#/r/${room.id}`);
  setAttr(link, 'data-room-id', String(room.id));
  setAttr(link, 'aria-current', isHere ? 'page' : null);
  // In a conversation of few, one's own being there is no news.
  const there = Math.max(0, room.online - (direct && isHere ? 1 : 0));
  row.querySelector('.dot')?.setAttribute('data-presence', there > 0 ? 'online' : 'offline');
  setText(find('.side-online', row), there > 0 && !single ? formatNumber(there) : '');
  setCount(row, room);
  setAttr(link, 'title', strings.sidebar.onlineIn(called, there));
}

/**
 * @param {object} options
 * @param {string} options.key under which it is remembered that the section is folded
 * @param {string} options.title
 * @param {{label: string, run: () => void}} [options.add]
 * @param {AbortSignal} signal ends the listeners
 */
export function createSideRooms({ key, title, add }, signal) {
  const listId = uid('side');
  const fold = el(
    'button',
    { type: 'button', class: 'section-fold', 'aria-controls': listId },
    icon('chevron', 'icon-sm'),
    el('span', {}, title),
  );
  const plus = add ? iconButton(add.label, 'plus') : null;
  const list = el('ul', { class: 'side-list', role: 'list', id: listId });
  const element = el(
    'div',
    { class: 'side-part' },
    el('div', { class: 'section-head' }, el('h2', { class: 'section-title' }, fold), plus),
    list,
  );
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();
  let isFolded = folded().includes(key);
  /** @type {() => void} */
  let draw = () => {};
  plus?.addEventListener('click', () => add?.run(), { signal });
  fold.addEventListener(
    'click',
    () => {
      isFolded = !isFolded;
      const others = folded().filter((other) => other !== key && other !== '');
      try {
        localStorage.setItem(KEY, (isFolded ? [...others, key] : others).join(' '));
      } catch {
        // Without storage it is as ever after a reload.
      }
      draw();
    },
    { signal },
  );

  return {
    element,
    /** The rooms on view, in order. @type {Room[]} */
    shown: [],
    /**
     * @param {Room[]} rooms
     * @param {Parameters<typeof fillRow>[2]} around
     * @param {() => HTMLElement | null} fallback gets the focus of a row that goes
     */
    update(rooms, around, fallback) {
      draw = () => {
        const shown = isFolded ? rooms.filter(({ id }) => id === around.currentRoomId) : rooms;
        this.shown = shown;
        setAttr(fold, 'aria-expanded', String(!isFolded));
        keepFocus(list, () => reconcile(list, rows, shown.map(({ id }) => String(id)), makeRow), fallback);
        for (const room of shown) fillRow(/** @type {HTMLElement} */ (rows.get(String(room.id))), room, around);
      };
      draw();
    },
  };
}
