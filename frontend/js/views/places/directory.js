/** Everybody with an account: found by name, a page at a time, with what they tell about themselves. */

import { el, icon, keepFocus, reconcile, setText, uid, wordButton } from '../../dom.js';
import { canonical } from '../../format.js';
import { strings } from '../../strings/en.js';
import { words } from '../../strings/places.js';
import { timeIn } from '../account/times.js';
import { avatar, chooseHue } from '../avatar.js';
import { emptyState } from '../empty.js';
import { createSelf } from '../self.js';

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
  const ending = new AbortController();
  const { signal } = ending;
  const text = words.people;
  /** @type {{username: string | null, user: import('../../types.js').User | null, connection: string}} */
  let data = { username: null, user: null, connection: 'connecting' };
  /** @type {Profile[]} */
  let found = [];
  let query = '';
  let hasMore = false;
  /** @type {'loading' | 'ready' | 'error'} */
  let status = 'loading';
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** Whose directory is on view. @type {number | null | undefined} */
  let reader;
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();

  const filterId = uid('find');
  const filter = el('input', {
    id: filterId, type: 'search', class: 'field filter-field', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off',
    placeholder: text.search, enterkeyhint: 'search', dir: 'auto',
  });
  const title = el('h1', { class: 'rooms-title', tabindex: -1 }, text.title);
  const tools = el(
    'div',
    { class: 'rooms-tools' },
    el(
      'div',
      { class: 'filter', role: 'search' },
      el('label', { class: 'sr-only', for: filterId }, text.search),
      icon('search', 'icon-sm'),
      filter,
    ),
  );
  const list = el('ul', { class: 'contacts', role: 'list', 'aria-label': text.title });
  const more = el('button', { type: 'button', class: 'button button-quiet contacts-more', hidden: true }, text.more);
  const state = el('div', { class: 'rooms-state' });
  const status_ = el('p', { class: 'sr-only', role: 'status' });
  const selfSlot = el('div', { class: 'self self-top' });
  const back = el('a', { class: 'back-link', href: '#/' }, icon('back', 'icon-sm'), el('span', {}, text.back));
  element.replaceChildren(
    el(
      'div',
      { class: 'card rooms-card' },
      el(
        'header',
        { class: 'topbar' },
        el('span', { class: 'brand' }, icon('mark', 'mark'), el('span', {}, strings.product)),
        selfSlot,
      ),
      el(
        'main',
        { class: 'scroller rooms-main' },
        el(
          'div',
          { class: 'rooms-body directory-body' },
          back,
          el(
            'div',
            { class: 'rooms-head' },
            el('div', { class: 'rooms-heading' }, title, el('p', { class: 'rooms-count' }, text.lead)),
            tools,
          ),
          status_,
          list,
          more,
          state,
        ),
      ),
    ),
  );
  const self = createSelf(selfSlot, callbacks);

  let stateKey = '';
  /** @param {string} key @param {() => Node} [make] what stands where there are no people */
  const showState = (key, make) => {
    if (key === stateKey) return;
    stateKey = key;
    state.replaceChildren(...(make ? [make()] : []));
  };
  const draw = () => {
    tools.hidden = data.user === null;
    const byName = new Map(found.map((person) => [person.username, person]));
    keepFocus(
      list,
      () => reconcile(list, rows, [...byName.keys()], (name) =>
        makeRow(/** @type {Profile} */ (byName.get(name)), canonical(name) === canonical(data.username ?? ''))),
      () => filter,
    );
    list.hidden = found.length === 0;
    more.hidden = !hasMore || status !== 'ready';
    if (data.user === null) {
      const action = wordButton(text.signIn, 'user');
      action.addEventListener('click', callbacks.onSignOut);
      showState('guest', () => emptyState({ sign: 'people', title: text.guest, text: text.guestHint, action }));
    } else if (status === 'error') {
      const action = wordButton(words.tryAgain, 'retry');
      action.addEventListener('click', () => void read());
      showState('error', () => emptyState({ sign: 'alert', title: text.error, text: text.errorHint, action }));
    } else if (found.length > 0) showState('');
    else if (status === 'loading') {
      showState('loading', () => el(
        'div',
        { class: 'contacts' },
        el('p', { class: 'sr-only' }, words.loading),
        ...Array.from({ length: SKELETONS }, () => el('div', { class: 'contact contact-skeleton', 'aria-hidden': 'true' })),
      ));
    } else if (query !== '') showState(`none ${query}`, () => emptyState({ sign: 'search', title: text.none(query), text: text.noneHint }));
    else showState('alone', () => emptyState({ sign: 'people', title: text.alone, text: text.aloneHint }));
  };
  /** @param {string} [after] the last of those that are there: then the next page comes behind it */
  const read = async (after) => {
    if (data.user === null) return draw();
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    if (!after && found.length === 0) status = 'loading';
    draw();
    try {
      const page = await callbacks.people(query, { ...(after ? { after } : {}), limit: PAGE, signal: mine.signal });
      if (mine.signal.aborted) return;
      for (const { username, hue } of page) chooseHue(username, hue);
      found = after ? [...found, ...page] : page;
      hasMore = page.length === PAGE;
      status = 'ready';
      // Rows are made anew: what people tell about themselves may have changed.
      if (!after) {
        rows.clear();
        list.replaceChildren();
      }
      setText(status_, query === '' ? '' : text.matches(found.length));
    } catch {
      if (mine.signal.aborted) return;
      if (!after) found = [];
      status = 'error';
    }
    draw();
  };

  back.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    callbacks.onBack();
  }, { signal });
  filter.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      query = filter.value.trim();
      void read();
    }, WAIT_MS);
  }, { signal });
  more.addEventListener('click', () => void read(found.at(-1)?.username), { signal });
  list.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const name = /** @type {HTMLElement | null} */ (target.closest('.contact'))?.dataset['name'];
    const button = target.closest('button');
    if (name === undefined) return;
    if (button?.classList.contains('contact-message')) callbacks.onMessage(name);
    else if (button) callbacks.onPerson({ username: name, guest: false }, button);
  }, { signal });

  return {
    /** @param {{username: string | null, user: import('../../types.js').User | null, connection: string}} next */
    update(next) {
      data = next;
      self.update(next);
      const id = next.user?.id ?? null;
      if (reader === id) return;
      reader = id;
      found = [];
      void read();
    },
    /** It comes into view. */
    focus() {
      title.focus();
      if (status !== 'loading') void read();
    },
    destroy() {
      clearTimeout(timer);
      asking?.abort();
      ending.abort();
      self.destroy();
      element.replaceChildren();
    },
  };
}
