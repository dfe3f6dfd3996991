/** Somebody has opened a link into a room: what it leads to, and whether they want to go there. */

import { el, icon, setAttr, setText } from '../../dom.js';
import { accountErrorText } from '../../strings/account.js';
import { words } from '../../strings/places.js';
import { openModal } from '../account/modal.js';
import { roomTile } from '../avatar.js';

/**
 * @typedef {import('../../types.js').InvitePreview} InvitePreview
 *
 * @param {object} options everything asked of the server rejects with `{code, detail}`
 * @param {() => Promise<InvitePreview>} options.preview
 * @param {() => Promise<void>} options.onJoin
 * @returns {Promise<void>} settles when the dialog has closed
 */
export function askToJoin({ preview, onJoin }) {
  const text = words.join;
  const body = el('div', { class: 'join-body', 'aria-live': 'polite' }, el('p', { class: 'sr-only' }, words.loading), el('div', { class: 'card-skeleton' }));
  const error = el('p', { class: 'field-error', role: 'alert' });
  const later = el('button', { type: 'button', class: 'button button-quiet' }, text.later);
  const go = el(
    'button',
    { type: 'button', class: 'button button-primary', hidden: true },
    el('span', { class: 'button-label' }, text.submit),
    el('span', { class: 'spinner', 'aria-hidden': 'true' }),
  );
  const buttons = el('div', { class: 'dialog-buttons' }, later, go);
  const { dialog, closed } = openModal({ title: text.loadingTitle, body: [body, error, buttons] });
  const title = /** @type {HTMLElement} */ (dialog.querySelector('.dialog-title'));

  /** @param {unknown} refusal */
  const refuse = (refusal) => {
    const { code = 'internal', detail } = /** @type {{code?: string, detail?: string}} */ (refusal);
    const isOver = code === 'invite_invalid';
    go.hidden = isOver || go.hidden;
    if (isOver) {
      setText(title, text.invalid);
      body.replaceChildren(el('p', { class: 'dialog-text' }, text.invalidText));
      setText(later, words.close);
    } else {
      if (go.hidden) body.replaceChildren();
      setText(error, accountErrorText(code, detail));
    }
  };
  const read = async () => {
    try {
      const found = await preview();
      const kind = found.kind === 'private' ? text.kinds.private : text.kinds.public;
      setText(title, text.title(found.room_name));
      body.replaceChildren(
        roomTile(found.room_name, 'room-tile-lg'),
        el(
          'div',
          { class: 'join-text' },
          el('p', { dir: 'auto' }, text.by(found.invited_by)),
          el('p', { class: 'form-note join-facts' }, icon(found.kind === 'private' ? 'lock' : 'hash', 'icon-sm'), `${kind} · ${text.members(found.members)}`),
        ),
      );
      go.hidden = false;
      go.focus();
    } catch (refusal) {
      refuse(refusal);
    }
  };
  later.addEventListener('click', () => dialog.close());
  go.addEventListener('click', () => void (async () => {
    if (go.ariaBusy) return;
    setText(error, '');
    setAttr(go, 'aria-busy', 'true');
    try {
      await onJoin();
      dialog.close();
    } catch (refusal) {
      refuse(refusal);
    } finally {
      setAttr(go, 'aria-busy', null);
    }
  })());
  void read();
  return closed;
}
