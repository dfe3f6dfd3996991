/**
 * The strip between log and message box: who is typing at the left, the way to the newest at the right. It never
 * covers anything.
 */

import { el, icon, keepFocus, messageField, setAttr, setText } from '../dom.js';
import { canonical } from '../format.js';
import { strings } from '../strings/en.js';
import { sentence } from './names.js';

/**
 * @param {HTMLElement} element
 * @param {{onLatest: () => void}} callbacks
 */
export function createStrip(element, { onLatest }) {
  const ending = new AbortController();
  const words = el('span', { class: 'typing-text', dir: 'auto' });
  const typing = el(
    'p',
    { class: 'typing', hidden: true },
    el('span', { class: 'typing-dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i')),
    words,
  );
  const label = el('span');
  const pill = el('button', { type: 'button', class: 'latest', hidden: true }, icon('down', 'icon-sm'), label);
  element.replaceChildren(el('div', { class: 'strip-line' }, typing, pill));
  let shown = '';
  pill.addEventListener('click', () => onLatest(), { signal: ending.signal });

  return {
    /** @param {{typing: string[], guests: string[], unseen: number, hasNewer: boolean, atBottom: boolean}} data */
    update({ typing: names, guests, unseen, hasNewer, atBottom }) {
      typing.hidden = names.length === 0;
      const marked = new Set(names.length > 0 ? guests.map(canonical) : []);
      const isGuest = (/** @type {string} */ name) => marked.has(canonical(name));
      const key = JSON.stringify(names.map((name) => [name, isGuest(name)]));
      if (key !== shown) words.replaceChildren(...(names.length > 0 ? [sentence(strings.strip.typing, names, isGuest)] : []));
      shown = key;
      const counted = unseen > 0 && !atBottom;
      keepFocus(
        pill,
        () => pill.toggleAttribute('hidden', atBottom && !hasNewer),
        () => messageField(element),
      );
      pill.toggleAttribute('data-unseen', counted);
      setText(label, counted ? strings.strip.unseen(unseen) : strings.strip.latest);
      setAttr(pill, 'aria-label', counted ? strings.strip.unseenLabel(unseen) : strings.strip.latest);
    },
    destroy() {
      ending.abort();
      element.replaceChildren();
    },
  };
}
