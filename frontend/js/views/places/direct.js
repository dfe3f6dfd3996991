/** The dialog for a new direct message: to whom. The same people lead to the same room. */

import { words } from '../../strings/places.js';
import { openDialog } from '../dialog.js';
import { createPicker } from './picker.js';

/** Others in a direct room at most. */
const OTHERS_AT_MOST = 7;

/**
 * @param {object} options
 * @param {(query: string, signal: AbortSignal) => Promise<import('./picker.js').Found[]>} options.find
 * @param {(usernames: string[]) => Promise<void>} options.onStart rejects with `{code, detail}`
 * @returns {Promise<boolean>} whether it was started
 */
export function askNewDirect({ find, onStart }) {
  const text = words.direct;
  const picker = createPicker({ label: text.to, hint: text.hint(OTHERS_AT_MOST), max: OTHERS_AT_MOST, find });
  const asked = openDialog({
    title: text.title,
    body: [picker.element],
    submit: text.submit,
    check: () => (picker.chosen().length === 0 ? 'nobody_chosen' : null),
    run: () => onStart(picker.chosen()),
  });
  picker.focus();
  return asked.finally(picker.destroy);
}
