/**
 * The quick switcher: a field and what answers to it, as a combobox of the ARIA practices. The focus stays in the field;
 * arrows say which answer is meant.
 */

import { el, icon, iconButton, setAttr, setText, uid } from '../dom.js';
import { words } from '../strings/switcher.js';
import { avatar } from './avatar.js';
import { showModal } from './dialog.js';

/** Typing rests for so long before what takes the server is asked for. */
const WAIT_MS = 150;
/** And for so long before the number of answers is read out. */
const SAY_MS = 400;

/**
 * @typedef {object} Choice
 * @property {string} key no other choice has it
 * @property {'room' | 'direct' | 'person' | 'command' | 'message'} kind
 * @property {string} label
 * @property {string} detail
 * @property {string} [face] whose face stands before it
 * @property {string} [sign] an icon's name
 * @property {number} unread
 * @property {number} mentions
 * @property {[from: number, to: number][]} [marks] the letters of the label that answer
 */

/** A choice as a node; `label` is drawn anew when other letters answer. @typedef {{node: HTMLElement, label: HTMLElement, of: string}} Shown */

/** @param {HTMLElement} node @param {Choice} choice */
function fillLabel(node, { label, marks = [] }) {
  const parts = [];
  let from = 0;
  for (const [start, end] of marks) {
    parts.push(label.slice(from, start), el('mark', { class: 'switch-mark' }, label.slice(start, end)));
    from = end;
  }
  node.replaceChildren(...parts, label.slice(from));
}

/** @param {Choice} choice */
function badgeOf({ unread, mentions }) {
  if (mentions > 0) return el('span', { class: 'switch-badge switch-mentions' }, words.mentions(mentions));
  return unread > 0 && el('span', { class: 'switch-badge' }, words.unread(unread));
}

/** @param {Choice} choice @returns {Shown} */
function makeOption(choice) {
  const label = el('span', { class: 'option-name', dir: 'auto' });
  const sign = choice.face ? avatar(choice.face, 'avatar-xs') : icon(choice.sign ?? 'hash', 'icon-sm');
  const node = el(
    'li',
    { role: 'option', id: uid('choice'), class: 'option', 'aria-selected': 'false' },
    el('span', { class: 'switch-sign', 'aria-hidden': 'true' }, sign),
    label,
    choice.detail && el('span', { class: 'option-username', dir: 'auto' }, choice.detail),
    badgeOf(choice),
    el('span', { class: 'switch-kind' }, words.kinds[choice.kind]),
  );
  return { node, label, of: '' };
}

/**
 * @param {object} options
 * @param {(query: string) => {choices: Choice[], count: number}} options.find at once, from memory; `count` in all
 * @param {((query: string, signal: AbortSignal) => Promise<Choice[]>)[]} options.later what answers come besides, from
 *   elsewhere: they stand under the others when they are there
 * @param {(choice: Choice) => void} options.onChoose after it has closed
 * @param {{to: string, field: string, placeholder: string}} [options.asks] in other words, for what it is open
 */
export function openSwitcher({ find, later, onChoose, asks }) {
  const [inputId, listId] = [uid('switch'), uid('choices')];
  const { to, field, placeholder } = asks ?? { to: words.title, field: words.field, placeholder: words.placeholder };
  const shortcuts = asks ? words.hintOfAsking : words.hint;
  const input = el('input', {
    id: inputId, class: 'switch-input', type: 'text', role: 'combobox', autocomplete: 'off', autocapitalize: 'off',
    spellcheck: 'false', dir: 'auto', placeholder, 'aria-label': field, 'aria-expanded': 'false',
    'aria-controls': listId, 'aria-autocomplete': 'list', enterkeyhint: 'go',
  });
  const close = iconButton(words.close, 'close');
  const list = el('ul', { id: listId, role: 'listbox', class: 'scroller switch-list', 'aria-label': to });
  const none = el('p', { class: 'switch-none', hidden: true });
  const said = el('p', { class: 'sr-only', role: 'status' });
  const hint = el(
    'p',
    { class: 'switch-hint', 'aria-hidden': 'true' },
    ...shortcuts.map(({ keys, does }) => el('span', {}, ...keys.map((key) => el('kbd', { class: 'key' }, key)), ` ${does}`)),
  );
  const dialog = el(
    'dialog',
    { class: 'dialog switcher', 'aria-label': to },
    asks && el('h2', { class: 'switch-title' }, to),
    el('div', { class: 'switch-head' }, icon('search', 'icon-sm'), input, close),
    none,
    list,
    said,
    hint,
  );
  /** @type {Choice[]} */
  let choices = [];
  let count = 0;
  /** What came from elsewhere for the query of now. @type {Choice[]} */
  let extra = [];
  /** What was shown before, by all that can be seen of it: the same answer to another letter is the same node. @type {Map<string, Shown>} */
  const nodes = new Map();
  /** Of the choice that is meant. @type {string | null} */
  let active = null;
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let askSoon;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saySoon;

  /** @param {number} index of the choice that is meant from now on */
  const activate = (index) => {
    const at = choices.length === 0 ? -1 : (index + choices.length) % choices.length;
    active = choices[at]?.key ?? null;
    const node = list.children[at];
    const before = list.querySelector('[aria-selected="true"]');
    if (before !== node) before?.setAttribute('aria-selected', 'false');
    node?.setAttribute('aria-selected', 'true');
    setAttr(input, 'aria-activedescendant', node?.id);
    node?.scrollIntoView({ block: 'nearest' });
  };
  /** @param {Choice} choice */
  const show = (choice) => {
    const key = [choice.key, choice.label, choice.detail, choice.unread, choice.mentions].join('\n');
    const known = nodes.get(key) ?? makeOption(choice);
    nodes.set(key, known);
    const of = JSON.stringify(choice.marks);
    if (known.of !== of) fillLabel(known.label, choice);
    known.of = of;
    return known.node;
  };
  const at = () => choices.findIndex(({ key }) => key === active);
  const draw = () => {
    const found = find(input.value);
    const known = new Set(found.choices.map(({ key }) => key));
    const joined = extra.filter(({ key }) => !known.has(key));
    choices = [...found.choices, ...joined];
    count = found.count + joined.length;
    list.replaceChildren(...choices.map(show));
    setAttr(input, 'aria-expanded', String(choices.length > 0));
    const query = input.value.trim();
    none.hidden = count > 0 || query === '';
    setText(none, none.hidden ? '' : words.none(query));
    activate(Math.max(0, at()));
    clearTimeout(saySoon);
    saySoon = setTimeout(() => setText(said, count > 0 ? words.results(count) : words.none(query)), SAY_MS);
  };
  const askLater = async () => {
    const query = input.value.trim();
    const mine = new AbortController();
    asking = mine;
    if (query === '') return;
    const join = async (/** @type {(typeof later)[number]} */ ask) => {
      // Without it there is what is known; the next letter asks again.
      const more = await ask(query, mine.signal).catch(() => []);
      if (mine.signal.aborted || more.length === 0) return;
      extra = [...extra, ...more];
      draw();
    };
    await Promise.all(later.map(join));
  };
  /** @param {Choice | undefined} choice */
  const choose = (choice) => {
    if (!choice) return;
    dialog.close();
    void closed.then(() => onChoose(choice));
  };

  input.addEventListener('input', () => {
    asking?.abort();
    [extra, active] = [[], null];
    draw();
    list.scrollTop = 0;
    clearTimeout(askSoon);
    askSoon = setTimeout(() => void askLater(), WAIT_MS);
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'ArrowDown') activate(at() + 1);
    else if (event.key === 'ArrowUp') activate(at() - 1);
    else if (event.key === 'Enter') choose(choices[at()]);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('keydown', (event) => {
    // The keys that opened it close it, and do not open it anew.
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    dialog.close();
  });
  // The focus stays in the field.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  /** @param {Event} event on a choice */
  const pointed = (event) => {
    const node = /** @type {Element} */ (event.target).closest('.option');
    return [...list.children].findIndex((one) => one === node);
  };
  list.addEventListener('click', (event) => choose(choices[pointed(event)]));
  // What is pointed at is meant; what comes to lie under a pointer that rests is not.
  list.addEventListener('pointermove', (event) => {
    const index = pointed(event);
    if (index !== -1 && index !== at() && event.movementX ** 2 + event.movementY ** 2 > 0) activate(index);
  });
  close.addEventListener('click', () => dialog.close());

  const closed = showModal(dialog).then(() => {
    clearTimeout(askSoon);
    clearTimeout(saySoon);
    asking?.abort();
  });
  draw();
  input.focus();
  return {
    closed,
    /** What it finds has changed: the same question again, and the same choice where it still is one. */
    refresh: draw,
    close: () => dialog.close(),
  };
}
