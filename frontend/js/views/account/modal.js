/** A dialog of this folder: with a head, and a body of its own. */

import { el, iconButton, uid } from '../../dom.js';
import { words } from '../../strings/account.js';
import { showModal } from '../dialog.js';

/**
 * @param {object} parts
 * @param {string} parts.title
 * @param {Node[]} parts.body
 * @param {string} [parts.kind] a class
 * @param {boolean} [parts.stays] neither Escape nor a press beside it closes it
 * @returns {{dialog: HTMLDialogElement, closed: Promise<void>}} `closed` settles when it has closed
 */
export function openModal({ title, body, kind = '', stays = false }) {
  const titleId = uid('dialog');
  const close = iconButton(words.close, 'close');
  const head = el('header', { class: 'modal-head' }, el('h2', { id: titleId, class: 'dialog-title' }, title), !stays && close);
  const dialog = el(
    'dialog',
    { class: `dialog modal ${kind}`.trim(), 'aria-labelledby': titleId, closedby: stays ? 'none' : null },
    head,
    ...body,
  );
  close.addEventListener('click', () => dialog.close());
  if (stays) dialog.addEventListener('cancel', (event) => event.preventDefault());
  return { dialog, closed: showModal(dialog, { stays }) };
}
