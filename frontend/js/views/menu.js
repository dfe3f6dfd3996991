/** A popover menu with the keys the ARIA practices ask for: arrows, Home, End, a letter, Escape. */

import { el, icon } from '../dom.js';

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} icon
 * @property {boolean} [danger]
 * @property {boolean} [stays] the menu stays open, so that the label can say what has happened
 * @property {(item: HTMLButtonElement) => void} run
 */

/**
 * Makes `button` open a menu. The caller puts the returned element behind the button.
 * @param {HTMLButtonElement} button
 * @param {string} label
 * @param {MenuItem[]} items
 * @param {AbortSignal} signal ends the listeners
 * @returns {HTMLElement}
 */
export function createMenu(button, label, items, signal) {
  const nodes = items.map((item) =>
    el(
      'button',
      {
        type: 'button',
        role: 'menuitem',
        tabindex: -1,
        class: item.danger ? 'menu-item menu-item-danger' : 'menu-item',
      },
      icon(item.icon, 'icon-sm'),
      el('span', {}, item.label),
    ),
  );
  const menu = el('div', { popover: 'auto', role: 'menu', class: 'menu', 'aria-label': label }, ...nodes);
  button.popoverTargetElement = menu;
  button.setAttribute('aria-haspopup', 'menu');

  /** @param {number} index */
  const focusAt = (index) => nodes.at(index % nodes.length)?.focus();
  menu.addEventListener(
    'toggle',
    (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'open') focusAt(0);
    },
    { signal },
  );
  menu.addEventListener(
    'click',
    (event) => {
      const index = nodes.findIndex((node) => node.contains(/** @type {Node} */ (event.target)));
      const [item, node] = [items[index], nodes[index]];
      if (item === undefined || node === undefined) return;
      if (!item.stays) {
        menu.hidePopover();
        button.focus();
      }
      item.run(node);
    },
    { signal },
  );
  menu.addEventListener(
    'keydown',
    (event) => {
      const at = nodes.findIndex((node) => node === document.activeElement);
      if (event.key === 'ArrowDown') focusAt(at + 1);
      else if (event.key === 'ArrowUp') focusAt(at - 1);
      else if (event.key === 'Home') focusAt(0);
      else if (event.key === 'End') focusAt(-1);
      else if (event.key === 'Tab') menu.hidePopover();
      else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
        nodes.find((node) => node.textContent?.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
        return;
      } else return;
      if (event.key !== 'Tab') event.preventDefault();
    },
    { signal },
  );
  return menu;
}
