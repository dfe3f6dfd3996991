/** The dialog that bans or mutes somebody: for how long, and why. */

import { el, uid } from '../../dom.js';
import { countCharacters } from '../../format.js';
import { words } from '../../strings/admin.js';
import { openDialog } from '../dialog.js';
import { createSelect } from '../places/act.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const LASTING = [HOUR, DAY, 7 * DAY, 30 * DAY];
const REASON_MAX = 500;

/**
 * @typedef {{seconds: number | null, reason: string}} Term `seconds` null: for good
 *
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.text
 * @param {string} options.submit
 * @param {boolean} [options.canBeForGood]
 * @param {string} [options.nameLabel] then a name is asked for, too
 * @param {(term: Term, name: string) => Promise<unknown>} options.run rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was done
 */
export function askTerm({ title, text, submit, canBeForGood = true, nameLabel, run }) {
  const [reasonId, hintId, nameId] = [uid('reason'), uid('hint'), uid('name')];
  const choices = LASTING.map((seconds) => ({ value: String(seconds), text: words.terms.lasting(seconds) }));
  const lasting = createSelect('lasting', words.terms.label, [...choices, ...(canBeForGood ? [{ value: '', text: words.terms.forGood }] : [])]);
  lasting.select.value = String(DAY);
  const common = { class: 'field', autocomplete: 'off', dir: 'auto' };
  const reason = el('input', { ...common, id: reasonId, name: 'reason', 'aria-describedby': hintId });
  const name = el('input', { ...common, id: nameId, name: 'name', required: true, spellcheck: 'false', autocapitalize: 'off' });
  return openDialog({
    title,
    body: [
      el('p', { class: 'dialog-text' }, text),
      el(
        'div',
        { class: 'form' },
        nameLabel ? el('div', {}, el('label', { class: 'label', for: nameId }, nameLabel), name) : null,
        lasting.element,
        el(
          'div',
          {},
          el('label', { class: 'label', for: reasonId }, words.terms.reason, el('span', { class: 'label-note' }, words.terms.optional)),
          reason,
          el('p', { id: hintId, class: 'hint' }, words.terms.reasonHint),
        ),
      ),
    ],
    submit,
    danger: true,
    ...(nameLabel ? { field: name } : {}),
    check: () => {
      if (nameLabel && countCharacters(name.value) === 0) return 'name_empty';
      return countCharacters(reason.value) > REASON_MAX ? 'too_long' : null;
    },
    run: async () => {
      const seconds = lasting.select.value === '' ? null : Number(lasting.select.value);
      await run({ seconds, reason: reason.value.trim() }, name.value.trim());
    },
  });
}
