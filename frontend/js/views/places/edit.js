/** A message is written anew in the message box; what was being written there comes back afterwards. */

import { el, icon, iconButton, setText } from '../../dom.js';
import { errorText } from '../../strings/en.js';
import { words } from '../../strings/places.js';

/**
 * @param {import('../../types.js').View} composer
 * @param {object} options
 * @param {string} options.text of the message
 * @param {boolean} options.mayBeEmpty it brings something along
 * @param {(text: string) => Promise<void>} options.onSave rejects with `{code, detail}`
 * @param {() => void} options.onEnd it is done, or given up
 * @returns {Promise<unknown>} resolves when one can write; rejects when that cannot be had now
 */
export function editIn(composer, { text, mayBeEmpty, onSave, onEnd }) {
  const error = el('span', { class: 'loan-error', role: 'alert' });
  const stop = iconButton(words.message.stopEditing, 'close', { class: 'icon-button loan-stop' });
  stop.addEventListener('click', () => composer['giveBack']());
  const bar = el(
    'div',
    { class: 'loan' },
    icon('edit', 'icon-sm'),
    el('span', { class: 'loan-label', role: 'status' }, words.message.editing),
    error,
    stop,
  );
  return composer['borrow']({
    bar, submit: words.message.save, text, mayBeEmpty, onEnd,
    run: async (/** @type {string} */ changed) => {
      setText(error, '');
      try {
        await onSave(changed);
        return true;
      } catch (refusal) {
        const { code, detail } = /** @type {{code?: string, detail?: string}} */ (refusal);
        setText(error, errorText(code, detail));
        return false;
      }
    },
  });
}
