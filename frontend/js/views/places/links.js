/** Links that lead into a room: made, copied while they are shown, listed with what is left of them, taken back. */

import { el, keepFocus, setText, uid } from '../../dom.js';
import { formatShortDate } from '../../format.js';
import { words } from '../../strings/places.js';
import { createOutcome, createSelect } from './act.js';
import { createRetry } from './further.js';

const USES = [1, 5, 25, 100, 1000];
const DAYS = [1, 7, 30];
const COPIED_MS = 1500;

/**
 * @typedef {import('../../types.js').RoomInvite} RoomInvite
 *
 * @param {object} options everything asked of the server rejects with `{code, detail}`
 * @param {() => Promise<RoomInvite[]>} options.invites
 * @param {(terms: {uses: number, days: number}) => Promise<RoomInvite>} options.onMake
 * @param {(inviteId: number) => Promise<unknown>} options.onRevoke
 * @param {(token: string) => string} options.address of the page that takes the token
 * @param {typeof words.links} [options.text] where they lead somewhere else
 */
export function createLinks({ invites, onMake, onRevoke, address, text = words.links }) {
  const outcome = createOutcome();
  const uses = createSelect('uses', text.uses, USES.map((value) => ({ value: String(value), text: text.times(value) })));
  const days = createSelect('days', text.days, DAYS.map((value) => ({ value: String(value), text: text.forDays(value) })));
  days.select.value = '7';
  const make = el('button', { type: 'button', class: 'button button-primary' }, text.submit);
  const fieldId = uid('link');
  const field = el('input', { id: fieldId, class: 'field', readonly: true, dir: 'ltr' });
  const copy = el('button', { type: 'button', class: 'button button-primary' }, text.copy);
  const made = el(
    'div',
    { class: 'link-made', hidden: true },
    el('label', { class: 'label', for: fieldId }, text.made),
    el('div', { class: 'link-line' }, field, copy),
  );
  const list = el('ul', { class: 'sessions', role: 'list' });
  const empty = el('p', { class: 'form-note' });
  const retry = createRetry(outcome, () => read(), () => list.querySelector('button') ?? make);
  const element = el(
    'div',
    { class: 'form' },
    el('p', { class: 'form-note' }, text.lead),
    el('div', { class: 'link-terms' }, uses.element, days.element, make),
    made,
    outcome.element,
    retry.button,
    empty,
    list,
  );

  /** @param {RoomInvite} invite */
  const row = (invite) => {
    const left = text.left(invite.uses_left);
    const by = invite.created_by === null ? [] : [text.by(invite.created_by)];
    const facts = [text.until(formatShortDate(invite.expires_at)), ...by].join(' · ');
    const end = el('button', { type: 'button', class: 'button button-quiet', 'aria-label': text.revokeLabel(`${left}, ${facts}`) }, text.revoke);
    const node = el(
      'li',
      { class: 'session' },
      el('div', { class: 'session-text' }, el('p', { class: 'session-name' }, left), el('p', { class: 'session-facts', dir: 'auto' }, facts)),
      end,
    );
    end.addEventListener('click', () => void outcome.act(end, async () => {
      await onRevoke(invite.id);
      keepFocus(element, () => node.remove(), () => make);
      if (list.childElementCount === 0) setText(empty, text.none);
      return text.revoked;
    }));
    return node;
  };
  const read = async () => {
    setText(empty, words.loading);
    try {
      const found = await invites();
      list.replaceChildren(...found.map(row));
      setText(empty, found.length === 0 ? text.none : '');
      retry.done();
    } catch (refusal) {
      setText(empty, '');
      retry.failed(refusal);
    }
  };
  make.addEventListener('click', () => void outcome.act(make, async () => {
    const invite = await onMake({ uses: Number(uses.select.value), days: Number(days.select.value) });
    field.value = address(invite.token ?? '');
    made.hidden = false;
    copy.hidden = !navigator.clipboard;
    (copy.hidden ? field : copy).focus();
    await read();
  }));
  copy.addEventListener('click', () => {
    void navigator.clipboard.writeText(field.value).then(
      () => setText(copy, words.copied),
      () => field.select(),
    );
    setTimeout(() => setText(copy, text.copy), COPIED_MS);
  });
  field.addEventListener('focus', () => field.select());

  return { element, open: () => void read(), destroy() {} };
}
