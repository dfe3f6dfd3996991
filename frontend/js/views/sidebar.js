/** The column at the left of a conversation: rooms, people here, oneself. */

import { el, find, icon, iconButton, keepFocus, reconcile, setAttr, setText, takesText } from '../dom.js';
import { formatNumber } from '../format.js';
import { strings } from '../strings/en.js';
import { createPeopleList } from './people.js';
import { withDialogs } from './seldom.js';
import { createSelf } from './self.js';

/**
 * @typedef {import('../types.js').Room} Room
 * @typedef {object} SidebarData
 * @property {Room[]} rooms
 * @property {number | null} currentRoomId
 * @property {string[]} users
 * @property {string[]} guests
 * @property {string | null} username
 * @property {import('../types.js').User | null} user
 * @property {string} connection
 * @property {number} maxNameLength
 *
 * @typedef {object} SidebarCallbacks
 * @property {(roomId: number) => void} onOpen
 * @property {() => void} onBack to the list of rooms
 * @property {() => void} onSignOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 * @property {import('./people.js').OnPerson} onPerson
 * @property {(name: string) => Promise<void>} onCreate rejects with `{code, detail}`
 */

/**
 * @param {HTMLElement} element
 * @param {SidebarCallbacks} callbacks
 */
export function createSidebar(element, callbacks) {
  const ending = new AbortController();
  const { signal } = ending;
  /** @type {SidebarData} */
  let data = {
    rooms: [],
    currentRoomId: null,
    users: [],
    guests: [],
    username: null,
    user: null,
    connection: 'connecting',
    maxNameLength: Infinity,
  };
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();

  const home = el(
    'a',
    { class: 'brand brand-link', href: '#/', title: strings.sidebar.allRooms },
    icon('mark', 'mark'),
    el('span', {}, strings.product),
    el('span', { class: 'sr-only' }, strings.sidebar.allRooms),
  );
  const create = iconButton(strings.sidebar.create, 'plus');
  const all = el(
    'a',
    { class: 'side-row', href: '#/' },
    icon('rooms', 'icon-sm'),
    el('span', { class: 'side-name' }, strings.sidebar.allRooms),
  );
  const list = el('ul', { class: 'side-list', role: 'list' });
  const peopleCount = el('span', { class: 'section-count' });
  const peopleNodes = el('ul', { class: 'people-list', role: 'list' });
  const selfSlot = el('div', { class: 'self' });
  element.setAttribute('aria-label', strings.sidebar.label);
  const skip = el('button', { type: 'button', class: 'skip' }, strings.header.skip);
  element.replaceChildren(
    skip,
    el('div', { class: 'side-top' }, home),
    el(
      'div',
      { class: 'scroller side-scroller' },
      el(
        'nav',
        { class: 'side-section', 'aria-label': strings.sidebar.rooms },
        all,
        el('div', { class: 'section-head' }, el('h2', { class: 'section-title' }, strings.sidebar.rooms), create),
        list,
      ),
      el(
        'section',
        { class: 'side-section side-people' },
        el('div', { class: 'section-head' }, el('h2', { class: 'section-title' }, strings.sidebar.people), peopleCount),
        peopleNodes,
      ),
    ),
    selfSlot,
  );
  const self = createSelf(selfSlot, callbacks);
  const people = createPeopleList(peopleNodes, callbacks, signal);

  const makeRow = () =>
    el(
      'li',
      {},
      el(
        'a',
        { class: 'side-row' },
        icon('hash', 'icon-sm'),
        el('span', { class: 'side-name' }, el('bdi')),
        el('span', { class: 'side-online' }),
      ),
    );

  /** @param {number} step */
  const move = (step) => {
    const at = data.rooms.findIndex((room) => room.id === data.currentRoomId);
    const next = data.rooms[(at + step + data.rooms.length) % data.rooms.length];
    if (next !== undefined && next.id !== data.currentRoomId) callbacks.onOpen(next.id);
  };
  element.addEventListener(
    'click',
    (event) => {
      const link = /** @type {Element} */ (event.target).closest('a');
      if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      const id = Number(link.dataset['roomId']);
      if (id > 0) callbacks.onOpen(id);
      else callbacks.onBack();
    },
    { signal },
  );
  skip.addEventListener('click', () => find('.composer-field', element.closest('.chat') ?? document).focus(), {
    signal,
  });
  create.addEventListener(
    'click',
    () => {
      const options = { maxLength: data.maxNameLength, onCreate: callbacks.onCreate };
      void withDialogs(({ askRoomName }) => askRoomName(options), callbacks.onTrouble);
    },
    { signal },
  );
  document.addEventListener(
    'keydown',
    (event) => {
      const shown =
        element.closest('.screen:not([hidden])') !== null && document.querySelector('dialog[open]') === null;
      if (!shown || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
      // There, these keys move the caret by a paragraph.
      if (navigator.platform.startsWith('Mac') && takesText(event.target)) return;
      event.preventDefault();
      move(event.key === 'ArrowUp' ? -1 : 1);
    },
    { signal },
  );

  return {
    /** @param {SidebarData} next */
    update(next) {
      data = next;
      const keys = next.rooms.map((room) => String(room.id));
      keepFocus(
        list,
        () => reconcile(list, rows, keys, makeRow),
        () => all,
      );
      for (const room of next.rooms) {
        const row = rows.get(String(room.id));
        if (row === undefined) continue;
        const link = find('a', row);
        setAttr(link, 'href', `#/r/${room.id}`);
        setAttr(link, 'data-room-id', String(room.id));
        setAttr(link, 'aria-current', room.id === next.currentRoomId ? 'page' : null);
        setText(find('bdi', row), room.name);
        setText(find('.side-online', row), room.online > 0 ? formatNumber(room.online) : '');
        setAttr(link, 'title', strings.sidebar.onlineIn(room.name, room.online));
      }
      people.update(next);
      setText(peopleCount, next.users.length > 0 ? formatNumber(next.users.length) : '');
      self.update(next);
    },
    destroy() {
      ending.abort();
      self.destroy();
      element.replaceChildren();
    },
  };
}
