/** The panel of what is pinned in a room: the rows of the log, the message pinned last first. */

import { el, icon, iconButton, inOrder, keepFocus, setAttr, setText } from '../dom.js';
import { formatDay, formatTime } from '../format.js';
import { words as all } from '../strings/board.js';
import { readable } from './formatting.js';

/** From this width on it has a column of its own. */
const COLUMN = '(width >= 1280px)';

/** @typedef {ReturnType<typeof openBoard>} Board */
/** @typedef {import('../types.js').Message} Message */

/**
 * @param {HTMLElement} chat the grid it comes into
 * @param {object} options
 * @param {Pick<typeof import('../app/chat.js'), 'makeRow'|'redress'|'setTabStop'|'updateRow'>} options.views of the screen it stands beside
 * @param {(row: import('./row.js').Row) => void} options.dress
 * @param {(list: HTMLElement, rows: import('./row.js').Row[]) => Promise<void>} options.drawFiles
 * @param {HTMLElement} options.opener gets the focus afterwards
 * @param {() => Promise<boolean>} options.mayUnpin
 * @param {() => void} options.onClose
 * @param {(message: Message) => void} options.onShow
 * @param {(message: Message) => Promise<void>} options.onUnpin
 * @param {(person: {username: string, guest: boolean}, anchor: HTMLElement) => void} options.onPerson
 * @param {(id: number) => void} options.onEdits
 */
export function openBoard(chat, { views, dress, drawFiles, opener, mayUnpin, onClose, onShow, onUnpin, onPerson, onEdits }) {
  const ending = new AbortController();
  const { signal } = ending;
  const words = all.pins;
  const wide = matchMedia(COLUMN);
  const back = iconButton(words.back, 'back', { class: 'icon-button thread-back' });
  const close = iconButton(words.close, 'close', { class: 'icon-button thread-close' });
  const title = el('h2', { class: 'thread-title', tabindex: -1 }, words.title);
  const list = el('ol', { class: 'board-list', role: 'list', 'aria-label': words.list });
  const none = el(
    'div',
    { class: 'empty board-empty', hidden: true },
    el('span', { class: 'empty-icon' }, icon('pin')),
    el('p', { class: 'empty-title' }, words.none),
    el('p', { class: 'empty-text' }, words.noneHint),
  );
  const said = el('p', { class: 'sr-only', role: 'status' });
  const backdrop = el('div', { class: 'thread-backdrop' });
  const element = el(
    'aside',
    { class: 'thread board', 'aria-label': words.panel, dataset: { view: 'pins' } },
    backdrop,
    el(
      'div',
      { class: 'thread-panel pane' },
      el('header', { class: 'thread-head' }, back, el('div', { class: 'thread-names' }, title), close),
      el('div', { class: 'scroller board-scroller' }, list, none),
      said,
    ),
  );
  /** @type {Map<number, {node: HTMLElement, row: import('./row.js').Row, show: HTMLButtonElement, unpin: HTMLButtonElement, version: number}>} */
  const items = new Map();
  let isAllowed = false;
  let isCounted = false;

  /** @param {Message} message */
  const makeItem = (message) => {
    const row = views.makeRow();
    const show = el('button', { type: 'button', class: 'text-button board-show' }, words.show);
    const unpin = el('button', { type: 'button', class: 'text-button' }, words.unpin);
    const node = row.node;
    row.article.append(el('div', { class: 'board-acts' }, show, unpin));
    const item = { node, row, show, unpin, version: 0 };
    show.addEventListener('click', () => onShow(of(item)), { signal });
    unpin.addEventListener('click', () => void onUnpin(of(item)), { signal });
    items.set(message.id, item);
    return item;
  };
  /** @param {{row: import('./row.js').Row}} item */
  const of = ({ row }) => /** @type {Message} */ (row.source);
  /** @param {{row: import('./row.js').Row, show: HTMLElement, unpin: HTMLElement}} item  with all that its message has */
  const free = ({ row, show: button, unpin }) => {
    // Each of these rows is one's way to what it holds, but no stop of its own: its first button says what it is.
    views.setTabStop(row, true);
    row.article.tabIndex = -1;
    // Which message is meant is said with the button.
    for (const each of [button, unpin]) setAttr(each, 'aria-describedby', row.article.getAttribute('aria-labelledby'));
  };
  /** @param {Message} message */
  const show = (message) => {
    const item = items.get(message.id) ?? makeItem(message);
    if (item.row.source !== message) {
      views.updateRow(item.row, { key: `m${message.id}`, kind: 'message', message, grouped: false });
      // There are no days between them.
      setText(item.row.time, `${formatDay(message.timestamp)}, ${formatTime(message.timestamp)}`);
    }
    views.redress(item.row);
    dress(item.row);
    free(item);
    item.unpin.hidden = !isAllowed;
    return item.node;
  };
  /** @type {Message[]|null} */
  let shown = null;
  const draw = () => {
    const pins = shown ?? [];
    const ids = new Set(pins.map(({ id }) => id));
    const at = [...list.children].findIndex((node) => node.contains(document.activeElement));
    /** The neighbour of what has gone. */
    const beside = () => {
      const buttons = list.querySelectorAll('.board-show');
      return /** @type {HTMLElement} */ (buttons[Math.min(at, buttons.length - 1)] ?? title);
    };
    keepFocus(list, () => {
      for (const [id, { node }] of items) {
        if (ids.has(id)) continue;
        node.remove();
        items.delete(id);
      }
      inOrder(list, pins.map(show));
    }, beside);
    if (pins.some(({ files, forwarded }) => files[0] ?? forwarded?.files[0])) {
      const rows = [...items.values()];
      void drawFiles(list, rows.map(({ row }) => row)).then(() => rows.forEach(free), () => {});
    }
    if (at !== -1 && !list.contains(document.activeElement)) beside().focus();
    list.hidden = pins.length === 0;
    none.hidden = shown === null || pins.length > 0;
  };
  for (const button of [back, close, backdrop]) button.addEventListener('click', onClose, { signal });
  readable.addEventListener('change', draw, { signal });
  /** @param {Event} event on an author's name or face, or on what says that a message was changed */
  const tell = (event) => {
    const target = /** @type {Element} */ (event.target);
    const item = [...items.values()].find(({ node }) => node.contains(target));
    if (!item) return;
    const { id, username, guest } = of(item);
    if (target.closest(event.type === 'click' ? '.row-name, .row-face' : '.row-name')) {
      event.preventDefault();
      onPerson({ username, guest }, item.row.name);
    } else if (event.type === 'click' && target.closest('.row-edited')) onEdits(id);
  };
  list.addEventListener('click', tell, { signal });
  list.addEventListener('keydown', (event) => ['Enter', ' '].includes(event.key) && tell(event), { signal });
  element.addEventListener('keydown', (event) => {
    const buttons = [...list.querySelectorAll('.board-show')];
    const at = [...list.children].findIndex((node) => node.contains(document.activeElement));
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 };
    if (event.key === 'Escape' && !event.shiftKey) onClose();
    else if (Object.hasOwn(steps, event.key) && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const next = buttons[steps[/** @type {keyof typeof steps} */ (event.key)]];
      if (!(next instanceof HTMLElement)) return;
      next.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  /** What it lies over can be neither seen nor used. */
  const cover = () => {
    for (const part of chat.querySelectorAll(':scope > .sidebar, :scope > .pane')) {
      if (part instanceof HTMLElement) part.inert = !wide.matches && element.isConnected;
    }
  };
  wide.addEventListener('change', cover, { signal });
  // Where people have their column it takes that place, and gives it back to whoever asks for them.
  chat.addEventListener('click', (event) => {
    if (!/** @type {Element} */ (event.target).closest('[data-toggles="people"]')) return;
    onClose();
    if (wide.matches && !chat.querySelector('.slot-people[data-closed]')) event.stopPropagation();
  }, { signal, capture: true });
  chat.append(element);
  cover();
  title.focus();
  void mayUnpin().then((may) => {
    isAllowed = may;
    draw();
  }, () => {});

  return {
    isColumn: () => wide.matches,
    /** @param {Message[]|null} pins null: being read */
    update(pins) {
      const before = shown;
      shown = pins;
      draw();
      // Another node each time: the same words are said once more.
      if (isCounted && before && pins && pins.length < before.length) said.replaceChildren(words.unpinned);
      isCounted = pins !== null;
    },
    destroy() {
      const isHere = element.contains(document.activeElement);
      ending.abort();
      element.remove();
      cover();
      if (isHere && opener.checkVisibility()) opener.focus();
      else if (isHere) /** @type {HTMLElement|null} */ (chat.querySelector('.header-title'))?.focus();
    },
  };
}
