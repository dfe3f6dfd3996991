/** The page of those who run the server: tabs under a head, as the other pages have it. */

import { words } from '../../strings/admin.js';
import { createFrame } from '../places/frame.js';
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
export function createAdministration(element, { tabs, ...callbacks }) {
  const { list, panels } = createTabs(tabs, words.title);
  const frame = createFrame(element, callbacks, words, { kind: 'admin-body', body: [list, ...panels] });
  let isFirst = true;

  return {
    /** @param {{username: string | null, user: import('../../types.js').User | null, connection: string}} data */
    update: frame.update,
    /** It comes into view: what it shows may have changed meanwhile. */
    focus() {
      frame.title.focus();
      const shown = panels.findIndex(({ hidden }) => !hidden);
      if (!isFirst) tabs[shown]?.part.open?.();
      isFirst = false;
    },
    destroy() {
      for (const { part } of tabs) part.destroy();
      frame.destroy();
    },
  };
}
