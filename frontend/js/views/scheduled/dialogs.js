/** The dialogs about a message to be sent later: at which time, what it says, whether it goes. */

import { el, setAttr, setText, uid } from '../../dom.js';
import { countCharacters, formatFull } from '../../format.js';
import { words } from '../../strings/scheduling.js';
import { openDialog } from '../dialog.js';
import { enteredAt, faultOf, fieldBounds, fieldValue } from './times.js';

/**
 * @param {object} options
 * @param {Date} options.first what stands in the field
 * @param {boolean} options.isChange of the time that a message has
 * @param {() => Date} options.now
 * @param {(at: Date) => Promise<unknown>} options.onChoose rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was done
 */
export function askTime({ first, isChange, now, onChoose }) {
  const text = words.time;
  const [id, hintId, sentId] = [uid('time'), uid('zone'), uid('sent')];
  const field = el('input', { id, type: 'datetime-local', class: 'field', required: true, ...fieldBounds(now()), 'aria-describedby': `${hintId} ${sentId}` });
  const sent = el('p', { id: sentId, class: 'hint' });
  const draw = () => {
    const at = faultOf(field.value, now()) === null ? enteredAt(field.value) : null;
    setText(sent, at ? text.sent(formatFull(at.toISOString())) : '');
  };
  field.value = fieldValue(first);
  field.addEventListener('input', draw);
  draw();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll('_', ' ');
  return openDialog({
    title: isChange ? text.titleChange : text.title,
    body: [
      el(
        'div',
        { class: 'form-field' },
        el('label', { class: 'label', for: id }, text.field),
        field,
        el('p', { id: hintId, class: 'hint' }, text.zone(zone)),
        sent,
      ),
    ],
    submit: isChange ? text.submitChange : text.submit,
    field,
    check: () => faultOf(field.value, now()),
    run: async () => void (await onChoose(/** @type {Date} */ (enteredAt(field.value)))),
  });
}

/**
 * @param {object} options
 * @param {string} options.content what it says now
 * @param {boolean} options.mayBeEmpty
 * @param {number} options.max characters
 * @param {(content: string) => Promise<unknown>} options.onSave rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was saved
 */
export function askWording({ content, mayBeEmpty, max, onSave }) {
  const id = uid('wording');
  const field = el('textarea', { id, class: 'field field-lines later-wording', rows: 4, dir: 'auto', spellcheck: 'true' });
  field.value = content;
  const asked = openDialog({
    title: words.edit.title,
    body: [el('div', {}, el('label', { class: 'label', for: id }, words.edit.field), field)],
    submit: words.edit.submit,
    field,
    check: () => {
      const length = countCharacters(field.value);
      return length === 0 && !mayBeEmpty ? 'empty' : length > max ? 'too_long' : null;
    },
    run: async () => void (await onSave(field.value.trim())),
  });
  field.setSelectionRange(content.length, content.length);
  field.focus();
  // As in the message box: Enter saves where there is a keyboard, with Shift it begins a line.
  setAttr(field, 'enterkeyhint', 'enter');
  const isTouch = matchMedia('(pointer: coarse)').matches;
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (isTouch && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    field.form?.requestSubmit();
  });
  return asked;
}

/**
 * @param {object} options
 * @param {string} options.quote what it says
 * @param {() => Promise<unknown>} options.onDelete rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was deleted
 */
export const confirmDelete = ({ quote, onDelete }) =>
  openDialog({
    title: words.delete.title,
    body: [
      el('blockquote', { class: 'message-quote', dir: 'auto', tabindex: 0 }, quote),
      el('p', { class: 'dialog-text' }, words.delete.text),
    ],
    submit: words.delete.submit,
    danger: true,
    run: async () => void (await onDelete()),
  });
