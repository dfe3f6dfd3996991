/** A list that is read when it comes into view: what stands in it, that there is nothing, or why it cannot be had. */

import { el, iconButton, setText } from '../../dom.js';
import { words } from '../../strings/admin.js';

const SKELETONS = 3;
/** A fact of so many characters is not broken. */
const SHORT = 30;

/**
 * @template Item
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.none
 * @param {() => Promise<Item[]>} options.read rejects with `{code, detail}`
 * @param {(item: Item) => HTMLElement} options.row with `data-key`
 * @param {{refuse: (refusal: unknown) => void}} options.outcome
 * @param {() => HTMLElement | null} [options.fallback] gets the focus of a row that is gone
 */
export function createListing({ label, none, read, row, outcome, fallback = () => null }) {
  const list = el('ul', { class: 'admin-list', role: 'list', 'aria-label': label });
  const note = el('p', { class: 'form-note', role: 'status' });
  const again = el('button', { type: 'button', class: 'button button-quiet', hidden: true }, words.tryAgain);
  const element = el('div', { class: 'admin-listing' }, list, note, again);
  let asked = 0;

  /** @param {HTMLElement[]} rows in the place of what is there; the focus stays in the same row */
  const show = (rows) => {
    const focused = document.activeElement;
    const held = focused && list.contains(focused) ? /** @type {HTMLElement | null} */ (focused.closest('[data-key]')) : null;
    list.replaceChildren(...rows);
    if (!held) return;
    const same = rows.find(({ dataset }) => dataset['key'] === held.dataset['key']);
    (same?.querySelector('button') ?? fallback() ?? list.querySelector('button'))?.focus();
  };
  const load = async () => {
    asked += 1;
    const mine = asked;
    again.hidden = true;
    if (list.childElementCount === 0) {
      setText(note, words.loading);
      list.replaceChildren(...Array.from({ length: SKELETONS }, () => el('li', { class: 'admin-row admin-skeleton', 'aria-hidden': 'true' })));
    }
    try {
      const items = await read();
      if (mine !== asked) return;
      show(items.map(row));
      setText(note, items.length === 0 ? none : '');
    } catch (refusal) {
      if (mine !== asked) return;
      list.replaceChildren();
      setText(note, '');
      again.hidden = false;
      outcome.refuse(refusal);
    }
  };
  again.addEventListener('click', () => void load());

  return {
    element,
    list,
    load,
    /** @param {Item[]} items behind those that are there */
    append: (items) => list.append(...items.map(row)),
  };
}

/** @param {Node | string | null | false} fact */
const whole = (fact) => (typeof fact === 'string' && fact.length <= SHORT ? fact.replaceAll(' ', '\u00a0') : fact);

/**
 * @param {object} parts
 * @param {string} parts.key
 * @param {HTMLElement | SVGSVGElement} parts.face
 * @param {(Node | string | null | false)[]} parts.line
 * @param {(Node | string | null | false)[]} parts.facts what is short is kept in one line
 * @param {HTMLElement | null} [parts.control]
 */
export function makeRow({ key, face, line, facts, control = null }) {
  return el(
    'li',
    { class: 'admin-row', dataset: { key } },
    face,
    el(
      'div',
      { class: 'admin-text' },
      el('p', { class: 'admin-line' }, ...line),
      el('p', { class: 'admin-facts', dir: 'auto' }, ...facts.filter(Boolean).flatMap((fact, at) => [at > 0 && ' · ', whole(fact)])),
    ),
    control,
  );
}

/** @param {string} label */
export const moreButton = (label) => iconButton(label, 'more', { 'aria-haspopup': 'menu' });

/** @param {string} name */
export const nameOf = (name) => el('bdi', { class: 'admin-name' }, name);

/** @param {string} text @param {string} [kind] */
export const badge = (text, kind = '') => el('span', { class: `badge ${kind}`.trim() }, text);
