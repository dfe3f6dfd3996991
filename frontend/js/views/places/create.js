/** The dialog for a new room: its name, what it is for, who can come in. */

import { el, uid } from '../../dom.js';
import { countCharacters } from '../../format.js';
import { words } from '../../strings/places.js';
import { openDialog } from '../dialog.js';

const TOPIC_MAX = 250;

/**
 * @param {{value: string, label: string, hint: string, disabled?: boolean, name: string}} option
 */
function choice({ value, label, hint, disabled = false, name }) {
  const [id, hintId] = [uid('kind'), uid('hint')];
  return el(
    'div',
    { class: 'choice' },
    el('input', {
      type: 'radio', id, name, value, class: 'choice-mark', checked: value === 'public', disabled, 'aria-describedby': hintId,
    }),
    el('label', { class: 'choice-label', for: id }, label),
    el('p', { id: hintId, class: 'choice-hint' }, hint),
  );
}

/**
 * @param {object} options
 * @param {number} options.maxLength of the name
 * @param {string} [options.name]
 * @param {boolean} options.isGuest guests make public rooms only
 * @param {(wish: import('../../types.js').RoomWish) => Promise<void>} options.onCreate rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether the room was made
 */
export function askNewRoom({ maxLength, name = '', isGuest, onCreate }) {
  const [fieldId, hintId, topicId, group] = [uid('room'), uid('hint'), uid('topic'), uid('kinds')];
  const text = words.create;
  const common = { class: 'field', autocomplete: 'off', enterkeyhint: 'done', dir: 'auto' };
  const field = el('input', { ...common, id: fieldId, name: 'room', 'aria-describedby': hintId, required: true, value: name });
  const topic = el('input', { ...common, id: topicId, name: 'topic' });
  const kinds = el(
    'fieldset',
    { class: 'choices' },
    el('legend', { class: 'label' }, text.kind),
    choice({ name: group, value: 'public', label: text.public, hint: text.publicHint }),
    choice({ name: group, value: 'private', label: text.private, hint: isGuest ? text.guest : text.privateHint, disabled: isGuest }),
  );
  const chosen = () => /** @type {HTMLInputElement} */ (kinds.querySelector(':checked')).value;
  return openDialog({
    title: text.title,
    body: [
      el(
        'div',
        { class: 'form' },
        el(
          'div',
          {},
          el('label', { class: 'label', for: fieldId }, text.name),
          field,
          el('p', { id: hintId, class: 'hint' }, text.hint(maxLength)),
        ),
        el(
          'div',
          {},
          el('label', { class: 'label', for: topicId }, text.topic, el('span', { class: 'label-note' }, text.optional)),
          topic,
        ),
        kinds,
      ),
    ],
    submit: text.submit,
    field,
    check: () => {
      const length = countCharacters(field.value);
      if (length === 0) return 'name_empty';
      if (length > maxLength) return 'name_too_long';
      return countCharacters(topic.value) > TOPIC_MAX ? 'too_long' : null;
    },
    run: () => onCreate({
      name: field.value.trim(),
      ...(topic.value.trim() ? { topic: topic.value.trim() } : {}),
      ...(chosen() === 'private' ? { kind: 'private' } : {}),
    }),
  });
}
