/** What takes the place of the conversation when there is none any more: the room was deleted, or one may not enter. */

import { find, wordButton } from '../dom.js';
import { strings } from '../strings/en.js';
import { emptyState } from './empty.js';

/**
 * @param {HTMLElement} element
 * @param {{onBack: () => void}} callbacks
 */
export function createNotice(element, { onBack }) {
  const ending = new AbortController();
  let shown = '';
  element.hidden = true;
  element.addEventListener(
    'click',
    (event) => {
      if (/** @type {Element} */ (event.target).closest('button')) onBack();
    },
    { signal: ending.signal },
  );

  return {
    /** @param {{kind: 'roomDeleted' | 'refused', text: string} | null} data null puts the conversation back */
    update(data) {
      element.hidden = data === null;
      const key = data === null ? '' : `${data.kind} ${data.text}`;
      if (key === shown) return;
      shown = key;
      if (data === null) return element.replaceChildren();
      const deleted = data.kind === 'roomDeleted';
      element.replaceChildren(
        emptyState({
          sign: deleted ? 'trash' : 'alert',
          title: deleted ? strings.notice.deletedTitle : strings.notice.refusedTitle,
          text: data.text,
          action: wordButton(strings.notice.back, 'back'),
        }),
      );
      find('.empty-title', element).focus();
    },
    destroy() {
      ending.abort();
      element.replaceChildren();
    },
  };
}
