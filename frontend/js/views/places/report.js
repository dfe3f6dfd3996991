/** A message is told to those who look after the room, with a reason. */

import { el, uid } from '../../dom.js';
import { countCharacters } from '../../format.js';
import { words } from '../../strings/places.js';
import { openDialog } from '../dialog.js';

const REASON_MAX = 500;

/** @param {string} content @returns {HTMLElement} what a dialog about a message shows of it */
const quote = (content) => el('blockquote', { class: 'message-quote', dir: 'auto', tabindex: 0 }, content);

/**
 * @param {object} options
 * @param {string} options.content of the message
 * @param {(reason: string) => Promise<unknown>} options.onReport rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was sent
 */
export function askReason({ content, onReport }) {
  const id = uid('reason');
  const field = el('textarea', { id, class: 'field field-lines', rows: 3, dir: 'auto', required: true, maxlength: 2 * REASON_MAX });
  return openDialog({
    title: words.report.title,
    body: [
      quote(content),
      el('p', { class: 'dialog-text' }, words.report.text),
      el('div', {}, el('label', { class: 'label', for: id }, words.report.reason), field),
    ],
    submit: words.report.submit,
    field,
    check: () => {
      const length = countCharacters(field.value);
      return length === 0 ? 'reason_empty' : length > REASON_MAX ? 'too_long' : null;
    },
    run: async () => void (await onReport(field.value.trim())),
  });
}

/**
 * @param {object} options
 * @param {string} options.content of the message
 * @param {() => Promise<unknown>} options.onDelete rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was deleted
 */
export function confirmDeleteMessage({ content, onDelete }) {
  return openDialog({
    title: words.deleteMessage.title,
    body: [quote(content), el('p', { class: 'dialog-text' }, words.deleteMessage.text)],
    submit: words.deleteMessage.submit,
    danger: true,
    run: async () => void (await onDelete()),
  });
}
