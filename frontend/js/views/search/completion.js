/** Values of the operator that is being written: a list under the field, whose focus stays in the field. */

import { el, setAttr, setText, uid } from '../../dom.js';
import { words } from '../../strings/search.js';
import { avatar } from '../avatar.js';
import { complete, operatorAt } from './typed.js';

/** @typedef {{value: string, label?: string, person?: boolean}} Suggestion */

/**
 * @param {HTMLInputElement} input
 * @param {object} options
 * @param {(operator: string, value: string, signal: AbortSignal) => Promise<Suggestion[]>} options.suggest
 * @param {() => void} options.onChange  the field says something else now
 */
export function createCompletion(input, { suggest, onChange }) {
  const list = el('ul', { id: uid('suggestions'), role: 'listbox', class: 'options scroller finder-options', 'aria-label': words.suggestions, hidden: true });
  const status = el('span', { class: 'sr-only', role: 'status' });
  for (const [name, value] of Object.entries({
    role: 'combobox', 'aria-expanded': 'false', 'aria-controls': list.id, 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox',
  })) input.setAttribute(name, value);
  /** @type {Suggestion[]} */
  let shown = [];
  let active = -1;
  /** @type {AbortController|null} */
  let asking = null;

  /** @param {number} index  -1: none */
  const activate = (index) => {
    const nodes = [...list.children];
    active = nodes.length === 0 || index < 0 ? -1 : index % nodes.length;
    nodes.forEach((node, at) => setAttr(node, 'aria-selected', String(at === active)));
    setAttr(input, 'aria-activedescendant', nodes[active]?.id);
    nodes[active]?.scrollIntoView({ block: 'nearest' });
  };
  /** @param {Suggestion[]} suggestions */
  const show = (suggestions) => {
    const chosen = shown[active]?.value;
    shown = suggestions;
    list.replaceChildren(
      ...suggestions.map(({ value, label, person }) =>
        el(
          'li',
          { role: 'option', id: uid('option'), class: 'option', 'aria-selected': 'false' },
          person ? avatar(value, 'avatar-sm') : null,
          el('span', { class: 'option-name', dir: 'auto' }, label ?? value),
        )),
    );
    list.hidden = suggestions.length === 0;
    setAttr(input, 'aria-expanded', String(!list.hidden));
    setText(status, list.hidden ? '' : words.suggested(suggestions.length));
    // The answer to what was typed last may come after one has begun to choose.
    activate(suggestions.findIndex(({ value }) => value === chosen));
  };
  const close = () => {
    asking?.abort();
    if (!list.hidden) show([]);
  };
  const follow = async () => {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const at = operatorAt(input.value, input.selectionStart ?? input.value.length);
    if (at === null) return close();
    const found = await suggest(at.operator, at.value, mine.signal).catch(() => []);
    if (mine.signal.aborted) return;
    const [only] = found;
    // What is written already needs no offer, and covers nothing.
    show(found.length === 1 && only?.value.toLowerCase() === at.value.toLowerCase() ? [] : found);
  };
  /** @param {Suggestion|undefined} suggestion */
  const choose = (suggestion) => {
    if (!suggestion) return;
    const next = complete(input.value, input.selectionStart ?? input.value.length, suggestion.value);
    input.value = next.text;
    input.setSelectionRange(next.caret, next.caret);
    close();
    input.focus();
    onChange();
  };
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const node = /** @type {Element} */ (event.target).closest('.option');
    choose(shown[[...list.children].findIndex((one) => one === node)]);
  });
  input.addEventListener('blur', close);

  return {
    list,
    status,
    follow: () => void follow(),
    close,
    /**
     * @param {KeyboardEvent} event
     * @returns {boolean} the list has used it
     */
    take(event) {
      const { key } = event;
      // It asks for what is written; an answer on its way comes too late.
      if (key === 'Enter' && active < 0) close();
      if (list.hidden) return false;
      if (key === 'ArrowDown') activate(active + 1);
      else if (key === 'ArrowUp') activate(active <= 0 ? shown.length - 1 : active - 1);
      else if (key === 'Enter' && active >= 0) choose(shown[active]);
      else if (key === 'Tab' && !event.shiftKey) choose(shown[Math.max(active, 0)]);
      else if (key === 'Escape') close();
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}
