/** Looking after one room: who is banned or muted, and what was reported. */

import { el, uid } from '../../dom.js';
import { countCharacters, formatShortDate, formatTime } from '../../format.js';
import { words } from '../../strings/admin.js';
import { errorText } from '../../strings/en.js';
import { avatar } from '../avatar.js';
import { createOutcome } from '../places/act.js';
import { badge, createListing, makeRow, nameOf } from './listing.js';

/**
 * @typedef {import('../../types.js').Restriction} Restriction
 *
 * @param {object} options everything asked of the server rejects with `{code, detail}`
 * @param {(kind: 'bans'|'mutes') => Promise<Restriction[]>} options.restrictions
 * @param {(kind: 'bans'|'mutes', username: string) => Promise<unknown>} options.onLift
 * @param {(kind: 'bans'|'mutes', username: string) => Promise<string | null>} options.onRestrict asks first; what is said of it when it was done
 * @param {import('../tabs.js').Part} options.reports
 */
export function createModeration({ restrictions, onLift, onRestrict, reports }) {
  const text = words.room;
  const outcome = createOutcome();
  const [fieldId, hintId] = [uid('name'), uid('hint')];
  const field = el('input', {
    id: fieldId, class: 'field', name: 'whom', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', dir: 'auto',
    'aria-describedby': hintId,
  });

  /** @param {'bans'|'mutes'} kind */
  const part = (kind) => {
    const isBan = kind === 'bans';
    const listing = createListing({
      label: isBan ? text.bans : text.mutes, none: isBan ? text.noBans : text.noMutes, fallback: () => field,
      read: () => restrictions(kind),
      row: (/** @type {Restriction} */ one) => {
        const name = one.username;
        const label = isBan ? text.unbanLabel(name) : text.unmuteLabel(name);
        const lift = el('button', { type: 'button', class: 'button button-quiet', 'aria-label': label }, isBan ? text.unban : text.unmute);
        lift.addEventListener('click', () => void outcome.act(lift, async () => {
          await onLift(kind, name);
          await listing.load();
          return isBan ? text.unbanned(name) : text.unmuted(name);
        }));
        return makeRow({
          key: name, face: avatar(name, '', one.guest), control: lift,
          line: [nameOf(name), one.guest && badge(words.people.guest)],
          facts: [
            one.until ? words.terms.until(`${formatShortDate(one.until)} ${formatTime(one.until)}`) : words.terms.forGood,
            one.created_by && words.terms.by(one.created_by), one.reason,
          ],
        });
      },
    });
    const button = el('button', { type: 'button', class: 'button button-quiet' }, isBan ? text.ban : text.mute);
    button.addEventListener('click', () => {
      if (countCharacters(field.value) === 0) {
        field.focus();
        outcome.refuse({ code: 'name_empty', detail: errorText('name_empty') });
        return;
      }
      const name = field.value.trim();
      void onRestrict(kind, name).then(async (said) => {
        if (said === null) return;
        // The next name may stand there already.
        if (field.value.trim() === name) field.value = '';
        await listing.load();
        outcome.say(said);
      });
    });
    return { listing, button };
  };
  const [mutes, bans] = [part('mutes'), part('bans')];

  return {
    element: el(
      'div',
      { class: 'admin-part' },
      el('p', { class: 'form-note' }, text.lead),
      el(
        'div',
        { class: 'moderate' },
        el(
          'div',
          { class: 'form-field' },
          el('label', { class: 'label', for: fieldId }, text.add),
          field,
        ),
        mutes.button,
        bans.button,
        el('p', { id: hintId, class: 'hint' }, text.addHint),
      ),
      outcome.element,
      el('h3', { class: 'admin-title' }, words.reports.list),
      reports.element,
      el('h3', { class: 'admin-title' }, text.mutes),
      mutes.listing.element,
      el('h3', { class: 'admin-title' }, text.bans),
      bans.listing.element,
    ),
    open() {
      reports.open?.();
      void mutes.listing.load();
      void bans.listing.load();
    },
    destroy: reports.destroy,
  };
}
