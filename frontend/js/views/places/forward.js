/** The dialog in which a message is passed on: what it says, and a comment on it, if any. */

import { el, uid } from '../../dom.js';
import { countCharacters } from '../../format.js';
import { words } from '../../strings/board.js';
import { openDialog } from '../dialog.js';

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.from who said it, in words
 * @param {string} options.quote what they said
 * @param {HTMLElement|null} options.pictures that they brought along
 * @param {number} options.max characters of a comment
 * @param {(comment: string) => Promise<void>} options.onSend rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was sent
 */
export function askComment({ title, from, quote, pictures, max, onSend }) {
  const id = uid('comment');
  const field = el('textarea', { id, class: 'field field-lines', rows: 2, dir: 'auto', enterkeyhint: 'send' });
  const asked = openDialog({
    title,
    body: [
      el('figure', { class: 'forward-quote' },
        el('figcaption', { class: 'hint' }, from),
        el('blockquote', { class: 'message-quote', dir: 'auto', tabindex: 0 }, quote),
        pictures),
      el('div', {}, el('label', { class: 'label', for: id }, words.forward.comment), field),
    ],
    submit: words.forward.submit,
    field,
    check: () => (countCharacters(field.value.trim()) > max ? 'too_long' : null),
    run: () => onSend(field.value.trim()),
  });
  field.focus();
  // As in the message box: Enter sends, with Shift it begins a line.
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    field.form?.requestSubmit();
  });
  return asked;
}
