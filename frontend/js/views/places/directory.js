/** Everybody with an account: found by name, a page at a time, with what they tell about themselves. */

import { el, icon } from '../../dom.js';
import { canonical } from '../../format.js';
import { words } from '../../strings/places.js';
import { timeIn } from '../account/times.js';
import { avatar, chooseHue } from '../avatar.js';
import { createFilterField } from './filterfield.js';
import { createListing } from './listing.js';

const PAGE = 50;
const WAIT_MS = 150;
const SKELETONS = 6;

/**
 * @typedef {import('../../types.js').Profile} Profile
 *
 * @typedef {object} DirectoryCallbacks
 * @property {(query: string, options: {after?: string, limit: number, signal: AbortSignal}) => Promise<Profile[]>} people
 *   rejects with `{code}`
 * @property {(username: string) => void} onMessage
 * @property {import('../people.js').OnPerson} onPerson
 * @property {() => void} onBack
 * @property {() => void} onSignOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 */

/** @param {Profile} person @param {boolean} isMe */
function makeRow(person, isMe) {
  const called = person.display_name || person.username;
  const time = timeIn(person.time_zone);
  return el(
    'li',
    { class: 'contact', dataset: { name: person.username } },
    avatar(person.username),
    el(
      'div',
      { class: 'contact-text' },
      el(
        'div',
        { class: 'contact-line' },
        el('button', { type: 'button', class: 'contact-name', dir: 'auto' }, called),
        el('span', { class: 'contact-username', dir: 'auto' }, `@${person.username}`),
        isMe ? el('span', { class: 'person-you' }, words.you) : null,
      ),
      person.status_text ? el('p', { class: 'contact-status', dir: 'auto' }, person.status_text) : null,
      time ? el('p', { class: 'contact-time' }, words.people.localTime(time)) : null,
    ),
    isMe
      ? null
      : el(
          'button',
          { type: 'button', class: 'button button-quiet contact-message', 'aria-label': words.people.messageTo(called) },
          icon('talk', 'icon-sm'),
          el('span', {}, words.people.message),
        ),
  );
}

/**
 * @param {HTMLElement} element
 * @param {DirectoryCallbacks} callbacks
 */
export function createDirectory(element, callbacks) {
  const text = words.people;
  let query = '';
  /** What is on view answers this. */
  let answered = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** Rows are made anew with every first page: what people tell about themselves may have changed. */
  let reading = 0;

  const { element: search, field: filter } = createFilterField(text.search);
  const tools = el('div', { class: 'rooms-tools' }, search);
  const list = el('ul', { class: 'contacts', role: 'list', 'aria-label': text.title });
  /** @type {ReturnType<typeof createListing<Profile, string>>} */
  const listing = createListing(element, callbacks, {
    words: text,
    sign: 'people',
    list,
    tools,
    page: async (after, signal) => {
      const asked = query;
      const items = await callbacks.people(asked, { ...(after === null ? {} : { after }), limit: PAGE, signal });
      if (after === null && !signal.aborted) {
        reading += 1;
        answered = asked;
      }
      for (const { username, hue } of items) chooseHue(username, hue);
      return { items, next: items.length === PAGE ? (items.at(-1)?.username ?? null) : null };
    },
    keyOf: ({ username }) => `${username} ${reading}`,
    makeRow: (person, me) => makeRow(person, canonical(person.username) === canonical(me ?? '')),
    said: (count) => (query === '' ? '' : text.matches(count)),
    waiting: () => el(
      'div',
      { class: 'contacts' },
      el('p', { class: 'sr-only' }, words.loading),
      ...Array.from({ length: SKELETONS }, () => el('div', { class: 'contact contact-skeleton', 'aria-hidden': 'true' })),
    ),
    none: () => (query === ''
      ? { sign: 'people', title: text.alone, text: text.aloneHint }
      : { sign: 'search', title: text.none(query), text: text.noneHint }),
    refuge: () => filter,
    isOther: () => query !== answered,
  });

  filter.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      query = filter.value.trim();
      void listing.read();
    }, WAIT_MS);
  }, { signal: listing.signal });
  list.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const name = /** @type {HTMLElement | null} */ (target.closest('.contact'))?.dataset['name'];
    const button = target.closest('button');
    if (name === undefined) return;
    if (button?.classList.contains('contact-message')) callbacks.onMessage(name);
    else if (button) callbacks.onPerson({ username: name, guest: false }, button);
  }, { signal: listing.signal });

  return {
    ...listing,
    destroy() {
      clearTimeout(timer);
      listing.destroy();
    },
  };
}
