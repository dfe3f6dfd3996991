/** The frame of the pages beside the conversation: the bar, the way back, a title and what it is about. */

import { el, icon } from '../../dom.js';
import { strings } from '../../strings/en.js';
import { createSelf } from '../self.js';

/**
 * @param {string} name
 * @returns {HTMLElement} where a page stands that few visits see; it comes into view by being shown
 */
export function screenOf(name) {
  const screen = document.getElementById(name) ?? el('div', { id: name, class: 'screen screen-framed rooms', hidden: true });
  if (!screen.isConnected) document.getElementById('chat')?.before(screen);
  return screen;
}

/**
 * @typedef {object} FrameCallbacks
 * @property {() => void} onBack
 * @property {() => void} onSignOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 *
 * @param {HTMLElement} element
 * @param {FrameCallbacks} callbacks
 * @param {{title: string, lead: string, back: string}} words
 * @param {object} parts
 * @param {string} [parts.kind] a further class of the body
 * @param {HTMLElement|null} [parts.tools] beside the title
 * @param {import('../../dom.js').Child[]} parts.body
 */
export function createFrame(element, { onBack, ...callbacks }, words, { kind = '', tools = null, body }) {
  const ending = new AbortController();
  const { signal } = ending;
  const title = el('h1', { class: 'rooms-title', tabindex: -1 }, words.title);
  const selfSlot = el('div', { class: 'self self-top' });
  const back = el('a', { class: 'back-link', href: '#/' }, icon('back', 'icon-sm'), el('span', {}, words.back));
  element.replaceChildren(
    el(
      'div',
      { class: 'card rooms-card' },
      el('header', { class: 'topbar' }, el('span', { class: 'brand' }, icon('mark', 'mark'), el('span', {}, strings.product)), selfSlot),
      el(
        'main',
        { class: 'scroller rooms-main' },
        el(
          'div',
          { class: `rooms-body directory-body ${kind}`.trim() },
          back,
          el('div', { class: 'rooms-head' }, el('div', { class: 'rooms-heading' }, title, el('p', { class: 'rooms-count' }, words.lead)), tools),
          ...body,
        ),
      ),
    ),
  );
  const self = createSelf(selfSlot, callbacks);
  back.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onBack();
  }, { signal });

  return {
    title,
    /** Ends with the frame. */
    signal,
    /** @param {{username: string | null, user: import('../../types.js').User | null, connection: string}} data */
    update: (data) => self.update(data),
    destroy() {
      ending.abort();
      self.destroy();
      element.replaceChildren();
    },
  };
}
