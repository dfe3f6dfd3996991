/**
 * The first screen: a name, and in. With an account by a second way, whose forms are loaded when it is taken, or at
 * once where there is no other.
 */

import { el, icon, setAttr, setText, uid } from '../dom.js';
import { cleanName, countCharacters } from '../format.js';
import { errorText, strings } from '../strings/en.js';
import { words } from '../strings/login.js';
import { seldomStyle } from './seldom.js';
import { createThemeSwitch } from './theme.js';

/**
 * @typedef {object} LoginData
 * @property {string | null} username of who was here last
 * @property {boolean} hasAccount they came with an account
 * @property {string | null} error
 * @property {object} attempt what came of it is `error`: another one each time
 * @property {boolean} busy
 * @property {number} maxLength
 * @property {number} minPasswordLength
 * @property {boolean} guests
 * @property {import('../types.js').Config['registration']} registration
 * @property {import('../types.js').Invitation | null} invitation
 *
 * @typedef {import('./account/entry.js').Mode | 'guest'} Mode
 */

/**
 * @param {LoginData} data
 * @returns {Mode} the way that is offered first
 */
function firstMode({ invitation, guests, hasAccount }) {
  if (invitation?.kind === 'join') return 'signIn';
  if (invitation) return invitation.kind === 'setup' ? 'setup' : 'register';
  return guests && !hasAccount ? 'guest' : 'signIn';
}

/** @param {LoginData} data */
const canRegister = ({ registration, invitation }) => registration === 'open' || invitation?.kind === 'invite';

/** @param {(username: string) => void} onSubmit */
function createGuestForm(onSubmit) {
  const [fieldId, errorId] = [uid('name'), uid('error')];
  const input = el('input', {
    id: fieldId,
    class: 'field',
    name: 'username',
    autocomplete: 'username',
    autocapitalize: 'off',
    spellcheck: 'false',
    enterkeyhint: 'go',
    dir: 'auto',
    required: true,
  });
  const errorLine = el('p', { id: errorId, class: 'field-error', role: 'alert' });
  const button = el(
    'button',
    { type: 'submit', class: 'button button-primary button-wide' },
    el('span', { class: 'button-label' }, words.submit),
    el('span', { class: 'spinner', 'aria-hidden': 'true' }),
  );
  const form = el(
    'form',
    { class: 'login-form', novalidate: true },
    el('label', { class: 'label', for: fieldId }, words.name),
    input,
    errorLine,
    button,
  );
  let maxLength = Infinity;
  let busy = false;

  /** @param {string | null} code */
  const showError = (code) => {
    setText(errorLine, code === null ? '' : errorText(code));
    setAttr(input, 'aria-invalid', code === null ? null : 'true');
    setAttr(input, 'aria-describedby', code === null ? null : errorId);
    if (code !== null) input.focus();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (busy) return;
    const name = cleanName(input.value);
    const length = countCharacters(name);
    if (length === 0) showError('name_empty');
    else if (length > maxLength) showError('name_too_long');
    else onSubmit(name);
  });
  input.addEventListener('input', () => showError(null));

  return {
    form,
    input,
    showError,
    /** @param {LoginData} data */
    update(data) {
      maxLength = data.maxLength;
      busy = data.busy;
      setAttr(button, 'aria-busy', busy ? 'true' : null);
    },
  };
}

/**
 * @param {HTMLElement} element
 * @param {object} callbacks
 * @param {(username: string) => void} callbacks.onSubmit
 * @param {(credentials: any) => Promise<void>} callbacks.onSignIn rejects with `{code, detail, field, retryAfterMs}`
 * @param {(account: any) => Promise<void>} callbacks.onRegister the same
 */
export function createLogin(element, { onSubmit, onSignIn, onRegister }) {
  const ending = new AbortController();
  const { signal } = ending;
  const title = el('h1', { class: 'login-title' }, words.welcome);
  const lead = el('p', { class: 'login-lead' }, words.lead);
  const guest = createGuestForm(onSubmit);
  const signIn = el('button', { type: 'button', class: 'button button-quiet' }, words.signIn);
  const register = el('button', { type: 'button', class: 'button button-quiet' }, words.register);
  const others = el('div', { class: 'login-others' }, el('p', { class: 'login-or' }, words.or), signIn, register);
  const asGuest = el('div', {}, guest.form, others);
  const slot = el('div', { hidden: true });
  const note = el('p', { class: 'login-note' }, words.remembered);
  const theme = el('div', { class: 'login-theme' });
  element.replaceChildren(
    el(
      'main',
      { class: 'login-card' },
      el(
        'div',
        { class: 'login-brand' },
        icon('mark', 'mark'),
        el('span', { class: 'login-product' }, strings.product),
      ),
      title,
      lead,
      asGuest,
      slot,
      el('footer', { class: 'login-foot' }, note, theme),
    ),
  );
  const themeSwitch = createThemeSwitch(theme);

  /** @type {LoginData | null} */
  let data = null;
  /** @type {Mode} */
  let mode = 'guest';
  /** @type {ReturnType<typeof import('./account/entry.js').createEntry> | null} */
  let entry = null;
  /** Somebody has come in; whoever sees this screen next begins anew. */
  let isUsed = false;
  /** @type {object | null} what the error is of that is shown */
  let shown = null;
  /** @type {string | null | undefined} */
  let knownName;

  const drawHead = () => {
    const isBack = Boolean(data?.username);
    setText(title, entry?.title ?? (isBack ? words.welcomeBack : words.welcome));
    setText(lead, entry?.lead ?? (isBack ? words.leadBack : words.lead));
    asGuest.hidden = entry !== null;
    slot.hidden = entry === null;
    note.hidden = entry !== null;
  };
  const focus = () => {
    if (entry) return entry.focus();
    guest.input.focus();
    guest.input.select();
  };
  /** The fields of the form on view. @returns {NodeListOf<HTMLInputElement>} */
  const fields = () => (entry ? slot : asGuest).querySelectorAll('input[name]');
  /** @param {Mode} wanted */
  const show = async (wanted) => {
    mode = wanted;
    const before = new Map([...fields()].map(({ name, value }) => [name, value]));
    const made = wanted === 'guest' ? null : await makeEntry(wanted);
    // Meanwhile another way may have been chosen.
    if (mode !== wanted) return;
    // What was typed since then was meant for the new form.
    const typed = [...fields()].filter(({ name, value }) => value !== before.get(name));
    const { activeElement } = document;
    entry?.destroy();
    entry = made;
    slot.replaceChildren(...(made ? [made.element] : []));
    drawHead();
    if (element.checkVisibility()) focus();
    for (const field of fields()) {
      const same = typed.find(({ name }) => name === field.name);
      if (same) field.value = same.value;
      if (same && same === activeElement) field.focus();
    }
  };
  /** @param {import('./account/entry.js').Mode} wanted */
  const makeEntry = async (wanted) => {
    const [{ createEntry }] = await Promise.all([import('./account/entry.js'), seldomStyle()]);
    if (!data) return null;
    const { username, hasAccount, maxLength, minPasswordLength, guests, registration, invitation } = data;
    // A guest's name may become an account's, an account's name is one already.
    const isOffered = wanted === 'signIn' ? hasAccount : wanted === 'register' && !hasAccount;
    return createEntry(
      {
        mode: wanted, username: isOffered ? username : null, maxLength, minPasswordLength, guests,
        canRegister: canRegister(data), registration, isInvited: invitation?.kind === 'invite',
        isJoining: invitation?.kind === 'join',
      },
      { onSignIn: (known) => used(onSignIn(known)), onRegister: (fresh) => used(onRegister(fresh)), onMode: go },
    );
  };
  /** @param {Promise<void>} coming */
  const used = async (coming) => {
    await coming;
    isUsed = true;
    entry?.clear();
  };
  /** @param {Mode} wanted */
  const go = (wanted) => {
    show(wanted).catch(() => {
      // The forms cannot be had now; where there is another way, it stays on the screen.
      mode = entry ? mode : 'guest';
      guest.showError('network');
    });
  };
  signIn.addEventListener('click', () => go('signIn'), { signal });
  register.addEventListener('click', () => go('register'), { signal });

  return {
    /** @param {LoginData} next */
    update(next) {
      const isFirst = data === null || isUsed || data.invitation !== next.invitation;
      isUsed = false;
      data = next;
      register.hidden = !canRegister(next);
      guest.update(next);
      if (next.username !== knownName) {
        knownName = next.username;
        guest.input.value = next.username ?? '';
      }
      drawHead();
      // Once it has been decided, only its person changes the way.
      if (isFirst && (entry !== null || firstMode(next) !== 'guest')) go(firstMode(next));
      // A refusal that comes twice in a row is shown twice, also where nothing was drawn between the two.
      if (next.attempt !== shown && !next.busy) {
        shown = next.attempt;
        guest.showError(next.error);
      }
    },
    focus,
    destroy() {
      ending.abort();
      entry?.destroy();
      themeSwitch.destroy();
      element.replaceChildren();
    },
  };
}
