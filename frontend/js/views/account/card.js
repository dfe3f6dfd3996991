/** Who somebody is: a small card beside their name. */

import { el, uid, wordButton } from '../../dom.js';
import { formatDate } from '../../format.js';
import { accountErrorText, words } from '../../strings/account.js';
import { avatar, chooseHue } from '../avatar.js';
import { guestBadge } from '../names.js';
import { timeIn } from './times.js';

/**
 * @typedef {import('../../types.js').Profile} Profile
 *
 * @typedef {object} CardOptions
 * @property {string} username
 * @property {boolean} guest
 * @property {() => Promise<Profile>} load
 * @property {(() => Promise<void>) | null} onMessage begins a conversation with them
 * @property {(cause: unknown) => void} onTrouble
 */

const ANCHOR = '--card';

/** @param {string} sign @param {string} text */
const fact = (sign, text) => el('p', { class: `card-${sign}`, dir: 'auto' }, text);

/**
 * @param {Profile} person
 * @returns {HTMLElement[]} what they tell about themselves
 */
function factsOf({ status_text: status, about, time_zone: zone, created_at: since }) {
  const time = timeIn(zone);
  return [
    status ? fact('status', status) : null,
    about ? fact('about', about) : null,
    time ? fact('fact', words.card.localTime(time)) : null,
    since ? fact('fact', words.card.since(formatDate(since))) : null,
  ].filter((node) => node !== null);
}

/**
 * Opens the card; the next press beside it, or Escape, closes it and gives the focus back.
 * @param {HTMLElement} anchor
 * @param {CardOptions} options
 */
export function openCard(anchor, { username, guest, load, onMessage, onTrouble }) {
  const nameId = uid('card');
  const face = avatar(username, 'avatar-lg', guest);
  const name = el('h2', { id: nameId, class: 'profile-name', dir: 'auto' }, username);
  const under = el('span', { class: 'profile-username', dir: 'auto' });
  const body = el('div', { class: 'card-body', 'aria-live': 'polite' });
  const card = el(
    'div',
    { popover: 'auto', role: 'dialog', class: 'menu profile-card', 'aria-labelledby': nameId, tabindex: -1 },
    el('div', { class: 'profile-preview' }, face, el('div', { class: 'profile-names' }, name, under)),
    body,
  );
  anchor.style.setProperty('anchor-name', ANCHOR);
  card.addEventListener('toggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') return;
    anchor.style.removeProperty('anchor-name');
    card.remove();
  });

  const fill = async () => {
    body.replaceChildren(el('p', { class: 'sr-only' }, words.card.loading), el('div', { class: 'card-skeleton' }));
    try {
      const person = await load();
      name.textContent = person.display_name || person.username;
      under.textContent = `@${person.username}`;
      chooseHue(person.username, person.hue);
      body.replaceChildren(...factsOf(person));
    } catch (refusal) {
      const { code = 'internal', detail } = /** @type {{code?: string, detail?: string}} */ (refusal);
      body.replaceChildren(el('p', { class: 'field-error' }, accountErrorText(code, detail)));
    }
  };
  if (guest) {
    under.append(guestBadge());
    body.append(fact('fact', words.card.guest));
  } else void fill();
  if (onMessage) {
    const button = wordButton(words.card.message, 'talk');
    button.classList.add('card-message');
    button.addEventListener('click', () => {
      card.hidePopover();
      onMessage().catch(onTrouble);
    });
    card.append(button);
  }
  // In a dialog, what stands outside it cannot be reached.
  (anchor.closest('dialog') ?? document.body).append(card);
  card.showPopover();
  card.focus();
}
