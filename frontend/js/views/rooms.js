/** The list of rooms: cards, a filter, a way to make one and a way to delete one. */

import { el, icon, iconButton, keepFocus, reconcile, setText, takesText, uid, wordButton } from '../dom.js';
import { canonical, othersIn, roomTitle } from '../format.js';
import { strings } from '../strings/en.js';
import { words } from '../strings/rooms.js';
import { emptyState } from './empty.js';
import { fillRoomCard, makeRoomCard, roomCalled } from './roomcard.js';
import { createSelf } from './self.js';

const SKELETON_CARDS = 6;

/**
 * @typedef {import('../types.js').Room} Room
 * @typedef {object} RoomsData
 * @property {Room[]} rooms
 * @property {import('../types.js').LoadStatus} status
 * @property {string | null} username
 * @property {import('../types.js').User | null} user
 * @property {string} connection
 *
 * @typedef {object} RoomsCallbacks
 * @property {(roomId: number) => void} onOpen
 * @property {(wish: string, ...details: any[]) => any} onAct
 * @property {import('../app/names.js').Names} names
 * @property {() => void} onSignOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 * @property {() => void} onRetry
 */

/**
 * @param {HTMLElement} element
 * @param {RoomsCallbacks} callbacks
 */
export function createRooms(element, callbacks) {
  const ending = new AbortController();
  const { signal } = ending;
  /** @type {RoomsData} */
  let data = { rooms: [], status: 'loading', username: null, user: null, connection: 'connecting' };
  /** @type {Map<string, HTMLLIElement>} */
  const cards = new Map();

  const filterId = uid('filter');
  const filter = el('input', {
    id: filterId,
    type: 'search',
    class: 'field filter-field',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: words.filter,
    enterkeyhint: 'search',
    dir: 'auto',
  });
  const title = el('h1', { class: 'rooms-title', tabindex: -1 }, words.title);
  const count = el('p', { class: 'rooms-count' });
  const create = wordButton(words.create, 'plus');
  const menu = iconButton(strings.sidebar.menu, 'more', { 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
  const tools = el(
    'div',
    { class: 'rooms-tools' },
    el(
      'div',
      { class: 'filter', role: 'search' },
      el('label', { class: 'sr-only', for: filterId }, words.filter),
      icon('search', 'icon-sm'),
      filter,
      el('kbd', { class: 'filter-key', 'aria-hidden': 'true' }, words.filterHint),
    ),
    create,
    menu,
  );
  const grid = el('ul', { class: 'room-grid', role: 'list', 'aria-label': words.label });
  const write = wordButton(strings.sidebar.newDirect, 'plus', 'button-quiet');
  const directory = el('a', { class: 'button button-quiet', href: '#/people' }, icon('people', 'icon-sm'), el('span', {}, strings.sidebar.directory));
  const state = el('div', { class: 'rooms-state' });
  const found = el('p', { class: 'sr-only', role: 'status' });
  const selfSlot = el('div', { class: 'self self-top' });
  const jump = iconButton(strings.sidebar.jump, 'search', { class: 'icon-button topbar-jump' });
  /** Direct messages and archived rooms, apart from the others and only where there are some. */
  const makePart = (/** @type {string} */ title, /** @type {HTMLElement | null} */ tool) => {
    const grid = el('ul', { class: 'room-grid', role: 'list', 'aria-label': title });
    const node = el(
      'section',
      { class: 'rooms-part' },
      el('div', { class: 'rooms-part-head' }, el('h2', { class: 'rooms-part-title' }, title), tool),
      grid,
    );
    return { node, grid, cards: /** @type {Map<string, HTMLLIElement>} */ (new Map()) };
  };
  const direct = makePart(strings.sidebar.direct, el('div', { class: 'rooms-part-tools' }, directory, write));
  const archived = makePart(strings.sidebar.archived, null);
  element.replaceChildren(
    el(
      'div',
      { class: 'card rooms-card' },
      el(
        'header',
        { class: 'topbar' },
        el('span', { class: 'brand' }, icon('mark', 'mark'), el('span', {}, strings.product)),
        jump,
        selfSlot,
      ),
      el(
        'main',
        { class: 'scroller rooms-main' },
        el(
          'div',
          { class: 'rooms-body' },
          el('div', { class: 'rooms-head' }, el('div', { class: 'rooms-heading' }, title, count), tools),
          found,
          grid,
          state,
          direct.node,
          archived.node,
        ),
      ),
    ),
  );
  const self = createSelf(selfSlot, callbacks);

  /** @param {string} label @param {string} sign @param {() => void} run */
  const action = (label, sign, run) => {
    const node = wordButton(label, sign);
    node.addEventListener('click', run);
    return node;
  };
  const loading = () =>
    el(
      'div',
      { class: 'room-grid skeletons' },
      el('p', { class: 'sr-only' }, words.loading),
      ...Array.from({ length: SKELETON_CARDS }, () =>
        el('div', { class: 'room-card skeleton-card', 'aria-hidden': 'true' }),
      ),
    );

  let stateKey = '';
  /** @param {string} key made again only when it changes @param {() => Node} make what stands instead of the cards */
  const showState = (key, make) => {
    if (key === stateKey) return;
    stateKey = key;
    state.replaceChildren(...(key === '' ? [] : [make()]));
  };

  /** @param {{node?: HTMLElement, grid: HTMLElement, cards: Map<string, HTMLLIElement>}} part @param {Room[]} rooms */
  const fill = ({ grid, cards }, rooms) => {
    reconcile(grid, cards, rooms.map((room) => String(room.id)), makeRoomCard);
    for (const room of rooms) {
      const card = cards.get(String(room.id));
      if (card) fillRoomCard(card, room, { user: data.user, username: data.username, names: callbacks.names });
    }
    grid.hidden = rooms.length === 0;
  };
  const render = () => {
    const query = canonical(filter.value);
    const called = (/** @type {Room} */ room) => `${roomTitle(room, data.username)} ${roomCalled(room, data.username, callbacks.names)}`;
    const rooms = data.rooms.filter((room) => query === '' || canonical(called(room)).includes(query));
    const open = rooms.filter((room) => !room.archived_at);
    const directs = open.filter((room) => room.kind === 'direct');
    const gone = rooms.filter((room) => room.archived_at);
    callbacks.names.want(directs.map((room) => othersIn(room.name, data.username)).filter(({ length }) => length === 1).flat());
    fill({ grid, cards }, open.filter((room) => room.kind !== 'direct'));
    fill(direct, directs);
    fill(archived, gone);
    direct.node.hidden = data.user === null || (query !== '' && directs.length === 0);
    archived.node.hidden = gone.length === 0;
    directory.hidden = menu.hidden = data.user === null;
    const own = data.rooms.filter((room) => room.kind !== 'direct').length;
    tools.hidden = data.rooms.length === 0;
    setText(count, own > 0 ? words.count(own) : '');
    setText(found, query === '' ? '' : words.matches(rooms.length));

    if (open.length > directs.length || (query !== '' && rooms.length > 0)) showState('', () => grid);
    else if (query !== '') {
      const name = filter.value.trim();
      const make = action(words.create, 'plus', () => callbacks.onAct('newRoom', name));
      const [title, text] = [words.noMatch(name), words.noMatchHint];
      showState(`nomatch ${name}`, () => emptyState({ sign: 'search', title, text, action: make }));
    } else if (data.status === 'error') {
      const again = action(strings.tryAgain, 'retry', callbacks.onRetry);
      showState('error', () => emptyState({ sign: 'alert', title: words.error, text: words.errorHint, action: again }));
    } else if (data.status === 'loading') showState('loading', loading);
    else {
      const make = action(words.create, 'plus', () => callbacks.onAct('newRoom'));
      showState('none', () => emptyState({ sign: 'rooms', title: words.noneTitle, text: words.none, action: make }));
    }
  };

  element.addEventListener(
    'click',
    (event) => {
      const target = /** @type {Element} */ (event.target);
      const id = Number(target.closest('.room-card')?.getAttribute('data-room-id'));
      const room = data.rooms.find((candidate) => candidate.id === id);
      if (room === undefined) return;
      if (target.closest('.room-delete')) callbacks.onAct('deleteRoom', room);
      else if (target.closest('a') && !(event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0)) {
        event.preventDefault();
        callbacks.onOpen(id);
      }
    },
    { signal },
  );
  create.addEventListener('click', () => callbacks.onAct('newRoom'), { signal });
  jump.addEventListener('click', () => callbacks.onAct('jump'), { signal });
  menu.addEventListener('click', () => menu.popoverTargetElement ?? callbacks.onAct('reads', 'openMenu', menu), { signal });
  write.addEventListener('click', () => callbacks.onAct('newDirect'), { signal });
  filter.addEventListener('input', render, { signal });
  filter.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && filter.value !== '') {
        filter.value = '';
        event.preventDefault();
        render();
      }
      const first = Number(/** @type {HTMLElement | null} */ (element.querySelector('.room-card[data-room-id]'))?.dataset['roomId']);
      if (event.key === 'Enter' && !event.isComposing && filter.value !== '' && first > 0) callbacks.onOpen(first);
    },
    { signal },
  );
  // A key without a modifier counts only where the focus is on this screen: who speaks to the computer, or presses
  // keys by mistake elsewhere, does not set it off.
  element.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (tools.hidden || takesText(event.target)) return;
      event.preventDefault();
      filter.focus();
    },
    { signal },
  );

  return {
    /** @param {RoomsData} next */
    update(next) {
      data = next;
      self.update(next);
      keepFocus(element, render, () => title);
    },
    focus: () => title.focus(),
    destroy() {
      ending.abort();
      self.destroy();
      element.replaceChildren();
    },
  };
}
