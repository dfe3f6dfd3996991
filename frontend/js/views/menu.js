/** A popover menu with the keys the ARIA practices ask for: arrows, Home, End, a letter, Escape. Made when it is opened. */

import { el, icon } from '../dom.js';

const ANCHOR = '--menu';

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} icon
 * @property {string} [detail] stands below the label
 * @property {boolean} [danger]
 * @property {boolean} [checked] it is one of several to choose from, and is the one that holds, or is not
 * @property {boolean} [stays] the menu stays open, so that the label can say what has happened
 * @property {(item: HTMLButtonElement) => void} run
 */

/**
 * Opens a menu beside a control. A button that has opened it closes it, too.
 * @param {HTMLElement} anchor
 * @param {string} label
 * @param {MenuItem[]} items
 * @param {{back?: HTMLElement, beside?: HTMLElement, isHeld?: boolean, isTitled?: boolean}} [options] `back` gets the focus
 *   afterwards, if that is not the anchor; `beside`: what it stands beside, if that is not; `isHeld`: by a finger that is
 *   still down; `isTitled`: its label is to be seen
 */
export function openMenu(anchor, label, items, { back = anchor, beside = anchor, isHeld = false, isTitled = false } = {}) {
  const nodes = items.map((item) =>
    el(
      'button',
      {
        type: 'button',
        role: item.checked === undefined ? 'menuitem' : 'menuitemradio',
        'aria-checked': item.checked === undefined ? null : String(item.checked),
        tabindex: -1,
        class: item.danger ? 'menu-item menu-item-danger' : 'menu-item',
      },
      icon(item.icon, 'icon-sm'),
      el('span', {}, item.label, ...(item.detail ? [' ', el('small', { class: 'menu-detail' }, item.detail)] : [])),
    ),
  );
  // What closes by a press beside it would be closed by the finger's going up.
  const kind = isHeld ? 'manual' : 'auto';
  const closing = new AbortController();
  const title = isTitled ? el('p', { class: 'menu-label', 'aria-hidden': 'true', dir: 'auto' }, label) : null;
  const menu = el('div', { popover: kind, role: 'menu', class: 'menu menu-beside', 'aria-label': label }, title, ...nodes);

  /** @param {number} index */
  const focusAt = (index) => nodes.at(index % nodes.length)?.focus();
  menu.addEventListener('toggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') {
      // Not before: the press that opens it would close it again.
      if (anchor instanceof HTMLButtonElement && !isHeld) anchor.popoverTargetElement = menu;
      return;
    }
    closing.abort();
    beside.style.removeProperty('anchor-name');
    anchor.setAttribute('aria-expanded', 'false');
    if (anchor instanceof HTMLButtonElement) anchor.popoverTargetElement = null;
    menu.remove();
  });
  // The finger that has opened it goes up over one of its items, perhaps: that is no choice.
  let isChoice = !isHeld;
  menu.addEventListener('pointerdown', () => (isChoice = true));
  menu.addEventListener('click', (event) => {
    if (!isChoice) return;
    const index = nodes.findIndex((node) => node.contains(/** @type {Node} */ (event.target)));
    const [item, node] = [items[index], nodes[index]];
    if (item === undefined || node === undefined) return;
    if (!item.stays) {
      menu.hidePopover();
      back.focus();
    }
    item.run(node);
  });
  menu.addEventListener('keydown', (event) => {
    isChoice = true;
    const at = nodes.findIndex((node) => node === document.activeElement);
    if (event.key === 'ArrowDown') focusAt(at + 1);
    else if (event.key === 'ArrowUp') focusAt(at - 1);
    else if (event.key === 'Home') focusAt(0);
    else if (event.key === 'End') focusAt(-1);
    else if (event.key === 'Tab' || event.key === 'Escape') {
      menu.hidePopover();
      back.focus();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      nodes.find((node) => node.textContent?.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    } else return;
    event.stopPropagation();
    if (event.key !== 'Tab') event.preventDefault();
  });
  beside.style.setProperty('anchor-name', ANCHOR);
  anchor.setAttribute('aria-expanded', 'true');
  // In a dialog, what stands outside it cannot be reached; elsewhere it belongs to its part of the page.
  (anchor.closest('dialog, main') ?? document.body).append(menu);
  menu.showPopover();
  focusAt(0);
  if (!isHeld) return;
  document.addEventListener(
    'pointerdown',
    (event) => {
      if (!menu.contains(/** @type {Node} */ (event.target))) menu.hidePopover();
    },
    { capture: true, signal: closing.signal },
  );
}

/**
 * The item that puts something into the clipboard and says so; none where the browser has no clipboard to offer.
 * @param {{label: string, icon: string, text: () => string, copied: string, refused: string}} options
 * @returns {MenuItem[]}
 */
export function copyItem({ label, icon: sign, text, copied, refused }) {
  if (!navigator.clipboard) return [];
  const run = async (/** @type {HTMLButtonElement} */ item) => {
    const words = item.querySelector('span');
    // The browser, or its person, may say no at any time.
    const isCopied = await navigator.clipboard.writeText(text()).then(() => true, () => false);
    if (words) words.textContent = isCopied ? copied : refused;
  };
  return [{ label, icon: sign, stays: true, run: (item) => void run(item) }];
}
