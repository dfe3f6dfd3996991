/** The keys that count everywhere: from one part of the conversation to the next, and the list of all keys. */

import { takesText } from '../dom.js';
import { withDialogs } from './seldom.js';

/** The parts of the conversation in their order, and where in each the focus goes: the first of these that is there. */
const PARTS = [
  ['sidebar', '[aria-current="page"]', 'a'],
  ['messages', '[tabindex="0"]'],
  ['composer', 'textarea'],
  ['people', 'button'],
  ['thread', 'textarea'],
  ['search', 'input'],
];

/**
 * Listens for as long as the page is there.
 * @param {Document} document
 * @param {(cause: unknown) => void} onTrouble the list of keys cannot be had now
 * @param {(wish: 'jump'|'search') => void} onWish the quick switcher is wanted, or the search
 */
export function listenForKeys(document, onTrouble, onWish) {
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || document.querySelector('dialog[open]') !== null) return;
    const target = /** @type {Element} */ (event.target);
    const wish = wishOf(event);
    if (event.key === 'F6' && !event.altKey && !event.metaKey) {
      if (moveOn(document, event.shiftKey ? -1 : 1)) event.preventDefault();
    } else if (wish) {
      event.preventDefault();
      onWish(wish);
    } else if (
      (event.key === '/' && (event.ctrlKey || event.metaKey)) ||
      // A key without a modifier counts only where nobody writes, and only in the log.
      (event.key === '?' && target.closest('[role="log"]') !== null && !takesText(target))
    ) {
      event.preventDefault();
      void withDialogs(({ showShortcuts }) => showShortcuts(), onTrouble);
    }
  });
}

/**
 * On a Mac, Ctrl with a letter edits text.
 * @param {KeyboardEvent} event
 */
const isCommand = ({ metaKey, ctrlKey }) => (navigator.platform.startsWith('Mac') ? metaKey : ctrlKey);

/**
 * @param {KeyboardEvent} event
 * @returns {'jump'|'search'|null} what is wanted with it
 */
function wishOf(event) {
  if (event.altKey) return null;
  if (event.key.toLowerCase() === 'k' && isCommand(event) && !event.shiftKey) return 'jump';
  return event.code === 'KeyF' && event.shiftKey && (event.ctrlKey || event.metaKey) ? 'search' : null;
}

/**
 * @param {Document} document
 * @param {1|-1} step
 * @returns {boolean} whether there is another part to go to
 */
function moveOn(document, step) {
  const parts = PARTS.map(([view, ...selectors]) => {
    const part = document.querySelector(`.screen:not([hidden]) [data-view="${view}"]`);
    const places = selectors.map((selector) => /** @type {HTMLElement|null} */ (part?.querySelector(selector)));
    return { part, place: places.find((place) => place?.checkVisibility({ visibilityProperty: true })) };
  }).filter(({ place }) => place !== undefined);
  const here = parts.findIndex(({ part }) => part?.contains(document.activeElement));
  // From elsewhere, such as the header, it goes to the first or the last part.
  const next = here === -1 && step === -1 ? -1 : (here + step) % parts.length;
  const place = parts.at(next)?.place;
  place?.focus();
  return place !== undefined;
}
