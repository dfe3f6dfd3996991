/** Who is here: a list for the sidebar, and the column or panel at the right. */

import { el, iconButton, keepFocus, reconcile, setAttr, setText } from '../dom.js';
import { canonical, formatNumber } from '../format.js';
import { strings } from '../strings/en.js';
import { avatar } from './avatar.js';
import { guestBadge } from './names.js';

/** From this width on people have a column of their own, which is open unless it was closed. */
const COLUMN = '(width >= 1280px)';
const KEY = 'parlour.people';

/** @typedef {(person: {username: string, guest: boolean}, anchor: HTMLElement) => void} OnPerson */

/** @param {{name: string, called: string, mine: boolean, guest: boolean}} person */
const rowOf = ({ name, called, mine, guest }) =>
  el(
    'li',
    {},
    el(
      'button',
      { type: 'button', class: 'person', tabindex: -1, dataset: { name, guest: String(guest) } },
      el(
        'span',
        { class: 'person-face' },
        avatar(name, 'avatar-sm', guest),
        el('span', { class: 'dot', dataset: { presence: 'online' } }),
      ),
      el(
        'span',
        { class: 'person-text' },
        el('span', { class: 'person-name', dir: 'auto' }, called),
        called === name ? null : ' ',
        called === name ? null : el('span', { class: 'person-username', dir: 'auto' }, `@${name}`),
      ),
      ' ',
      guest ? guestBadge() : null,
      mine ? el('span', { class: 'person-you' }, strings.sidebar.you) : null,
    ),
  );

/**
 * A list of people that keeps its rows. It is one tab stop; the arrows go from person to person.
 * @param {HTMLElement} list
 * @param {{onPerson: OnPerson, names: import('../app/names.js').Names}} callbacks
 * @param {AbortSignal} signal ends the listeners
 */
export function createPeopleList(list, { onPerson, names }, signal) {
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();
  /** @type {{users: string[] | null, guests: string[] | null, learned: number}} */
  let shown = { users: null, guests: null, learned: 0 };
  const buttons = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('.person')]);

  /** @param {HTMLElement | undefined} chosen */
  const setTabStop = (chosen) => {
    for (const button of buttons()) setAttr(button, 'tabindex', button === chosen ? null : '-1');
  };
  list.addEventListener('focusin', (event) => setTabStop(/** @type {HTMLElement} */ (event.target)), { signal });
  list.addEventListener(
    'click',
    (event) => {
      const button = /** @type {Element} */ (event.target).closest('.person');
      if (!(button instanceof HTMLElement)) return;
      onPerson({ username: button.dataset['name'] ?? '', guest: button.dataset['guest'] === 'true' }, button);
    },
    { signal },
  );
  list.addEventListener(
    'keydown',
    (event) => {
      const all = buttons();
      const at = all.findIndex((button) => button === document.activeElement);
      const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
      if (event.altKey || event.ctrlKey || event.metaKey || !Object.hasOwn(steps, event.key)) return;
      event.preventDefault();
      all[steps[/** @type {keyof typeof steps} */ (event.key)]]?.focus();
    },
    { signal },
  );

  return {
    /**
     * @param {{users: string[], guests: string[], username: string | null}} data `username`: oneself, who stands first
     */
    update({ users, guests, username }) {
      if (users === shown.users && guests === shown.guests && names.learned === shown.learned) return;
      shown = { users, guests, learned: names.learned };
      const me = canonical(username ?? '');
      const marked = new Set(guests.map(canonical));
      const people = users
        .map((name) => ({ name, mine: canonical(name) === me, guest: marked.has(canonical(name)) }))
        .sort((a, b) => Number(b.mine) - Number(a.mine) || a.name.localeCompare(b.name))
        .map((person) => ({ ...person, called: person.guest ? person.name : names.called(person.name) }));
      names.want(people.filter(({ guest }) => !guest).map(({ name }) => name));
      // Somebody who comes back with an account, or is called something else, is another row.
      const byKey = new Map(people.map((person) => [`${person.guest ? 'g' : 'u'}${person.name} ${person.called}`, person]));
      keepFocus(
        list,
        () => reconcile(list, rows, [...byKey.keys()], (key) => rowOf(/** @type {any} */ (byKey.get(key)))),
        () => buttons()[0],
      );
      const all = buttons();
      setTabStop(all.find((button) => button.tabIndex === 0) ?? all[0]);
    },
  };
}

/**
 * The column at the right; on narrower screens a panel that slides over the pane.
 * @param {HTMLElement} element
 * @param {{onPerson: OnPerson, names: import('../app/names.js').Names, onClose?: () => void}} callbacks
 */
export function createPeople(element, { onPerson, names, onClose }) {
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
  const people = createPeopleList(list, { onPerson, names }, signal);
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
    update({ users, guests, username }) {
      people.update({ users, guests, username });
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
