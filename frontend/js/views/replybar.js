/** The bar above the message box that says what the next message answers. */

import { el, iconButton } from '../dom.js';
import { words } from '../strings/replies.js';
import { oneLine } from './quote.js';

/**
 * @param {() => void} onStop
 */
export function createReplyBar(onStop) {
  const name = el('span', { class: 'reply-label', role: 'status' });
  const said = el('span', { class: 'reply-words', dir: 'auto' });
  const stop = iconButton(words.stop, 'close', { class: 'icon-button reply-stop' });
  stop.addEventListener('click', onStop);
  /** @type {import('../types.js').Message | null | undefined} */
  let shown;
  return {
    bar: el('div', { class: 'reply-bar' }, el('span', { class: 'reply-text' }, name, said), stop),
    onStop,
    /** @param {import('../types.js').Message | null} message null: not known yet */
    update(message) {
      if (message === shown) return;
      shown = message;
      name.replaceChildren(message ? words.replying(message.username) : words.replyingUnknown);
      said.replaceChildren(message ? oneLine(message) : '');
    },
  };
}
