/** The list of rooms: cards, a filter, a way to make one and a way to delete one. */

import { el, icon, keepFocus, reconcile, setText, takesText, uid, wordButton } from '../dom.js';
import { canonical } from '../format.js';
import { strings } from '../strings/en.js';
import { emptyState } from './empty.js';
import { fillRoomCard, makeRoomCard } from './roomcard.js';
import { withDialogs } from './seldom.js';
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
 * @property {number} maxNameLength
 *
 * @typedef {object} RoomsCallbacks
 * @property {(roomId: number) => void} onOpen
 * @property {(name: string) => Promise<void>} onCreate rejects with `{code, detail}`
 * @property {(roomId: number) => Promise<void>} onDelete rejects with `{code, detail}`
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
  let data = { rooms: [], status: 'loading', username: null, user: null, connection: 'connecting', maxNameLength: Infinity };
  /** @type {Map<string, HTMLLIElement>} */
  const cards = new Map();
  /** @type {Map<string, Room>} */
  const shown = new Map();

  const filterId = uid('filter');
  const filter = el('input', {
    id: filterId,
    type: 'search',
    class: 'field filter-field',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: strings.rooms.filter,
    enterkeyhint: 'search',
    dir: 'auto',
  });
  const title = el('h1', { class: 'rooms-title', tabindex: -1 }, strings.rooms.title);
  const count = el('p', { class: 'rooms-count' });
  const create = wordButton(strings.rooms.create, 'plus');
  const tools = el(
    'div',
    { class: 'rooms-tools' },
    el(
      'div',
      { class: 'filter', role: 'search' },
      el('label', { class: 'sr-only', for: filterId }, strings.rooms.filter),
      icon('search', 'icon-sm'),
      filter,
      el('kbd', { class: 'filter-key', 'aria-hidden': 'true' }, strings.rooms.filterHint),
    ),
    create,
  );
  const grid = el('ul', { class: 'room-grid', role: 'list', 'aria-label': strings.rooms.label });
  const state = el('div', { class: 'rooms-state' });
  const found = el('p', { class: 'sr-only', role: 'status' });
  const selfSlot = el('div', { class: 'self self-top' });
  element.replaceChildren(
    el(
      'div',
      { class: 'card rooms-card' },
      el(
        'header',
        { class: 'topbar' },
        el('span', { class: 'brand' }, icon('mark', 'mark'), el('span', {}, strings.product)),
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
        ),
      ),
    ),
  );
  const self = createSelf(selfSlot, callbacks);

  const openCreate = (name = '') => {
    const options = { maxLength: data.maxNameLength, name, onCreate: callbacks.onCreate };
    return withDialogs(({ askRoomName }) => askRoomName(options), callbacks.onTrouble);
  };

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
      el('p', { class: 'sr-only' }, strings.rooms.loading),
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

  const render = () => {
    const query = canonical(filter.value);
    const rooms = data.rooms.filter((room) => query === '' || canonical(room.name).includes(query));
    const keys = rooms.map((room) => String(room.id));
    reconcile(grid, cards, keys, makeRoomCard);
    for (const room of rooms) {
      const key = String(room.id);
      const card = cards.get(key);
      if (card === undefined || shown.get(key) === room) continue;
      fillRoomCard(card, room);
      shown.set(key, room);
    }
    for (const key of shown.keys()) if (!cards.has(key)) shown.delete(key);
    grid.hidden = rooms.length === 0;
    tools.hidden = data.rooms.length === 0;
    setText(count, data.rooms.length > 0 ? strings.rooms.count(data.rooms.length) : '');
    setText(found, query === '' ? '' : strings.rooms.matches(rooms.length));

    const words = strings.rooms;
    if (rooms.length > 0) showState('', () => grid);
    else if (data.rooms.length > 0) {
      const name = filter.value.trim();
      const make = action(words.create, 'plus', () => void openCreate(name));
      const [title, text] = [words.noMatch(name), words.noMatchHint];
      showState(`nomatch ${name}`, () => emptyState({ sign: 'search', title, text, action: make }));
    } else if (data.status === 'error') {
      const again = action(strings.tryAgain, 'retry', callbacks.onRetry);
      showState('error', () => emptyState({ sign: 'alert', title: words.error, text: words.errorHint, action: again }));
    } else if (data.status === 'loading') showState('loading', loading);
    else {
      const make = action(words.create, 'plus', () => void openCreate());
      showState('none', () => emptyState({ sign: 'rooms', title: words.noneTitle, text: words.none, action: make }));
    }
  };

  /** @param {Room} room */
  const askDelete = (room) =>
    withDialogs(async ({ confirmDelete }) => {
      const done = await confirmDelete({ room, onDelete: () => callbacks.onDelete(room.id) });
      // The card that opened the dialog is gone, and the focus with it.
      if (done) title.focus();
    }, callbacks.onTrouble);

  grid.addEventListener(
    'click',
    (event) => {
      const target = /** @type {Element} */ (event.target);
      const id = Number(target.closest('.room-card')?.getAttribute('data-room-id'));
      const room = data.rooms.find((candidate) => candidate.id === id);
      if (room === undefined) return;
      if (target.closest('.room-delete')) void askDelete(room);
      else if (target.closest('a') && !(event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0)) {
        event.preventDefault();
        callbacks.onOpen(id);
      }
    },
    { signal },
  );
  create.addEventListener('click', () => void openCreate(), { signal });
  filter.addEventListener('input', render, { signal });
  filter.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && filter.value !== '') {
        filter.value = '';
        event.preventDefault();
        render();
      }
      const first = data.rooms.find((room) => canonical(room.name).includes(canonical(filter.value)));
      if (event.key === 'Enter' && !event.isComposing && filter.value !== '' && first !== undefined) {
        callbacks.onOpen(first.id);
      }
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
