/** The keys that count everywhere, and what is typed while that is fetched which they ask for. */

import { takesText } from '../dom.js';
import { withDialogs } from './seldom.js';

/** What is asked for in order to type there, and is there once it is done. */
const WRITTEN_IN = /^(jump|search|edit(Last)?|reply)$/;
/** The keys that write, and those that choose or send. */
const TYPED = /^(.|Enter|Backspace|Arrow(Up|Down))$/u;
/** So long they wait at most. */
const PATIENCE_MS = 5000;
/** What was given up while it was waited for. @type {Set<string>} */
const givenUp = new Set();

/** @param {string} wish @returns {boolean} nobody wants it any more */
export const isGivenUp = (wish) => givenUp.has(wish);

/**
 * Listens for as long as the page is there.
 * @param {Document} document
 * @param {(cause: unknown) => void} onTrouble what was asked for cannot be had now
 * @param {(wish: 'jump'|'search'|'attach') => void} onWish the quick switcher is wanted, the search, or files
 * @returns {(wish: string, doing: Promise<unknown>) => void} to be told of everything that is asked for, which resolves
 *   when it is there
 */
export function listenForKeys(document, onTrouble, onWish) {
  /** @type {KeyboardEvent[]} */
  let early = [];
  /** Ends the waiting for what was asked for last. */
  let waiting = new AbortController();
  const heard = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing || document.querySelector('dialog[open]') !== null) return;
    const target = /** @type {Element} */ (event.target);
    const wish = wishOf(event);
    if (event.key === 'F6' && !event.altKey && !event.metaKey) {
      if (document.querySelector('#chat:not([hidden])') === null) return;
      event.preventDefault();
      import('./parts.js').then(({ moveOn }) => moveOn(document, event.shiftKey ? -1 : 1), onTrouble);
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
  };
  document.addEventListener('keydown', heard);
  // `early.js` kept what was pressed before.
  document.dispatchEvent(new CustomEvent('keysheard', { detail: (/** @type {[KeyboardEvent, ...KeyboardEvent[]]} */ [pressed, ...typed]) => {
    early = typed;
    heard(pressed);
    // Nobody was told of what takes it.
    setTimeout(() => write(early.splice(0), false));
  } }));

  return (wish, doing) => {
    if (!WRITTEN_IN.test(wish)) return;
    const typed = early.splice(0);
    // What was typed for the wish before this one was given up with it.
    waiting.abort();
    const mine = (waiting = new AbortController());
    const end = (/** @type {boolean} */ isThere) => {
      givenUp.delete(wish);
      if (mine.signal.aborted) return;
      mine.abort();
      write(typed, isThere);
    };
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        givenUp.add(wish);
        mine.abort();
      }
      if (event.altKey || event.isComposing || !(event.ctrlKey || event.metaKey ? /^a$/i : TYPED).test(event.key)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      typed.push(event);
    }, { capture: true, signal: mine.signal });
    setTimeout(end, PATIENCE_MS, false);
    doing.then(() => end(true), () => end(false));
  };
}

/**
 * Types where the focus is.
 * @param {KeyboardEvent[]} events
 * @param {boolean} isThere  what they were meant for; else they are only written down, and choose and send nothing
 */
function write(events, isThere) {
  for (const { key, shiftKey, ctrlKey, metaKey } of events) {
    if (ctrlKey || metaKey) document.execCommand('selectAll');
    else if (/^.$/u.test(key)) document.execCommand('insertText', false, key);
    else if (key === 'Backspace') document.execCommand('delete');
    else if (key === 'Enter' && shiftKey) document.execCommand('insertLineBreak');
    else if (isThere) document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  }
}

/**
 * On a Mac, Ctrl with a letter edits text.
 * @param {KeyboardEvent} event
 */
const isCommand = ({ metaKey, ctrlKey }) => (navigator.platform.startsWith('Mac') ? metaKey : ctrlKey);

/**
 * @param {KeyboardEvent} event
 * @returns {'jump'|'search'|'attach'|null} what is wanted with it
 */
function wishOf(event) {
  if (event.altKey) return null;
  if (event.key.toLowerCase() === 'k' && isCommand(event) && !event.shiftKey) return 'jump';
  if (!event.shiftKey || !(event.ctrlKey || event.metaKey)) return null;
  return event.code === 'KeyF' ? 'search' : event.key.toLowerCase() === 'u' ? 'attach' : null;
}

