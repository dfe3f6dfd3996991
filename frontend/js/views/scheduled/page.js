/** The page of what one has written to be sent later: the next one first, those that were not sent on top of it. */

import { el, find, icon, setAttr, setText } from '../../dom.js';
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

/** @type {Act[]} */
const ACTS = ['now', 'time', 'edit', 'delete'];

/**
 * Its buttons stay what they are when the message changes: who is at one, or comes back to it from a dialog, goes on there.
 * @param {number} id
 */
function makeItem(id) {
  const headId = `scheduled-${id}`;
  return el(
    'li',
    { class: 'saved-item', dataset: { id: String(id) } },
    el('span', { class: 'later-sign', 'aria-hidden': 'true' }),
    el(
      'div',
      { class: 'saved-said' },
      el('p', { class: 'saved-head', id: headId }),
      el('div', { class: 'saved-text', dir: 'auto' }),
      el('p', { class: 'saved-files', dir: 'auto' }),
      el('p', { class: 'later-error' }),
      el(
        'div',
        { class: 'saved-acts' },
        ...ACTS.map((act) => el(
          'button',
          { type: 'button', class: 'text-button', dataset: { act }, 'aria-describedby': headId, 'aria-haspopup': act === 'time' ? 'menu' : null },
          words[act],
        )),
      ),
    ),
  );
}

/** @param {HTMLElement} row @param {Scheduled} scheduled @param {string} call of its room, '' where that is not known @param {string} when */
function fillItem(row, scheduled, call, when) {
  const { room_id: roomId, content, send_at: sendAt, reply_to: replyTo, state, error } = scheduled;
  const isFailed = state === 'failed';
  const at = (/** @type {string} */ selector) => find(selector, row);
  setAttr(row, 'data-state', state);
  at('.later-sign').replaceChildren(icon(isFailed ? 'alert' : 'clock'));
  at('.saved-head').replaceChildren(
    el('time', { class: 'saved-name', datetime: sendAt, title: formatFull(sendAt) }, capitalized(when)),
    ' ',
    el(
      'span',
      { class: 'saved-room' },
      `${words.in} `,
      call === '' ? words.lost : el('a', { class: 'later-room', href: `#/r/${roomId}` }, el('bdi', {}, call)),
      replyTo ? ` · ${words.reply}` : '',
    ),
  );
  showText(at('.saved-text'), content, {});
  const brought = wordsOf(scheduled, '');
  at('.saved-files').hidden = brought === '';
  setText(at('.saved-files'), brought);
  at('.later-error').hidden = !isFailed;
  setText(at('.later-error'), isFailed ? `${words.notSent} ${errorText(error?.code, error?.detail)}` : '');
  setText(at('[data-act="now"]'), isFailed ? words.again : words.now);
}

/**
 * @param {HTMLElement} element
 * @param {ScheduledCallbacks} callbacks
 */
export function createScheduledPage(element, callbacks) {
  const list = el('ul', { class: 'saved-list', role: 'list', 'aria-label': words.list });
  /** Where the focus was last: what has gone gives it to what stands there now. */
  let last = { act: '', at: 0 };
  /** @returns {HTMLElement|null|undefined} */
  const neighbour = () => list.children[Math.min(last.at, list.children.length - 1)]?.querySelector(`[data-act="${last.act || 'now'}"]`);
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
  /** What each row says, so that nothing is touched that has the focus and says the same. @type {WeakMap<HTMLElement, string>} */
  const filled = new WeakMap();
  /** @param {HTMLElement} row @param {Scheduled} scheduled */
  const fillOne = (row, scheduled) => {
    const [call, when] = [callOf(scheduled), callbacks.when(scheduled.send_at)];
    const key = JSON.stringify([scheduled, call, when]);
    if (filled.get(row) !== key) fillItem(row, scheduled, call, when);
    filled.set(row, key);
  };
  /** @type {ReturnType<typeof createListing<Scheduled, never>>} */
  const listing = createListing(element, callbacks, {
    words,
    sign: 'clock',
    list,
    page: async () => ({ items: await callbacks.read(), next: null }),
    keyOf: ({ id }) => String(id),
    makeRow: (scheduled) => {
      const row = makeItem(scheduled.id);
      fillOne(row, scheduled);
      return row;
    },
    said: words.count,
    none: () => ({ sign: 'clock', title: words.none, text: words.noneHint }),
    refuge: (title) => neighbour() ?? title,
  });
  list.addEventListener('focusin', ({ target }) => {
    const node = /** @type {HTMLElement} */ (target);
    const row = /** @type {HTMLElement|null} */ (node.closest('.saved-item'));
    if (row) last = { act: node.dataset['act'] ?? '', at: [...list.children].indexOf(row) };
  }, { signal: listing.signal });

  const fill = () => {
    for (const scheduled of listing.found()) {
      const row = /** @type {HTMLElement|null} */ (list.querySelector(`[data-id="${scheduled.id}"]`));
      if (row) fillOne(row, scheduled);
    }
  };
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
      // A dialog had nothing to give the focus back to.
      if (!button.isConnected && document.activeElement === listing.title) neighbour()?.focus();
    }
  };
  // What was shown as it was written can be read now.
  readable.addEventListener('change', () => {
    for (const { id, content } of listing.found()) {
      const text = list.querySelector(`[data-id="${id}"] .saved-text`);
      if (text && hasSigns(content)) showText(text, content, {});
    }
  }, { signal: listing.signal });
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
      void listing.read().then(fill);
    },
  };
}
