/** How much is unread in other rooms: on the button that leads back to them, which is there where they are not on view. */

import { el, setAttr, setText } from '../dom.js';
import { formatUnread } from '../format.js';
import { strings } from '../strings/en.js';
import { words } from '../strings/reads.js';

/** @param {Document} page @param {number} count */
export function drawElsewhere(page, count) {
  const back = page.querySelector('.header-back');
  if (!back) return;
  const badge = back.querySelector('.back-count') ?? el('span', { class: 'count back-count', 'aria-hidden': 'true' });
  if (count === 0) badge.remove();
  else if (!badge.parentElement) back.append(badge);
  setText(badge, formatUnread(count));
  const label = count === 0 ? strings.header.back : words.elsewhere(strings.header.back, count);
  setAttr(back, 'aria-label', label);
  setAttr(back, 'title', label);
}
