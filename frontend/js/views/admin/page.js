/** The page of those who run the server: tabs under a head, as the other pages have it. */

import { el, icon } from '../../dom.js';
import { strings } from '../../strings/en.js';
import { words } from '../../strings/admin.js';
import { createSelf } from '../self.js';
import { createTabs } from '../tabs.js';

/**
 * @param {HTMLElement} element
 * @param {object} callbacks
 * @param {import('../tabs.js').Tab[]} callbacks.tabs
 * @param {() => void} callbacks.onBack
 * @param {() => void} callbacks.onSignOut
 * @param {() => void} callbacks.onAccount
 * @param {(cause: unknown) => void} callbacks.onTrouble
 */
export function createAdministration(element, { tabs, onBack, ...callbacks }) {
  const ending = new AbortController();
  const { signal } = ending;
  const title = el('h1', { class: 'rooms-title', tabindex: -1 }, words.title);
  const selfSlot = el('div', { class: 'self self-top' });
  const back = el('a', { class: 'back-link', href: '#/' }, icon('back', 'icon-sm'), el('span', {}, words.back));
  const { list, panels } = createTabs(tabs, words.title);
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
          { class: 'rooms-body directory-body admin-body' },
          back,
          el('div', { class: 'rooms-heading' }, title, el('p', { class: 'rooms-count' }, words.lead)),
          list,
          ...panels,
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
  let isFirst = true;

  return {
    /** @param {{username: string | null, user: import('../../types.js').User | null, connection: string}} data */
    update: (data) => self.update(data),
    /** It comes into view: what it shows may have changed meanwhile. */
    focus() {
      title.focus();
      const shown = panels.findIndex(({ hidden }) => !hidden);
      if (!isFirst) tabs[shown]?.part.open?.();
      isFirst = false;
    },
    destroy() {
      ending.abort();
      for (const { part } of tabs) part.destroy();
      self.destroy();
      element.replaceChildren();
    },
  };
}
