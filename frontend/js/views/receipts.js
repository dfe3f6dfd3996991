/**
 * Who has read what one wrote: small faces in the corner of the newest message that they have read. They lie over the
 * log, so that nothing in it moves; the button that carries them has the names, and opens the list of them.
 */

import { el, setAttr } from '../dom.js';
import { words } from '../strings/reads.js';
import { avatar } from './avatar.js';

const FACES_AT_MOST = 3;

/** @type {Map<number, {node: HTMLButtonElement, key: string}>} what is shown, by message */
const shown = new Map();

/** @param {HTMLButtonElement} node @param {string[]} names */
function fill(node, names) {
  const label = words.readBy(names);
  setAttr(node, 'title', label);
  const faces = names.length > FACES_AT_MOST ? names.slice(0, FACES_AT_MOST - 1) : names;
  const rest = names.length - faces.length;
  node.replaceChildren(
    ...faces.map((name) => avatar(name, 'receipt-face')),
    ...(rest > 0 ? [el('span', { class: 'receipt-rest', 'aria-hidden': 'true' }, `+${rest}`)] : []),
    el('span', { class: 'sr-only' }, label),
  );
}

/**
 * @param {Map<number, string[]>} readers names by the id of a message
 * @param {(names: string[], anchor: HTMLElement) => void} onList all of them are wanted
 */
export function drawReceipts(readers, onList) {
  for (const [id, { node }] of shown) {
    if (readers.has(id) && node.isConnected) continue;
    node.remove();
    shown.delete(id);
  }
  for (const [id, names] of readers) {
    const row = document.querySelector(`.screen:not([hidden]) [data-message-id="${id}"]`);
    const article = row?.firstElementChild;
    if (!row || !(article instanceof HTMLElement)) continue;
    const key = names.join('\n');
    let receipt = shown.get(id);
    if (!receipt) {
      const node = el('button', { type: 'button', class: 'row-receipts', 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
      node.addEventListener('click', () => {
        if (node.popoverTargetElement === null) onList((shown.get(id)?.key ?? '').split('\n'), node);
      });
      receipt = { node, key: '' };
      shown.set(id, receipt);
    }
    if (receipt.key !== key) fill(receipt.node, names);
    receipt.key = key;
    // Reached by Tab from the message that is the log's tab stop, like everything in it.
    receipt.node.tabIndex = article.tabIndex;
    if (receipt.node.parentNode !== row) row.append(receipt.node);
  }
}
