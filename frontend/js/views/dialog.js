/** The dialogs of this page, on the browser's own <dialog>: it keeps the focus inside and gives it back to the opener. */

import { el, iconButton, setAttr, setText, uid } from '../dom.js';
import { words } from '../strings/dialogs.js';
import { errorText } from '../strings/en.js';

/**
 * @typedef {object} DialogParts
 * @property {string} title
 * @property {Node[]} body
 * @property {string} submit the words on the button that does it
 * @property {boolean} [danger]
 * @property {() => (string | null)} [check] a code when what was entered cannot be right
 * @property {() => Promise<void>} run rejects with `{code, detail}`
 * @property {HTMLInputElement | HTMLTextAreaElement} [field]
 * @property {() => (HTMLInputElement | HTMLTextAreaElement | undefined)} [wrong] where there are several: which of them it is about
 */

/**
 * Opens a dialog. It stays open while `run` is under way and when it fails, and then says why.
 * @param {DialogParts} parts
 * @returns {Promise<boolean>} whether it was carried out; settles when the dialog has closed
 */
export function openDialog({ title, body, submit, danger = false, check, run, field, wrong = () => field }) {
  const [titleId, errorId] = [uid('dialog'), uid('error')];
  const errorLine = el('p', { id: errorId, class: 'field-error', role: 'alert' });
  const cancel = el('button', { type: 'button', class: 'button button-quiet' }, words.cancel);
  const go = el(
    'button',
    { type: 'submit', class: danger ? 'button button-danger' : 'button button-primary' },
    el('span', { class: 'button-label' }, submit),
    el('span', { class: 'spinner', 'aria-hidden': 'true' }),
  );
  const form = el(
    'form',
    { class: 'dialog-form', novalidate: true },
    el('h2', { id: titleId, class: 'dialog-title' }, title),
    ...body,
    errorLine,
    el('div', { class: 'dialog-buttons' }, cancel, go),
  );
  const dialog = el('dialog', { class: 'dialog', 'aria-labelledby': titleId }, form);
  let busy = false;
  let done = false;
  /** @type {typeof field} */
  let blamed;

  /** @param {string} words */
  const showError = (words) => {
    setText(errorLine, words);
    for (const name of ['aria-invalid', 'aria-errormessage']) blamed?.removeAttribute(name);
    blamed = words === '' ? undefined : wrong();
    if (blamed === undefined) return;
    setAttr(blamed, 'aria-invalid', 'true');
    setAttr(blamed, 'aria-errormessage', errorId);
    blamed.focus();
  };
  const attempt = async () => {
    const wrong = check?.() ?? null;
    if (wrong !== null) return showError(errorText(wrong));
    busy = true;
    setAttr(go, 'aria-busy', 'true');
    try {
      await run();
      done = true;
      dialog.close();
    } catch (error) {
      const { code, detail } = /** @type {{code?: string, detail?: string}} */ (error);
      showError(errorText(code, detail));
    } finally {
      busy = false;
      setAttr(go, 'aria-busy', null);
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!busy) void attempt();
  });
  form.addEventListener('input', ({ target }) => (target === field || target === blamed) && showError(''));
  cancel.addEventListener('click', () => dialog.close());
  const closed = showModal(dialog);
  // A destructive dialog opens on its harmless button.
  if (danger) cancel.focus();
  else field?.select();
  return closed.then(() => done);
}

/**
 * Shows a dialog until it is closed, by itself, Escape or a press beside it, and takes it away.
 * @param {HTMLDialogElement} dialog
 * @param {{stays?: boolean}} [options] `stays`: a press beside it does not close it
 * @returns {Promise<void>} settles when it has closed
 */
export function showModal(dialog, { stays = false } = {}) {
  // The backdrop belongs to the dialog element itself; a press that began inside, say while selecting text, does not
  // close.
  let pressedOutside = false;
  dialog.addEventListener('pointerdown', (event) => {
    pressedOutside = event.target === dialog;
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog && pressedOutside && !stays) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      // What opened it may be gone, with the room or the whole screen: then the focus goes to the head of what is there.
      if (document.activeElement === document.body) {
        /** @type {HTMLElement | null} */ (document.querySelector('.screen:not([hidden]) h1'))?.focus();
      }
      resolve();
    });
  });
}

/**
 * Asks before a room is deleted.
 * @param {{room: import('../types.js').Room, onDelete: () => Promise<void>}} options
 * @returns {Promise<boolean>} whether the room was deleted
 */
export function confirmDelete({ room, onDelete }) {
  return openDialog({
    title: words.deleteDialog.title(room.name),
    body: [el('p', { class: 'dialog-text' }, words.deleteDialog.text)],
    submit: words.deleteDialog.submit,
    danger: true,
    run: onDelete,
  });
}

/**
 * Shows which keys do what.
 * @returns {Promise<void>} settles when it has closed
 */
export function showShortcuts() {
  const titleId = uid('dialog');
  // Before the list, and not below it: the dialog would open on its end.
  const close = iconButton(words.shortcuts.close, 'close');
  // A Mac has other words on these keys.
  /** @type {{[key: string]: string}} */
  const own = navigator.platform.startsWith('Mac') ? { Alt: '⌥', Ctrl: '⌘' } : {};
  const { keys: table } = words.shortcuts;
  const lines = table.flatMap(({ keys, does }) => [
    el('dt', {}, ...keys.map((key) => el('kbd', { class: 'key' }, own[key] ?? key))),
    el('dd', {}, does),
  ]);
  const title = el('h2', { id: titleId, class: 'dialog-title' }, words.shortcuts.title);
  const dialog = el(
    'dialog',
    { class: 'dialog modal', 'aria-labelledby': titleId },
    el('header', { class: 'modal-head' }, title, close),
    el('dl', { class: 'shortcuts' }, ...lines),
  );
  close.addEventListener('click', () => dialog.close());
  return showModal(dialog);
}
