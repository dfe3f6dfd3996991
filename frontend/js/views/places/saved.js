/** What one has saved, in whatever room it was said: a page at a time, the one saved last first. */

import { el } from '../../dom.js';
import { formatDay, formatFull, formatTime, roomCall } from '../../format.js';
import { words as all } from '../../strings/board.js';
import { avatar } from '../avatar.js';
import { hasSigns, readable, showText } from '../formatting.js';
import { guestBadge } from '../names.js';
import { wordsOf } from '../said.js';
import { filePictures } from './filepictures.js';
import { createListing } from './listing.js';

/**
 * @typedef {import('../../types.js').SavedMessage} SavedMessage
 *
 * @typedef {object} SavedCallbacks
 * @property {(before: number|null, signal: AbortSignal) => Promise<{saved: SavedMessage[], next: number|null}>} read rejects with `{code}`
 * @property {(message: import('../../types.js').Message) => Promise<unknown>} onRemove
 * @property {(id: number) => boolean} isSaved as far as is known now
 * @property {() => void} onBack
 * @property {() => void} onSignOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 */

/** @param {SavedMessage} saved */
const saidIn = ({ message: { content, forwarded } }) => content || (forwarded?.content ?? '');

/** @param {SavedMessage} saved @param {string|null} username */
function makeItem(saved, username) {
  const { id, message, room } = saved;
  const { username: author, guest, timestamp } = message;
  const text = el('div', { class: 'saved-text', dir: 'auto' });
  showText(text, saidIn(saved), {});
  const brought = wordsOf(message, '');
  return el(
    'li',
    { class: 'saved-item', dataset: { id: String(id) } },
    avatar(author, '', guest),
    el(
      'div',
      { class: 'saved-said' },
      el(
        'p',
        { class: 'saved-head' },
        el('bdi', { class: 'saved-name' }, author),
        ' ',
        guest && guestBadge(),
        el('time', { class: 'saved-time', datetime: timestamp, title: formatFull(timestamp) }, `${formatDay(timestamp)}, ${formatTime(timestamp)}`),
        ' ',
        el('span', { class: 'saved-room' }, el('span', { class: 'sr-only' }, `${all.saved.in} `), el('bdi', {}, roomCall(room, username))),
      ),
      text,
      brought !== '' && el('p', { class: 'saved-files', dir: 'auto' }, filePictures(message), el('span', {}, brought)),
      el(
        'div',
        { class: 'saved-acts' },
        el('a', { class: 'text-button saved-show', href: `#/r/${message.room_id}/m/${message.id}` }, all.saved.show),
        el('button', { type: 'button', class: 'text-button saved-remove' }, all.saved.remove),
      ),
    ),
  );
}

/**
 * @param {HTMLElement} element
 * @param {SavedCallbacks} callbacks
 */
export function createSaved(element, callbacks) {
  const words = all.saved;
  const list = el('ul', { class: 'saved-list', role: 'list', 'aria-label': words.list });
  /** @type {ReturnType<typeof createListing<SavedMessage, number>>} */
  const listing = createListing(element, callbacks, {
    words,
    sign: 'bookmark',
    list,
    page: async (before, signal) => {
      const { saved, next } = await callbacks.read(before, signal);
      return { items: saved, next };
    },
    keyOf: ({ id, message }) => `${id} ${message.version}`,
    makeRow: makeItem,
    said: words.count,
    none: () => ({ sign: 'bookmark', title: words.none, text: words.noneHint }),
    refuge: (title) => list.querySelector('a') ?? title,
  });
  /** @param {SavedMessage} saved */
  const remove = async (saved) => {
    const at = listing.found().indexOf(saved);
    try {
      await callbacks.onRemove(saved.message);
    } catch (cause) {
      callbacks.onTrouble(cause);
      return;
    }
    listing.keep((each) => each !== saved, words.removed);
    const left = [...list.querySelectorAll('.saved-remove')];
    const beside = left[Math.min(Math.max(at, 0), left.length - 1)];
    (beside instanceof HTMLElement ? beside : listing.title).focus();
  };
  // What was shown as it was written can be read now.
  readable.addEventListener('change', () => {
    for (const saved of listing.found()) {
      const text = list.querySelector(`[data-id="${saved.id}"] .saved-text`);
      if (text && hasSigns(saidIn(saved))) showText(text, saidIn(saved), {});
    }
  }, { signal: listing.signal });
  list.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('.saved-remove');
    const id = Number(/** @type {HTMLElement|null} */ (button?.closest('.saved-item'))?.dataset['id']);
    const saved = listing.found().find((each) => each.id === id);
    if (saved) void remove(saved);
  }, { signal: listing.signal });

  return {
    ...listing,
    /** @param {import('./listing.js').Data} now */
    update(now) {
      listing.update(now);
      // What was removed elsewhere goes here, too.
      listing.keep(({ message }) => callbacks.isSaved(message.id));
    },
  };
}
