/** The session has ended: one's password, and on with what one was doing. */

import { el } from '../../dom.js';
import { words } from '../../strings/account.js';
import { checkPassword } from './checks.js';
import { createForm } from './form.js';
import { openModal } from './modal.js';

/**
 * @param {object} options
 * @param {import('../../types.js').User} options.user
 * @param {(password: string) => Promise<void>} options.onSignIn rejects with `{code, detail, field, retryAfterMs}`
 * @param {() => void} options.onLeave
 * @returns {{close: () => void, closed: Promise<void>}}
 */
export function askToSignIn({ user, onSignIn, onLeave }) {
  const leave = el('button', { type: 'button', class: 'button button-quiet' }, words.again.leave);
  const form = createForm({
    fields: [
      { name: 'username', label: words.username, autocomplete: 'username', kind: 'fixed', value: user.username },
      {
        name: 'password', label: words.password, autocomplete: 'current-password', kind: 'password',
        check: checkPassword,
      },
    ],
    submit: words.again.submit,
    beside: leave,
    run: async ({ password = '' }) => {
      await onSignIn(password);
      dialog.close();
    },
  });
  const text = el('p', { class: 'dialog-text' }, words.again.text);
  const { dialog, closed } = openModal({ title: words.again.title, body: [text, form.element], stays: true });
  leave.addEventListener('click', () => {
    dialog.close();
    onLeave();
  });
  form.focus();
  return { close: () => dialog.close(), closed: closed.then(form.destroy) };
}
