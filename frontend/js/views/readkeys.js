/** The keys of reading, the moment in which the page is hidden, and the question before everything is read. */

import { el, takesText } from '../dom.js';
import { words } from '../strings/reads.js';

/** @param {() => Promise<void>} run  rejects with `{code, detail}` */
export async function confirmReadAll(run) {
  const { openDialog } = await import('./dialog.js');
  return openDialog({
    title: words.allTitle, body: [el('p', { class: 'dialog-text' }, words.allText)], submit: words.allSubmit, run,
  });
}

/**
 * Listens for as long as the page is there.
 *
 * @param {Document} document
 * @param {object} options
 * @param {() => boolean} options.isReader somebody is here for whom something can be unread
 * @param {() => void} options.onHide
 * @param {(step: 1|-1) => boolean} options.onNext to the next room with something unread; whether there is one
 * @param {(messageId: number) => boolean} options.onUnread marks a message as unread; whether that could be done
 * @param {() => void} options.onAll everything is to be read
 */
export function listenForReading(document, { isReader, onHide, onNext, onUnread, onAll }) {
  document.addEventListener('visibilitychange', () => document.hidden && onHide());
  addEventListener('pagehide', onHide);
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || !isReader()) return;
    if (document.querySelector('dialog[open], [popover]:popover-open') !== null) return;
    if (does(event)) event.preventDefault();
  });

  /** @param {KeyboardEvent} event @returns {boolean} whether it meant something here */
  function does({ key, altKey, shiftKey, target }) {
    if (altKey && shiftKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
      // There, these keys choose words of what is being written.
      if (navigator.platform.startsWith('Mac') && takesText(target)) return false;
      return onNext(key === 'ArrowUp' ? -1 : 1);
    }
    if (shiftKey && !altKey && key === 'Escape') {
      onAll();
      return true;
    }
    // A key without a modifier counts only in the log, where nobody writes.
    const log = /** @type {Element} */ (target).closest?.('[role="log"]');
    if (!log || altKey || shiftKey || takesText(target)) return false;
    if (key === 'n') return onNext(1);
    const row = key === 'u' ? /** @type {Element} */ (target).closest('[data-message-id]') : null;
    return row !== null && onUnread(Number(row.getAttribute('data-message-id')));
  }
}
