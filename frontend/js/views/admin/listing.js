/** A list that is read when it comes into view: what stands in it, that there is nothing, or why it cannot be had. */

import { el, iconButton, keepFocus, setText } from '../../dom.js';
import { words } from '../../strings/admin.js';
import { createOutcome } from '../places/act.js';
import { createRetry } from '../places/further.js';

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
 * @param {{size: number, next: (last: Item) => Promise<Item[]>, isLast?: (item: Item) => boolean, more?: string}} [options.pages]
 *   those behind the last one, got by a button that says `more`; a page with fewer is the last, and one that ends with such an item
 * @param {() => HTMLElement | null} [options.fallback] gets the focus of a row that is gone
 */
export function createListing({ label, none, read, row, pages, fallback = () => null }) {
  const list = el('ul', { class: 'admin-list', role: 'list', 'aria-label': label });
  const note = el('p', { class: 'form-note', role: 'status', tabindex: -1 });
  /** Why it cannot be had stands beside the list as long as that is so, whatever else is done meanwhile. */
  const trouble = createOutcome();
  const retry = createRetry(trouble, () => load(), () => stopIn(list.firstElementChild) ?? fallback() ?? note);
  const more = el('button', { type: 'button', class: 'button button-quiet admin-more', hidden: true }, pages?.more ?? words.more);
  const element = el('div', { class: 'admin-listing' }, list, note, trouble.element, retry.button, more);
  let asked = 0;
  /** What is shown, where there are pages. @type {Item[]} */
  let shown = [];

  /** @param {HTMLElement[]} rows in the place of what is there; the focus stays in the same row */
  const show = (rows) => {
    const focused = document.activeElement;
    const held = focused && list.contains(focused) ? /** @type {HTMLElement | null} */ (focused.closest('[data-key]')) : null;
    list.replaceChildren(...rows);
    if (!held) return;
    const same = rows.find(({ dataset }) => dataset['key'] === held.dataset['key']);
    (same?.querySelector('button') ?? fallback() ?? list.querySelector('button'))?.focus();
  };
  /** Where the focus goes on in a row. @param {Element | null | undefined} item */
  const stopIn = (item) => {
    const button = item?.querySelector('button');
    if (button || !(item instanceof HTMLElement)) return button;
    item.tabIndex = -1;
    return item;
  };
  /** @param {Item[]} page */
  const goesOn = (page) => {
    const end = page.at(-1);
    more.hidden = !pages || end === undefined || page.length < pages.size || pages.isLast?.(end) === true;
  };
  const load = async (isAnew = false) => {
    asked += 1;
    const mine = asked;
    if (list.childElementCount === 0) {
      setText(note, words.loading);
      list.replaceChildren(...Array.from({ length: SKELETONS }, () => el('li', { class: 'admin-row admin-skeleton', 'aria-hidden': 'true' })));
    }
    try {
      const least = isAnew ? 0 : shown.length;
      let page = await read();
      const items = [...page];
      // Who has gone on stays there.
      while (items.length < least && page.length === pages?.size) {
        page = await pages.next(/** @type {Item} */ (items.at(-1)));
        items.push(...page);
      }
      if (mine !== asked) return;
      show(items.map(row));
      shown = pages ? items : [];
      goesOn(page);
      retry.done();
      setText(note, items.length === 0 ? none : '');
    } catch (refusal) {
      if (mine !== asked) return;
      more.hidden = true;
      retry.failed(refusal);
      keepFocus(list, () => list.replaceChildren(), () => retry.button);
      setText(note, '');
    }
  };
  const goOn = async () => {
    const last = shown.at(-1);
    if (!pages || last === undefined || more.ariaDisabled) return;
    const mine = asked;
    more.ariaDisabled = 'true';
    try {
      const page = await pages.next(last);
      // What is there by now may be another list, or none.
      if (mine !== asked || shown.at(-1) !== last || more.hidden) return;
      const rows = page.map(row);
      list.append(...rows);
      shown.push(...page);
      trouble.say('');
      // Another node each time: the same words are said once more.
      note.replaceChildren(words.shown(page.length));
      // Who has no button any more goes on with the first of what has come.
      keepFocus(more, () => goesOn(page), () => stopIn(rows[0] ?? list.lastElementChild));
    } catch (refusal) {
      if (mine === asked) trouble.refuse(refusal);
    } finally {
      more.ariaDisabled = null;
    }
  };
  more.addEventListener('click', () => void goOn());

  return {
    element,
    /** @param {boolean} [isAnew] from the first page on, however far one has gone */
    load: (isAnew) => load(isAnew),
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
