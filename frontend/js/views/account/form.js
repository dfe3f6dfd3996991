/**
 * The forms of this folder: labelled fields with their errors beneath them, a button that keeps its width while it
 * works, and a wait that is counted down when there were too many tries.
 */

import { el, setAttr, setText, uid } from '../../dom.js';
import { accountErrorText, words } from '../../strings/account.js';

/**
 * @typedef {object} FieldOptions
 * @property {string} name as the server calls it
 * @property {string} label
 * @property {string} autocomplete
 * @property {string} [value]
 * @property {string} [hint]
 * @property {'text' | 'password' | 'lines' | 'fixed'} [kind] `fixed`: to be read, by password managers above all
 * @property {boolean} [optional]
 * @property {(value: string) => (string | null)} [check] a code when what was entered cannot be right
 * @property {boolean} [isName] it takes a name, not a sentence
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {HTMLElement} element
 * @property {HTMLInputElement | HTMLTextAreaElement} input
 * @property {() => (string | null)} check
 * @property {(text: string) => void} showError '' takes it away
 */

/** Codes that belong to a field when the server names none. @type {[RegExp, string[]][]} */
const HOMES = [
  [/^(?:name_|username_|room_exists)/, ['username', 'name']],
  [/^(?:password_|wrong_credentials)/, ['new_password', 'password']],
];

/**
 * @param {HTMLInputElement} input of a password
 * @returns {HTMLButtonElement} shows what is written in it, and hides it again
 */
function showButton(input) {
  const button = el(
    'button',
    { type: 'button', class: 'password-show', 'aria-pressed': 'false', 'aria-label': words.showPassword },
    words.show,
  );
  button.addEventListener('click', () => {
    const isShown = input.type === 'text';
    input.type = isShown ? 'password' : 'text';
    setAttr(button, 'aria-pressed', String(!isShown));
    setText(button, isShown ? words.show : words.hide);
    input.focus();
  });
  return button;
}

/**
 * @param {FieldOptions} options
 * @returns {Field}
 */
function createField({ name, label, autocomplete, value = '', hint, kind = 'text', optional = false, check, isName }) {
  const [id, hintId, errorId] = [uid(name), uid('hint'), uid('error')];
  const common = {
    id,
    name,
    class: kind === 'lines' ? 'field field-lines' : 'field',
    autocomplete,
    'aria-describedby': hint ? hintId : null,
    required: !optional,
    ...(isName ? { autocapitalize: 'off', spellcheck: 'false' } : {}),
    dir: kind === 'password' ? null : 'auto',
  };
  const input =
    kind === 'lines'
      ? el('textarea', { ...common, rows: 3 })
      : el('input', { ...common, type: kind === 'password' ? 'password' : 'text', readonly: kind === 'fixed' });
  input.value = value;
  const errorLine = el('p', { id: errorId, class: 'field-error', role: 'alert' });
  const box =
    input instanceof HTMLInputElement && kind === 'password'
      ? el('div', { class: 'password' }, input, showButton(input))
      : input;
  const element = el(
    'div',
    { class: 'form-field' },
    el('label', { class: 'label', for: id }, label, optional && el('span', { class: 'label-note' }, words.optional)),
    box,
    hint ? el('p', { id: hintId, class: 'hint' }, hint) : null,
    errorLine,
  );
  return {
    name,
    element,
    input,
    check: () => check?.(input.value) ?? null,
    showError(text) {
      setText(errorLine, text);
      setAttr(input, 'aria-invalid', text === '' ? null : 'true');
      setAttr(input, 'aria-describedby', [hint && hintId, text && errorId].filter(Boolean).join(' ') || null);
    },
  };
}

/**
 * @typedef {object} FormOptions
 * @property {FieldOptions[]} fields
 * @property {Node[]} [more] stands below the fields
 * @property {string} submit the words on the button
 * @property {Node} [beside] stands beside the button
 * @property {string} [done] what is said when it has been carried out
 * @property {(values: {[name: string]: string}) => Promise<void>} run rejects with `{code, detail, field, retryAfterMs}`
 */

/**
 * @param {FormOptions} options
 */
export function createForm({ fields: fieldOptions, more = [], submit, beside, done = '', run }) {
  const fields = fieldOptions.map(createField);
  const errorLine = el('p', { class: 'field-error form-error', role: 'alert' });
  const countdown = el('p', { class: 'field-error form-error', 'aria-hidden': 'true' });
  const doneLine = el('p', { class: 'form-done', role: 'status' });
  const button = el(
    'button',
    { type: 'submit', class: 'button button-primary' },
    el('span', { class: 'button-label' }, submit),
    el('span', { class: 'spinner', 'aria-hidden': 'true' }),
  );
  const element = el(
    'form',
    { class: 'form', novalidate: true },
    ...fields.map((field) => field.element),
    ...more,
    errorLine,
    countdown,
    el('div', { class: 'form-buttons' }, doneLine, beside, button),
  );
  let busy = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  const clear = () => {
    for (const field of fields) field.showError('');
    setText(errorLine, '');
    setText(doneLine, '');
  };
  const stopWaiting = () => {
    clearInterval(timer);
    timer = undefined;
    setText(countdown, '');
    setAttr(button, 'aria-disabled', null);
    element.classList.remove('form-waiting');
  };
  /** Said once and then counted down for the eyes alone. @param {number} ms */
  const wait = (ms) => {
    const end = performance.now() + ms;
    const tick = () => {
      const seconds = Math.ceil((end - performance.now()) / 1000);
      if (seconds > 0) return setText(countdown, words.wait(seconds));
      stopWaiting();
      setText(errorLine, '');
      setText(doneLine, words.waited);
    };
    setText(errorLine, words.wait(Math.ceil(ms / 1000)));
    element.classList.add('form-waiting');
    setAttr(button, 'aria-disabled', 'true');
    tick();
    timer = setInterval(tick, 1000);
  };
  /** @param {{code?: string, detail?: string, field?: string | null, retryAfterMs?: number | null}} refusal */
  const refuse = ({ code = 'internal', detail = '', field: named = null, retryAfterMs = null }) => {
    if (code === 'rate_limited' && retryAfterMs !== null) return wait(retryAfterMs);
    const homes = HOMES.find(([pattern]) => pattern.test(code))?.[1] ?? [];
    const names = [...(named ? [named] : []), ...homes];
    const field = names.map((name) => fields.find((one) => one.name === name)).find(Boolean);
    if (field) {
      field.showError(accountErrorText(code, detail));
      field.input.focus();
    } else setText(errorLine, accountErrorText(code, detail));
  };
  const attempt = async () => {
    clear();
    const wrong = fields.map((field) => ({ field, code: field.check() })).filter(({ code }) => code !== null);
    for (const { field, code } of wrong) field.showError(accountErrorText(code ?? ''));
    if (wrong[0]) return wrong[0].field.input.focus();
    busy = true;
    setAttr(button, 'aria-busy', 'true');
    try {
      await run(Object.fromEntries(fields.map(({ name, input }) => [name, input.value])));
      setText(doneLine, done);
    } catch (refusal) {
      refuse(/** @type {any} */ (refusal));
    } finally {
      busy = false;
      setAttr(button, 'aria-busy', null);
    }
  };
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!busy && timer === undefined) void attempt();
  });
  element.addEventListener('input', (event) => {
    const field = fields.find(({ input }) => input === event.target);
    field?.showError('');
    setText(doneLine, '');
    if (timer === undefined) setText(errorLine, '');
  });

  return {
    element,
    button,
    /** @param {string} name */
    field: (name) => /** @type {Field} */ (fields.find((field) => field.name === name)),
    /** Empties the fields, as after a password was changed. */
    reset() {
      for (const { input } of fields) if (!input.readOnly) input.value = '';
    },
    /** The first field that is not filled in. */
    focus: () => (fields.find(({ input }) => !input.readOnly && input.value === '') ?? fields[0])?.input.focus(),
    destroy: stopWaiting,
  };
}
