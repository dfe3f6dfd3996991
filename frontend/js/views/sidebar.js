/** The column at the left of a conversation: rooms, people here, oneself. */

import { el, find, icon, iconButton, setText, takesText } from '../dom.js';
import { formatNumber, othersIn } from '../format.js';
import { strings } from '../strings/en.js';
import { createPeopleList } from './people.js';
import { createSelf } from './self.js';
import { createSideRooms } from './siderooms.js';

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
 *
 * @typedef {object} SidebarCallbacks
 * @property {(roomId: number) => void} onOpen
 * @property {() => void} onSignOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 * @property {import('./people.js').OnPerson} onPerson
 * @property {(wish: string, ...details: any[]) => void} onAct
 * @property {import('../app/names.js').Names} names
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
  };

  const home = el(
    'a',
    { class: 'brand brand-link', href: '#/', title: strings.sidebar.allRooms },
    icon('mark', 'mark'),
    el('span', {}, strings.product),
    el('span', { class: 'sr-only' }, strings.sidebar.allRooms),
  );
  const all = el(
    'a',
    { class: 'side-row', href: '#/' },
    icon('rooms', 'icon-sm'),
    el('span', { class: 'side-name' }, strings.sidebar.allRooms),
  );
  const directory = el(
    'a',
    { class: 'side-row', href: '#/people' },
    icon('people', 'icon-sm'),
    el('span', { class: 'side-name' }, strings.sidebar.directory),
  );
  const saved = el(
    'a',
    { class: 'side-row', href: '#/saved' },
    icon('bookmark', 'icon-sm'),
    el('span', { class: 'side-name' }, strings.sidebar.saved),
  );
  const isMac = navigator.platform.startsWith('Mac');
  const jump = el(
    'button',
    { type: 'button', class: 'side-jump', 'aria-keyshortcuts': isMac ? 'Meta+K' : 'Control+K' },
    icon('search', 'icon-sm'),
    strings.sidebar.jump,
    el('kbd', { 'aria-hidden': 'true' }, isMac ? '⌘K' : 'Ctrl K'),
  );
  jump.addEventListener('click', () => callbacks.onAct('jump'), { signal });
  const search = iconButton(strings.sidebar.search, 'search');
  search.addEventListener('click', () => callbacks.onAct('search'), { signal });
  const rooms = createSideRooms(
    { key: 'rooms', title: strings.sidebar.rooms, add: { label: strings.sidebar.create, run: () => callbacks.onAct('newRoom') } },
    signal,
  );
  const menu = iconButton(strings.sidebar.menu, 'more', { 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
  menu.addEventListener('click', () => menu.popoverTargetElement ?? callbacks.onAct('reads', 'openMenu', menu), { signal });
  find('.section-head', rooms.element).append(menu);
  const direct = createSideRooms(
    { key: 'direct', title: strings.sidebar.direct, add: { label: strings.sidebar.newDirect, run: () => callbacks.onAct('newDirect') } },
    signal,
  );
  const archived = createSideRooms({ key: 'archived', title: strings.sidebar.archived }, signal);
  const peopleCount = el('span', { class: 'section-count' });
  const peopleNodes = el('ul', { class: 'people-list', role: 'list' });
  const selfSlot = el('div', { class: 'self' });
  element.setAttribute('aria-label', strings.sidebar.label);
  const skip = el('button', { type: 'button', class: 'skip' }, strings.header.skip);
  element.replaceChildren(
    skip,
    el('div', { class: 'side-top' }, home, search),
    jump,
    el(
      'div',
      { class: 'scroller side-scroller' },
      el(
        'nav',
        { class: 'side-section', 'aria-label': strings.sidebar.rooms },
        all,
        directory,
        saved,
        rooms.element,
        direct.element,
        archived.element,
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

  /** @param {number} step */
  const move = (step) => {
    const shown = [rooms, direct, archived].flatMap((part) => part.shown);
    const at = shown.findIndex((room) => room.id === data.currentRoomId);
    const next = shown[(at + step + shown.length) % shown.length];
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
      else location.hash = link.hash;
    },
    { signal },
  );
  skip.addEventListener('click', () => find('.composer-field', element.closest('.chat') ?? document).focus(), {
    signal,
  });
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
      const around = { username: next.username, currentRoomId: next.currentRoomId, names: callbacks.names };
      const [open, gone] = [next.rooms.filter((room) => !room.archived_at), next.rooms.filter((room) => room.archived_at)];
      const isDirect = (/** @type {Room} */ room) => room.kind === 'direct';
      const directs = open.filter(isDirect);
      const fallback = () => all;
      callbacks.names.want(directs.map(({ name }) => othersIn(name, next.username)).filter(({ length }) => length === 1).flat());
      rooms.update(open.filter((room) => !isDirect(room)), around, fallback);
      direct.update(directs, around, fallback);
      archived.update(gone, around, fallback);
      menu.hidden = directory.hidden = saved.hidden = next.user === null;
      direct.element.hidden = next.user === null;
      archived.element.hidden = gone.length === 0;
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
