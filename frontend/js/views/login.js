/** The first screen: a name, and in. */

import { el, icon, setAttr, setText, uid } from '../dom.js';
import { cleanName, countCharacters } from '../format.js';
import { errorText, strings } from '../strings/en.js';
import { createThemeSwitch } from './theme.js';

/**
 * @typedef {{username: string | null, error: string | null, busy: boolean, maxLength: number}} LoginData
 * @param {HTMLElement} element
 * @param {{onSubmit: (username: string) => void}} callbacks
 */
export function createLogin(element, { onSubmit }) {
  const ending = new AbortController();
  const [fieldId, errorId] = [uid('name'), uid('error')];
  const title = el('h1', { class: 'login-title' }, strings.login.welcome);
  const lead = el('p', { class: 'login-lead' }, strings.login.lead);
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
    el('span', { class: 'button-label' }, strings.login.submit),
    el('span', { class: 'spinner', 'aria-hidden': 'true' }),
  );
  const form = el(
    'form',
    { class: 'login-form', novalidate: true },
    el('label', { class: 'label', for: fieldId }, strings.login.name),
    input,
    errorLine,
    button,
  );
  const theme = el('div');
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
      form,
      el('footer', { class: 'login-foot' }, el('p', { class: 'login-note' }, strings.login.remembered), theme),
    ),
  );
  const themeSwitch = createThemeSwitch(theme);

  let maxLength = Infinity;
  let busy = false;
  /** @type {string | null | undefined} */
  let shownError;
  /** @type {string | null | undefined} */
  let knownName;

  /** @param {string | null} code */
  const showError = (code) => {
    setText(errorLine, code === null ? '' : errorText(code));
    setAttr(input, 'aria-invalid', code === null ? null : 'true');
    setAttr(input, 'aria-describedby', code === null ? null : errorId);
    if (code !== null) input.focus();
  };
  form.addEventListener(
    'submit',
    (event) => {
      event.preventDefault();
      if (busy) return;
      const name = cleanName(input.value);
      const length = countCharacters(name);
      if (length === 0) showError('name_empty');
      else if (length > maxLength) showError('name_too_long');
      else onSubmit(name);
    },
    { signal: ending.signal },
  );
  input.addEventListener('input', () => showError(null), { signal: ending.signal });

  return {
    /** @param {LoginData} data */
    update(data) {
      maxLength = data.maxLength;
      if (data.username !== knownName) {
        knownName = data.username;
        input.value = data.username ?? '';
        setText(title, data.username ? strings.login.welcomeBack : strings.login.welcome);
        setText(lead, data.username ? strings.login.leadBack : strings.login.lead);
      }
      busy = data.busy;
      setAttr(button, 'aria-busy', busy ? 'true' : null);
      // A refusal that comes twice in a row is shown twice: between the two the form was busy.
      if (data.error !== shownError && !busy) showError(data.error);
      shownError = busy ? undefined : data.error;
    },
    focus() {
      input.focus();
      input.select();
    },
    destroy() {
      ending.abort();
      themeSwitch.destroy();
      element.replaceChildren();
    },
  };
}
