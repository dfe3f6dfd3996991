/** A grid of emoji: one tab stop, arrows go from one to the next. See the ARIA practices for their keys. */

import { el, setAttr, uid } from '../dom.js';

/**
 * @typedef {import('../app/emoji.js').Emoji} Emoji
 * @typedef {{title: string, emoji: Emoji[]}} Section
 *
 * @param {object} options
 * @param {() => number} options.columns
 * @param {(emoji: Emoji) => void} options.onPick
 * @param {(emoji: Emoji | null) => void} options.onLook at which one looks now
 * @param {() => void} options.onOut upwards, out of the first row
 */
export function createEmojiGrid({ columns, onPick, onLook, onOut }) {
  const element = el('div', { class: 'emoji-sections' });
  /** @type {HTMLButtonElement[][]} */
  let rows = [];
  /** @type {Map<Element, Emoji>} */
  let known = new Map();
  /** @type {HTMLButtonElement | null} */
  let active = null;

  /** @param {HTMLButtonElement | null | undefined} cell */
  const activate = (cell) => {
    if (!cell || cell === active) return;
    setAttr(active ?? cell, 'tabindex', '-1');
    setAttr(cell, 'tabindex', '0');
    active = cell;
  };
  /** @param {HTMLButtonElement | null | undefined} cell */
  const focus = (cell) => {
    activate(cell);
    cell?.focus();
    cell?.scrollIntoView({ block: 'nearest' });
  };
  /** @param {Emoji} emoji */
  const makeCell = (emoji) => {
    const cell = el(
      'button',
      { type: 'button', role: 'gridcell', class: 'emoji emoji-cell', tabindex: -1, 'aria-label': emoji.name },
      emoji.emoji,
    );
    known.set(cell, emoji);
    return cell;
  };
  /** @param {Section} section @param {number} width */
  const makeSection = ({ title, emoji }, width) => {
    const titleId = uid('emoji');
    const grid = el('div', { role: 'grid', class: 'emoji-grid', 'aria-labelledby': titleId });
    for (let at = 0; at < emoji.length; at += width) {
      const cells = emoji.slice(at, at + width).map(makeCell);
      rows.push(cells);
      grid.append(el('div', { role: 'row', class: 'emoji-row' }, ...cells));
    }
    return [el('h3', { id: titleId, class: 'emoji-title' }, title), grid];
  };
  /** @param {number} row @param {number} column */
  const cellAt = (row, column) => rows[row]?.[Math.min(column, (rows[row]?.length ?? 0) - 1)];

  element.addEventListener('click', (event) => {
    const emoji = known.get(/** @type {Element} */ (event.target));
    if (emoji) onPick(emoji);
  });
  element.addEventListener('pointerover', (event) => onLook(known.get(/** @type {Element} */ (event.target)) ?? null), { passive: true });
  element.addEventListener('focusin', (event) => {
    const cell = /** @type {HTMLButtonElement} */ (event.target);
    if (!known.has(cell)) return;
    activate(cell);
    onLook(known.get(cell) ?? null);
  });
  element.addEventListener('keydown', (event) => {
    const row = rows.findIndex((cells) => cells.some((cell) => cell === document.activeElement));
    const column = rows[row]?.findIndex((cell) => cell === document.activeElement) ?? -1;
    if (row < 0 || event.altKey || event.metaKey) return;
    const flat = rows.flat();
    const at = flat.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const isRtl = getComputedStyle(element).direction === 'rtl';
    const [ahead, back] = isRtl ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft'];
    if (event.key === ahead) focus(flat[at + 1]);
    else if (event.key === back) focus(flat[at - 1]);
    else if (event.key === 'ArrowDown') focus(cellAt(row + 1, column));
    else if (event.key === 'ArrowUp' && row === 0) onOut();
    else if (event.key === 'ArrowUp') focus(cellAt(row - 1, column));
    else if (event.key === 'Home') focus(event.ctrlKey ? flat[0] : cellAt(row, 0));
    else if (event.key === 'End') focus(event.ctrlKey ? flat.at(-1) : rows[row]?.at(-1));
    else if (event.key === 'PageDown') focus(cellAt(Math.min(rows.length - 1, row + 5), column));
    else if (event.key === 'PageUp') focus(cellAt(Math.max(0, row - 5), column));
    else return;
    event.preventDefault();
  });

  return {
    element,
    /** @param {Section[]} sections those without an emoji are left out */
    show(sections) {
      rows = [];
      known = new Map();
      active = null;
      const width = columns();
      element.style.setProperty('--columns', String(width));
      element.replaceChildren(...sections.filter(({ emoji }) => emoji.length > 0).flatMap((section) => makeSection(section, width)));
      activate(rows[0]?.[0]);
    },
    focus: () => focus(active),
    /** @returns {Emoji | undefined} */
    first: () => known.get(rows[0]?.[0] ?? element),
  };
}
