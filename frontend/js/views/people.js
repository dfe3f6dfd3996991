/** Who is here: a list for the sidebar, and the column or panel at the right. */

import { el, iconButton, reconcile, setAttr, setText } from '../dom.js';
import { canonical, formatNumber } from '../format.js';
import { strings } from '../strings/en.js';
import { avatar } from './avatar.js';

/** From this width on people have a column of their own, which is open unless it was closed. */
const COLUMN = '(width >= 1280px)';
const KEY = 'parlour.people';

/**
 * A list of people that keeps its rows.
 * @param {HTMLElement} list
 */
export function createPeopleList(list) {
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();
  /** @type {string[] | null} */
  let shown = null;
  return {
    /**
     * @param {string[]} users
     * @param {string | null} username oneself, who stands first
     */
    update(users, username) {
      if (users === shown) return;
      shown = users;
      const me = canonical(username ?? '');
      const sorted = users
        .map((name) => ({ name, mine: canonical(name) === me }))
        .sort((a, b) => Number(b.mine) - Number(a.mine) || a.name.localeCompare(b.name));
      const own = new Set(sorted.filter((person) => person.mine).map((person) => person.name));
      reconcile(
        list,
        rows,
        sorted.map((person) => person.name),
        (name) =>
          el(
            'li',
            { class: 'person' },
            el(
              'span',
              { class: 'person-face' },
              avatar(name, 'avatar-sm'),
              el('span', { class: 'dot', dataset: { presence: 'online' } }),
            ),
            el('span', { class: 'person-name', dir: 'auto' }, name),
            own.has(name) ? el('span', { class: 'person-you' }, strings.sidebar.you) : null,
          ),
      );
    },
  };
}

/**
 * The column at the right; on narrower screens a panel that slides over the pane.
 * @param {HTMLElement} element
 * @param {{onClose?: () => void}} [callbacks]
 */
export function createPeople(element, { onClose } = {}) {
  const ending = new AbortController();
  const { signal } = ending;
  const wide = matchMedia(COLUMN);
  const count = el('span', { class: 'section-count' });
  const close = iconButton(strings.people.close, 'close');
  const list = el('ul', { class: 'people-list', role: 'list' });
  const waiting = el('p', { class: 'people-waiting' }, strings.people.waiting);
  const backdrop = el('div', { class: 'people-backdrop' });
  element.setAttribute('aria-label', strings.people.label);
  element.replaceChildren(
    backdrop,
    el(
      'div',
      { class: 'people-panel' },
      el('header', { class: 'people-head' }, el('h2', { class: 'people-title' }, strings.people.title), count, close),
      el('div', { class: 'scroller people-scroller' }, list, waiting),
    ),
  );
  const people = createPeopleList(list);
  /** @type {Element | null} */
  let opener = null;

  const remembered = () => {
    try {
      return localStorage.getItem(KEY) === 'closed';
    } catch {
      return false;
    }
  };
  const isOpen = () => !element.hasAttribute('data-closed');
  const tellToggle = () => {
    const toggle = element.closest('.chat')?.querySelector('[data-toggles="people"]');
    if (toggle) setAttr(toggle, 'aria-expanded', String(isOpen()));
  };
  /** @param {boolean} open */
  const show = (open) => {
    element.toggleAttribute('data-closed', !open);
    element.inert = !open;
    tellToggle();
  };
  /** @param {boolean} open */
  const change = (open) => {
    opener = open ? document.activeElement : opener;
    show(open);
    if (wide.matches) {
      try {
        localStorage.setItem(KEY, open ? 'open' : 'closed');
      } catch {
        // Without storage the column is back after a reload.
      }
    } else if (open) close.focus();
    if (!open) {
      if (
        opener instanceof HTMLElement &&
        (element.contains(document.activeElement) || document.activeElement === document.body)
      ) {
        opener.focus();
      }
      onClose?.();
    }
  };
  wide.addEventListener('change', () => show(wide.matches && !remembered()), { signal });
  close.addEventListener('click', () => change(false), { signal });
  backdrop.addEventListener('click', () => change(false), { signal });
  element.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || wide.matches) return;
      event.stopPropagation();
      change(false);
    },
    { signal },
  );
  show(wide.matches && !remembered());

  return {
    /** @param {{users: string[], guests: string[], username: string | null}} data */
    update({ users, username }) {
      people.update(users, username);
      setText(count, users.length > 0 ? formatNumber(users.length) : '');
      tellToggle();
      waiting.hidden = users.length > 0;
    },
    toggle: () => change(!isOpen()),
    isOpen,
    destroy() {
      ending.abort();
      element.replaceChildren();
    },
  };
}
