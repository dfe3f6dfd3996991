/** A page beside the conversation that lists something for those with an account, a page of it at a time. */

import { el, keepFocus, reconcile, setText, wordButton } from '../../dom.js';
import { words as common } from '../../strings/places.js';
import { emptyState } from '../empty.js';
import { createFrame } from './frame.js';
import { readFurther } from './further.js';

/**
 * @typedef {{username: string | null, user: import('../../types.js').User | null, connection: string}} Data
 * @typedef {{title: string, lead: string, back: string, more: string, signIn: string, guest: string, guestHint: string, error: string, errorHint: string}} Words
 */

/**
 * @template Item
 * @template Cursor
 * @param {HTMLElement} element
 * @param {import('./frame.js').FrameCallbacks} callbacks
 * @param {object} options
 * @param {Words} options.words
 * @param {string} options.sign
 * @param {HTMLElement} options.list
 * @param {HTMLElement|null} [options.tools] beside the title, for those with an account
 * @param {(cursor: Cursor|null, signal: AbortSignal) => Promise<{items: Item[], next: Cursor|null}>} options.page
 *   `cursor`: the `next` of the page before; null for the first
 * @param {(item: Item) => string} options.keyOf another as soon as its row has to be made anew
 * @param {(item: Item, username: string|null) => HTMLLIElement} options.makeRow
 * @param {(count: number) => string} options.said what a screen reader hears when there are so many
 * @param {() => Node} [options.waiting] what stands there until the first are
 * @param {() => Parameters<typeof emptyState>[0]} options.none what stands there when there are none
 * @param {(title: HTMLElement) => HTMLElement|null} options.refuge gets the focus of what has gone
 * @param {() => boolean} [options.isOther] what was found before answers another question
 */
export function createListing(element, callbacks, { words, sign, list, tools = null, page, keyOf, makeRow, said, waiting, none, refuge, isOther = () => false }) {
  /** @type {Data} */
  let data = { username: null, user: null, connection: 'connecting' };
  /** @type {Item[]} */
  let found = [];
  /** @type {Cursor|null} */
  let next = null;
  /** @type {'loading' | 'ready' | 'error'} */
  let status = 'loading';
  /** @type {AbortController | null} */
  let asking = null;
  /** Whose list is on view. @type {number | null | undefined} */
  let reader;
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();

  const more = el('button', { type: 'button', class: 'button button-quiet contacts-more', hidden: true }, words.more);
  const state = el('div', { class: 'rooms-state' });
  const told = el('p', { class: 'sr-only', role: 'status' });
  const frame = createFrame(element, callbacks, words, { tools, body: [told, list, more, state] });
  const { title, signal } = frame;

  /** Another node each time: the same words are said once more. @param {string} text */
  const say = (text) => told.replaceChildren(text);
  /** What had the focus last in the list: whoever comes back to the page goes on there. @type {HTMLElement|null} */
  let left = null;
  element.addEventListener('focusin', ({ target }) => {
    left = target instanceof HTMLElement && list.contains(target) ? target : null;
  }, { signal });

  let stateKey = '';
  /** @param {string} key @param {() => Node} [make] what stands where there are none */
  const showState = (key, make) => {
    if (key === stateKey) return;
    stateKey = key;
    keepFocus(state, () => state.replaceChildren(...(make ? [make()] : [])), () => refuge(title));
  };
  /** @param {string} text @param {string} name @param {() => void} run */
  const action = (text, name, run) => {
    const button = wordButton(text, name);
    button.addEventListener('click', run);
    return button;
  };
  const draw = () => {
    if (tools) tools.hidden = data.user === null;
    const byKey = new Map(found.map((item) => [keyOf(item), item]));
    keepFocus(
      list,
      () => reconcile(list, rows, [...byKey.keys()], (key) => makeRow(/** @type {Item} */ (byKey.get(key)), data.username)),
      () => refuge(title),
    );
    list.hidden = found.length === 0;
    more.hidden = next === null || status !== 'ready';
    if (data.user === null) {
      showState('guest', () => emptyState({ sign, title: words.guest, text: words.guestHint, action: action(words.signIn, 'user', callbacks.onSignOut) }));
    } else if (status === 'error') {
      const again = () => void read(found.length > 0);
      showState('error', () => emptyState({ sign: 'alert', title: words.error, text: words.errorHint, action: action(common.tryAgain, 'retry', again) }));
    } else if (found.length > 0 || next !== null) showState('');
    else if (status === 'loading') showState('loading', waiting ?? (() => el('p', { class: 'sr-only' }, common.loading)));
    else {
      const empty = none();
      showState(`none ${empty.title}`, () => emptyState(empty));
    }
  };
  /**
   * @param {boolean} [isFurther] the next page, behind those that are there
   * @param {number} [least] so many, if there are: who has gone on stays there
   */
  const read = async (isFurther = false, least = 0) => {
    if (data.user === null) {
      [found, next] = [[], null];
      return draw();
    }
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    if (!isFurther && found.length === 0) status = 'loading';
    draw();
    try {
      let { items, next: behind } = await page(isFurther ? next : null, mine.signal);
      while (items.length < least && behind !== null && !mine.signal.aborted) {
        const further = await page(behind, mine.signal);
        items = [...items, ...further.items];
        behind = further.next;
      }
      if (mine.signal.aborted) return;
      found = isFurther ? [...found, ...items] : items;
      next = behind;
      status = 'ready';
      setText(told, said(found.length));
    } catch {
      if (mine.signal.aborted) return;
      if (!isFurther && isOther()) [found, next] = [[], null];
      status = 'error';
      say(words.error);
    }
    draw();
  };

  more.addEventListener('click', () => {
    const before = found.length;
    void readFurther(more, () => read(true), () => list.children[before]?.querySelector('a, button') ?? state.querySelector('button') ?? refuge(title));
  }, { signal });

  return {
    title,
    /** Ends with the page. */
    signal,
    read,
    found: () => found,
    /** Some have gone. @param {(item: Item) => boolean} stays @param {string} [text] what is said of it */
    keep(stays, text) {
      if (status !== 'ready' || found.every(stays)) return;
      found = found.filter(stays);
      draw();
      if (text !== undefined) say(text);
    },
    /** @param {Data} now */
    update(now) {
      data = now;
      frame.update(now);
      const id = now.user?.id ?? null;
      if (reader === id) return;
      reader = id;
      [found, next] = [[], null];
      void read();
    },
    /** It comes into view. */
    focus() {
      (left?.isConnected ? left : title).focus();
      left = null;
      if (status !== 'loading') void read(false, found.length);
    },
    destroy() {
      asking?.abort();
      frame.destroy();
    },
  };
}
