/** The frame of a thread: a column beside the room, a panel over it where there is no room for one, a pane on phones. */

import { el, iconButton, setAttr, setText } from '../dom.js';
import { words } from '../strings/thread.js';

/** From this width on it has a column of its own. */
const COLUMN = '(width >= 1280px)';

/**
 * @param {HTMLElement} chat the grid it comes into
 * @param {object} options
 * @param {() => void} options.onClose
 * @param {() => void} options.onBegin to where it began, in the room
 * @param {typeof import('./quote.js').quoted} options.quoted is there with the first reply
 */
export function createThread(chat, { onClose, onBegin, quoted }) {
  const ending = new AbortController();
  const { signal } = ending;
  const wide = matchMedia(COLUMN);
  const back = iconButton(words.back, 'back', { class: 'icon-button thread-back' });
  const close = iconButton(words.close, 'close', { class: 'icon-button thread-close' });
  const room = el('span', { class: 'thread-room', dir: 'auto' });
  const began = el('button', { type: 'button', class: 'thread-began', title: words.show });
  const log = el('div', { class: 'thread-log messages' });
  const hint = el('p', { class: 'thread-hint', role: 'status' });
  const composer = el('section', { class: 'composer' });
  const backdrop = el('div', { class: 'thread-backdrop' });
  const element = el(
    'aside',
    { class: 'thread', 'aria-label': words.thread, dataset: { view: 'thread' } },
    backdrop,
    el(
      'div',
      { class: 'thread-panel pane' },
      el(
        'header',
        { class: 'thread-head' },
        back,
        el('div', { class: 'thread-names' }, el('h2', { class: 'thread-title' }, words.thread, ' ', room), began),
        close,
      ),
      log,
      hint,
      composer,
    ),
  );
  for (const button of [back, close, backdrop]) button.addEventListener('click', onClose, { signal });
  began.addEventListener('click', onBegin, { signal });
  element.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || event.shiftKey || event.isComposing) return;
      // In the message box, and over a pill, there is something else to give up first.
      const isBusy = /** @type {Element} */ (event.target).closest('.composer') ?? document.querySelector('.reaction-tip:popover-open');
      if (isBusy) return;
      event.preventDefault();
      event.stopPropagation();
      onClose();
    },
    { signal, capture: true },
  );
  /** What it lies over can be neither seen nor used. People, beside it, look after themselves. */
  const cover = () => {
    for (const part of chat.querySelectorAll(':scope > .sidebar, :scope > .pane')) {
      if (part instanceof HTMLElement) part.inert = !wide.matches && element.isConnected;
    }
  };
  wide.addEventListener('change', cover, { signal });
  // Where people have their column it takes that place, and gives it back to whoever asks for them.
  chat.addEventListener(
    'click',
    (event) => {
      if (!/** @type {Element} */ (event.target).closest('[data-toggles="people"]')) return;
      onClose();
      if (!wide.matches || chat.querySelector('.slot-people[data-closed]')) return;
      event.stopPropagation();
    },
    { signal, capture: true },
  );
  chat.append(element);
  cover();

  return {
    log,
    composer,
    isColumn: () => wide.matches,
    /**
     * @param {{room: string, message: import('../types.js').Message | null, hint: string, isShut: boolean}} data
     */
    update({ room: name, message, hint: said, isShut }) {
      setText(room, words.threadIn(name));
      if (began.dataset['version'] !== `${message?.id} ${message?.version}`) {
        began.dataset['version'] = `${message?.id} ${message?.version}`;
        began.replaceChildren(...quoted(message));
      }
      setText(hint, said);
      setAttr(composer, 'hidden', isShut);
    },
    /** Where a finger begins to read: a message box in focus would bring up the keyboard. */
    focus: () => (back.checkVisibility() ? back : close).focus(),
    destroy() {
      ending.abort();
      element.remove();
      cover();
    },
  };
}
