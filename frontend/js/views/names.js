/** Names as they stand in a sentence, and the mark of those who have no account: nobody can type it. */

import { el } from '../dom.js';
import { strings } from '../strings/en.js';

/** Private to this file: characters that stand for the names while the sentence is made. */
const FIRST_MARK = 0xe000;
const MARKS = 0x1000;

/** @returns {HTMLElement} */
export function guestBadge() {
  return el('span', { class: 'badge' }, strings.guest);
}

/**
 * A sentence in which every name is a node of its own, and guests are marked.
 * @param {(names: string[]) => string} words
 * @param {string[]} names
 * @param {(name: string, at: number) => boolean | null} isGuest
 * @returns {DocumentFragment}
 */
export function sentence(words, names, isGuest) {
  const fragment = document.createDocumentFragment();
  const marks = names.map((_, index) => String.fromCharCode(FIRST_MARK + (index % MARKS)));
  for (const part of words(marks).split(/([\ue000-\uefff])/)) {
    const at = part.charCodeAt(0) - FIRST_MARK;
    const name = /^[\ue000-\uefff]$/.test(part) ? names[at] : undefined;
    if (name === undefined) fragment.append(part);
    else {
      fragment.append(el('bdi', {}, name));
      if (isGuest(name, at)) fragment.append(' ', guestBadge());
    }
  }
  return fragment;
}
