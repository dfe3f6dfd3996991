/** Another password: the old one proves that it is oneself, and all other sessions end. */

import { el } from '../../dom.js';
import { words } from '../../strings/account.js';
import { checkNewPassword, checkPassword } from './checks.js';
import { createForm } from './form.js';

/**
 * @param {object} options
 * @param {string} options.username
 * @param {number} options.minPasswordLength
 * @param {(passwords: {current_password: string, new_password: string}) => Promise<void>} options.onPassword
 */
export function createPassword({ username, minPasswordLength, onPassword }) {
  const text = words.newPassword;
  const form = createForm({
    fields: [
      // For password managers, which must know whose password it is.
      { name: 'username', label: words.username, autocomplete: 'username', kind: 'fixed', value: username },
      {
        name: 'current_password', label: text.current, autocomplete: 'current-password', kind: 'password',
        check: checkPassword,
      },
      {
        name: 'new_password', label: text.next, autocomplete: 'new-password', kind: 'password',
        hint: words.passwordHint(minPasswordLength), check: checkNewPassword(minPasswordLength),
      },
    ],
    more: [el('p', { class: 'form-note' }, text.note)],
    submit: text.submit,
    done: text.changed,
    run: async ({ current_password: current = '', new_password: next = '' }) => {
      try {
        await onPassword({ current_password: current, new_password: next });
      } catch (refusal) {
        const { code } = /** @type {{code?: string}} */ (refusal);
        if (code !== 'wrong_credentials') throw refusal;
        throw Object.assign(new Error(code), { code: 'password_wrong', field: 'current_password' });
      }
      form.reset();
    },
  });
  return { element: form.element, destroy: form.destroy };
}
