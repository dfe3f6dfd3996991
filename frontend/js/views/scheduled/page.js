/** The page of what one has written to be sent later: the next one first, those that were not sent on top of it. */

import { el, icon } from '../../dom.js';
import { formatFull, roomCall } from '../../format.js';
import { errorText } from '../../strings/en.js';
import { words as all } from '../../strings/scheduling.js';
import { hasSigns, readable, showText } from '../formatting.js';
import { createListing } from '../places/listing.js';
import { wordsOf } from '../said.js';

/**
 * @typedef {import('../../types.js').Scheduled} Scheduled
 * @typedef {'now'|'time'|'edit'|'delete'} Act
 *
 * @typedef {object} ScheduledCallbacks
 * @property {() => Promise<Scheduled[]>} read rejects with `{code}`
 * @property {() => Scheduled[]|null} known as far as they are
 * @property {(roomId: number) => import('../../types.js').Room|null} roomOf
 * @property {(iso: string) => string} when in a sentence
 * @property {(act: Act, scheduled: Scheduled, button: HTMLElement) => Promise<unknown>} onAct rejects with `{code, detail}`
 * @property {() => void} onBack
 * @property {() => void} onSignOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 */

const words = all.page;

/** @param {string} text */
const capitalized = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** @param {Scheduled} scheduled @param {string} call of its room, '' where that is not known @param {string} when */
function makeItem(scheduled, call, when) {
  const { id, room_id: roomId, content, send_at: sendAt, reply_to: replyTo, state, error } = scheduled;
  const isFailed = state === 'failed';
  const headId = `scheduled-${id}`;
  const text = el('div', { class: 'saved-text', dir: 'auto' });
  showText(text, content, {});
  const brought = wordsOf(scheduled, '');
  /** @param {Act} name @param {string} label */
  const act = (name, label) =>
    el('button', { type: 'button', class: 'text-button', dataset: { act: name }, 'aria-describedby': headId, 'aria-haspopup': name === 'time' ? 'menu' : null }, label);
  return el(
    'li',
    { class: 'saved-item', dataset: { id: String(id), state } },
    el('span', { class: 'later-sign', 'aria-hidden': 'true' }, icon(isFailed ? 'alert' : 'clock')),
    el(
      'div',
      { class: 'saved-said' },
      el(
        'p',
        { class: 'saved-head', id: headId },
        el('time', { class: 'saved-name', datetime: sendAt, title: formatFull(sendAt) }, capitalized(when)),
        ' ',
        el(
          'span',
          { class: 'saved-room' },
          `${words.in} `,
          call === '' ? words.lost : el('a', { class: 'later-room', href: `#/r/${roomId}` }, el('bdi', {}, call)),
          replyTo ? ` · ${words.reply}` : '',
        ),
      ),
      text,
      brought !== '' && el('p', { class: 'saved-files', dir: 'auto' }, brought),
      isFailed && el('p', { class: 'later-error' }, `${words.notSent} ${errorText(error?.code, error?.detail)}`),
      el(
        'div',
        { class: 'saved-acts' },
        act('now', isFailed ? words.again : words.now),
        act('time', words.time),
        act('edit', words.edit),
        act('delete', words.delete),
      ),
    ),
  );
}

/**
 * @param {HTMLElement} element
 * @param {ScheduledCallbacks} callbacks
 */
export function createScheduledPage(element, callbacks) {
  const list = el('ul', { class: 'saved-list', role: 'list', 'aria-label': words.list });
  /** What was pressed last, and where its row stood: what has gone gives the focus to what stands there now. */
  let last = { id: '', act: '', at: 0 };
  /** @type {string|null} */
  let username = null;
  /** @type {Scheduled[]|null} */
  let shown = null;
  let shownKey = '';
  /** What the page says of a room may change as well as the message. @param {Scheduled} scheduled */
  const callOf = ({ room_id: roomId }) => {
    const room = callbacks.roomOf(roomId);
    return room ? roomCall(room, username) : '';
  };
  /** @type {ReturnType<typeof createListing<Scheduled, never>>} */
  const listing = createListing(element, callbacks, {
    words,
    sign: 'clock',
    list,
    page: async () => ({ items: await callbacks.read(), next: null }),
    keyOf: (scheduled) => JSON.stringify([scheduled, callOf(scheduled), callbacks.when(scheduled.send_at)]),
    makeRow: (scheduled) => makeItem(scheduled, callOf(scheduled), callbacks.when(scheduled.send_at)),
    said: words.count,
    none: () => ({ sign: 'clock', title: words.none, text: words.noneHint }),
    refuge: (title) => {
      const rows = [...list.children];
      const row = rows.find((each) => /** @type {HTMLElement} */ (each).dataset['id'] === last.id) ?? rows[Math.min(last.at, rows.length - 1)];
      return row?.querySelector(`[data-act="${last.act || 'now'}"]`) ?? title;
    },
  });
  list.addEventListener('focusin', ({ target }) => {
    const node = /** @type {HTMLElement} */ (target);
    const row = /** @type {HTMLElement|null} */ (node.closest('.saved-item'));
    if (row) last = { id: row.dataset['id'] ?? '', act: node.dataset['act'] ?? '', at: [...list.children].indexOf(row) };
  }, { signal: listing.signal });
  // What was shown as it was written can be read now.
  readable.addEventListener('change', () => {
    for (const { id, content } of listing.found()) {
      const text = list.querySelector(`[data-id="${id}"] .saved-text`);
      if (text && hasSigns(content)) showText(text, content, {});
    }
  }, { signal: listing.signal });

  /** @param {Act} act @param {Scheduled} scheduled @param {HTMLElement} button */
  const run = async (act, scheduled, button) => {
    if (button.ariaDisabled) return;
    button.ariaDisabled = 'true';
    try {
      await callbacks.onAct(act, scheduled, button);
    } catch (cause) {
      callbacks.onTrouble(cause);
    } finally {
      button.ariaDisabled = null;
    }
  };
  list.addEventListener('click', ({ target }) => {
    const button = /** @type {HTMLButtonElement|null} */ (/** @type {Element} */ (target).closest('[data-act]'));
    const id = Number(/** @type {HTMLElement|null} */ (button?.closest('.saved-item'))?.dataset['id']);
    const scheduled = listing.found().find((each) => each.id === id);
    // A press on what has opened a menu closes it.
    if (!button || !scheduled || button.popoverTargetElement) return;
    void run(/** @type {Act} */ (button.dataset['act']), scheduled, button);
  }, { signal: listing.signal });

  return {
    ...listing,
    /** @param {import('../places/listing.js').Data} now */
    update(now) {
      username = now.username;
      listing.update(now);
      const known = callbacks.known();
      // The day may have become another one, or a room known.
      const key = JSON.stringify((known ?? []).map((each) => [callOf(each), callbacks.when(each.send_at)]));
      if (known === null || (known === shown && key === shownKey)) return;
      [shown, shownKey] = [known, key];
      void listing.read();
    },
  };
}
