/** The first screen's other ways in: signing in, making an account, the first administrator. */

import { el } from '../../dom.js';
import { cleanName } from '../../format.js';
import { words } from '../../strings/account.js';
import { checkDisplayName, checkNewPassword, checkNewUsername, checkPassword, checkUsername } from './checks.js';
import { createForm } from './form.js';

/**
 * @typedef {'signIn' | 'register' | 'setup'} Mode
 * @typedef {object} EntryData
 * @property {Mode} mode
 * @property {string | null} username to begin with
 * @property {number} maxLength of a username
 * @property {number} minPasswordLength
 * @property {boolean} guests
 * @property {boolean} canRegister
 * @property {import('../../types.js').Config['registration']} registration
 * @property {boolean} isInvited
 * @property {boolean} isJoining a room, by a link
 *
 * @typedef {object} EntryCallbacks
 * @property {(credentials: any) => Promise<void>} onSignIn rejects with `{code, detail, field, retryAfterMs}`
 * @property {(account: any) => Promise<void>} onRegister the same
 * @property {(mode: Mode | 'guest') => void} onMode another way is wanted
 */

/**
 * @param {string} text
 * @param {() => void} run
 */
function textButton(text, run) {
  const button = el('button', { type: 'button', class: 'text-button' }, text);
  button.addEventListener('click', run);
  return button;
}

/**
 * @param {EntryData} data
 * @param {EntryCallbacks} callbacks
 */
export function createEntry({ mode, username, maxLength, minPasswordLength, guests, canRegister, registration, isInvited, isJoining }, callbacks) {
  const isNew = mode !== 'signIn';
  const text = words[mode];
  const name = {
    name: 'username', label: words.username, autocomplete: 'username', isName: true, value: username ?? '',
    hint: isNew ? words.usernameHint : undefined,
    check: isNew ? checkNewUsername(maxLength) : checkUsername,
  };
  const display = {
    name: 'display_name', label: words.displayName, autocomplete: 'name', optional: true,
    check: checkDisplayName,
  };
  const password = {
    name: 'password', label: words.password, kind: /** @type {const} */ ('password'),
    autocomplete: isNew ? 'new-password' : 'current-password',
    hint: isNew ? words.passwordHint(minPasswordLength) : undefined,
    check: isNew ? checkNewPassword(minPasswordLength) : checkPassword,
  };
  const form = createForm({
    fields: mode === 'register' ? [name, display, password] : [name, password],
    submit: text.submit,
    run: (values) => {
      const given = { ...values, username: cleanName(values['username'] ?? '') };
      if (mode === 'signIn') return callbacks.onSignIn(given);
      const displayName = cleanName(values['display_name'] ?? '');
      return callbacks.onRegister({ ...given, display_name: displayName || undefined });
    },
  });
  form.button.classList.add('button-wide');
  const others = el('div', { class: 'entry-others' });
  if (mode === 'signIn' && canRegister) {
    const other = textButton(words.signIn.register, () => callbacks.onMode('register'));
    others.append(el('p', {}, `${words.signIn.other} `, other));
  } else if (mode === 'signIn') {
    others.append(el('p', { class: 'form-note' }, registration === 'invite' ? words.register.invited : words.register.closed));
  } else if (mode === 'register') {
    const other = textButton(words.register.signIn, () => callbacks.onMode('signIn'));
    others.append(el('p', {}, `${words.register.other} `, other));
  }
  if (guests && mode !== 'setup') {
    others.append(el('p', {}, textButton(words.signIn.asGuest, () => callbacks.onMode('guest'))));
  }
  return {
    element: el('div', { class: 'entry' }, form.element, others),
    title: text.title,
    lead: isJoining && mode !== 'setup' ? words[mode].leadJoining : mode === 'register' && isInvited ? words.register.leadInvited : text.lead,
    focus: form.focus,
    /** The password has done its work; nobody who comes after may find it. */
    clear: () => (form.field('password').input.value = ''),
    destroy: form.destroy,
  };
}
