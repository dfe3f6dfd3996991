/** Who may come in and who may make an account; invitations to that. */

import { el, setText, uid } from '../../dom.js';
import { words } from '../../strings/admin.js';
import { words as placeWords } from '../../strings/places.js';
import { createOutcome } from '../places/act.js';
import { createRetry } from '../places/further.js';
import { createLinks } from '../places/links.js';

/**
 * @typedef {import('../../types.js').Policy} Policy
 * @typedef {import('../../types.js').RoomInvite} RoomInvite
 *
 * @param {object} options everything asked of the server rejects with `{code, detail}`
 * @param {() => Promise<Policy>} options.policy
 * @param {(changes: Partial<Policy>) => Promise<Policy>} options.onChange
 * @param {() => Promise<RoomInvite[]>} options.invites
 * @param {(terms: {uses: number, days: number}) => Promise<RoomInvite>} options.onMake
 * @param {(inviteId: number) => Promise<unknown>} options.onRevoke
 * @param {(token: string) => string} options.address of the page that takes the token
 */
export function createRegistration({ policy, onChange, invites, onMake, onRevoke, address }) {
  const text = words.policy;
  const outcome = createOutcome();
  const links = createLinks({ invites, onMake, onRevoke, address, text: { ...placeWords.links, lead: text.invitesLead } });

  /**
   * @param {'registration' | 'guests'} name
   * @param {string} legend
   * @param {Record<string, string>} labels
   * @param {Record<string, string>} hints
   */
  const choices = (name, legend, labels, hints) => {
    const group = uid(name);
    const noteId = uid('fixed');
    const note = el('p', { class: 'form-note', id: noteId });
    const inputs = Object.entries(labels).map(([value, label]) => {
      const [id, hintId] = [uid(name), uid('hint')];
      const input = el('input', { type: 'radio', id, name: group, value, class: 'choice-mark', 'aria-describedby': hintId, disabled: true });
      input.addEventListener('change', () => void outcome.act(null, async () => {
        show(await onChange({ [name]: value }));
        return text.saved(label);
      }).then((done) => (done ? undefined : read())));
      const element = el(
        'div',
        { class: 'choice' },
        input,
        el('label', { class: 'choice-label', for: id }, label),
        el('p', { id: hintId, class: 'choice-hint' }, hints[value] ?? ''),
      );
      return { input, element };
    });
    const element = el(
      'fieldset',
      { class: 'choices', 'aria-describedby': noteId },
      el('legend', { class: 'admin-title' }, legend),
      ...inputs.map((one) => one.element),
      note,
    );
    return {
      element,
      /** @param {Policy} now */
      show(now) {
        const isFixed = now.fixed.includes(name);
        for (const { input } of inputs) {
          input.checked = input.value === now[name];
          input.disabled = isFixed;
        }
        setText(note, isFixed ? text.fixed : '');
      },
    };
  };
  const registration = choices('registration', text.registration, text.registrations, text.registrationHints);
  const guests = choices('guests', text.guests, text.guestChoices, text.guestHints);
  /** @param {Policy} now */
  const show = (now) => {
    registration.show(now);
    guests.show(now);
  };
  const read = async () => {
    try {
      show(await policy());
      retry.done();
    } catch (refusal) {
      retry.failed(refusal);
    }
  };
  const retry = createRetry(outcome, read, () => registration.element.querySelector('input:enabled') ?? guests.element.querySelector('input:enabled'));

  return {
    element: el(
      'div',
      { class: 'admin-part' },
      registration.element,
      guests.element,
      outcome.element,
      retry.button,
      el('h2', { class: 'admin-title' }, text.invites),
      links.element,
    ),
    open: () => {
      void read();
      links.open();
    },
    destroy() {},
  };
}
