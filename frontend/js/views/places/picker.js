/** A field that takes people by name: a combobox over the directory, with those who are chosen before it. */

import { el, iconButton, setAttr, setText, uid } from '../../dom.js';
import { canonical } from '../../format.js';
import { words } from '../../strings/places.js';
import { avatar } from '../avatar.js';

/** Typing rests for so long before the server is asked. */
const WAIT_MS = 150;

/**
 * @typedef {Pick<import('../../types.js').Profile, 'username'|'display_name'|'hue'>} Found
 *
 * @typedef {object} PickerOptions
 * @property {string} label
 * @property {string} [hint]
 * @property {number} max people at most
 * @property {(query: string, signal: AbortSignal) => Promise<Found[]>} find rejects with `{code}`
 * @property {() => void} [onChange]
 */

/** @param {Found} person */
const option = (person) =>
  el(
    'li',
    { role: 'option', id: uid('option'), class: 'option', dataset: { name: person.username }, 'aria-selected': 'false' },
    avatar(person.username, 'avatar-sm'),
    el('span', { class: 'option-name', dir: 'auto' }, person.display_name || person.username),
    el('span', { class: 'option-username', dir: 'auto' }, `@${person.username}`),
  );

/** @param {PickerOptions} options */
export function createPicker({ label, hint, max, find, onChange = () => {} }) {
  const text = words.picker;
  const [inputId, listId, hintId] = [uid('people'), uid('found'), uid('hint')];
  const input = el('input', {
    id: inputId, class: 'picker-input', type: 'text', role: 'combobox', autocomplete: 'off', autocapitalize: 'off',
    spellcheck: 'false', dir: 'auto', placeholder: text.placeholder, 'aria-expanded': 'false', 'aria-controls': listId,
    'aria-autocomplete': 'list', 'aria-describedby': hint ? hintId : null, enterkeyhint: 'done',
  });
  const chips = el('ul', { class: 'chips', role: 'list', 'aria-label': text.chosen });
  const box = el('div', { class: 'picker-box' }, chips, input);
  const list = el('ul', { id: listId, role: 'listbox', class: 'options scroller', 'aria-label': label, hidden: true });
  const status = el('p', { class: 'picker-status', role: 'status' });
  const element = el(
    'div',
    { class: 'picker' },
    el('label', { class: 'label', for: inputId }, label),
    box,
    hint ? el('p', { id: hintId, class: 'hint' }, hint) : null,
    list,
    status,
  );
  /** @type {Found[]} */
  let chosen = [];
  /** @type {Found[]} */
  let found = [];
  let active = -1;
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const isChosen = (/** @type {Found} */ person) =>
    chosen.some(({ username }) => canonical(username) === canonical(person.username));
  /** @param {number} index */
  const activate = (index) => {
    const nodes = [...list.children];
    active = nodes.length === 0 ? -1 : (index + nodes.length) % nodes.length;
    nodes.forEach((node, at) => setAttr(node, 'aria-selected', String(at === active)));
    setAttr(input, 'aria-activedescendant', nodes[active]?.id);
    nodes[active]?.scrollIntoView({ block: 'nearest' });
  };
  /** @param {Found[]} people @param {string} words said of them */
  const show = (people, words) => {
    found = people;
    list.replaceChildren(...people.map(option));
    list.hidden = people.length === 0;
    setAttr(input, 'aria-expanded', String(people.length > 0));
    setText(status, words);
    status.classList.toggle('sr-only', people.length > 0);
    activate(0);
  };
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    show([], '');
  };
  const drawChips = () => {
    chips.replaceChildren(
      ...chosen.map((person) => {
        const remove = iconButton(text.remove(person.username), 'close', { class: 'chip-remove' });
        remove.addEventListener('click', () => {
          chosen = chosen.filter((other) => other !== person);
          drawChips();
          input.focus();
        });
        return el('li', { class: 'chip' }, avatar(person.username, 'avatar-xs'), el('bdi', {}, person.username), remove);
      }),
    );
    setAttr(input, 'placeholder', chosen.length === 0 ? text.placeholder : null);
    onChange();
  };
  /** @param {Found | undefined} person */
  const choose = (person) => {
    if (!person) return;
    input.value = '';
    close();
    if (chosen.length >= max) setText(status, text.full(max));
    else {
      chosen = [...chosen, person];
      drawChips();
    }
    input.focus();
  };
  const ask = async () => {
    const query = input.value.trim();
    asking?.abort();
    if (query === '') return close();
    const mine = new AbortController();
    asking = mine;
    try {
      const people = (await find(query, mine.signal)).filter((person) => !isChosen(person));
      if (!mine.signal.aborted) show(people, people.length > 0 ? text.found(people.length) : text.none(query));
    } catch {
      if (!mine.signal.aborted) show([], text.error);
    }
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), WAIT_MS);
  });
  input.addEventListener('keydown', (event) => {
    const isOpen = !list.hidden;
    if (event.key === 'ArrowDown' && isOpen) activate(active + 1);
    else if (event.key === 'ArrowUp' && isOpen) activate(active - 1);
    else if (event.key === 'Enter' && !event.isComposing && (isOpen || input.value !== '')) choose(found[active]);
    else if (event.key === 'Escape' && (isOpen || input.value !== '')) {
      input.value = '';
      close();
    } else if (event.key === 'Backspace' && input.value === '' && chosen.length > 0) {
      chosen = chosen.slice(0, -1);
      drawChips();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // The focus stays in the field.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const node = /** @type {Element} */ (event.target).closest('.option');
    choose(found[[...list.children].findIndex((one) => one === node)]);
  });
  box.addEventListener('click', (event) => {
    if (event.target === box || event.target === chips) input.focus();
  });

  return {
    element,
    input,
    /** @returns {string[]} usernames */
    chosen: () => chosen.map(({ username }) => username),
    reset() {
      chosen = [];
      input.value = '';
      drawChips();
      close();
    },
    focus: () => input.focus(),
    destroy: close,
  };
}
