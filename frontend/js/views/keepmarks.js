/** What a row has that is pinned, saved, or passes something on: a line under its words, the words that it passes on. */

import { el, icon, setAttr, setText } from '../dom.js';
import { formatFull, formatShortDate } from '../format.js';
import { words } from '../strings/keeping.js';
import { putBelow } from './below.js';
import { showText } from './formatting.js';

/**
 * @typedef {import('./row.js').Row} Row
 * @typedef {import('../types.js').Message} Message
 * @typedef {{forward: HTMLElement|null, of: string, isRaw: boolean, marks: HTMLElement|null, told: string}} Worn
 */

/** @param {Row} row @param {string} letter @returns {string} */
const idOf = (row, letter) => row.time.id.replace(/t$/, letter);

/** A part of the row's name, behind its words. @param {Row} row @param {string} id @param {boolean} isThere */
function name(row, id, isThere) {
  const parts = (row.article.getAttribute('aria-labelledby') ?? '').split(' ');
  if (parts.includes(id) === isThere) return;
  setAttr(row.article, 'aria-labelledby', (isThere ? [...parts, id] : parts.filter((part) => part !== id)).join(' '));
}

/** @param {NonNullable<Message['forwarded']>} forwarded @param {Row} row @returns {{node: HTMLElement, isRaw: boolean}} */
function makeForward(forwarded, row) {
  const { message_id: messageId, room_id: roomId, username, guest, timestamp, content } = forwarded;
  const isActive = row.article.tabIndex === 0;
  const said = el('blockquote', { class: 'forward-words row-words', dir: 'auto' });
  const isRaw = !showText(said, content, { tabindex: isActive ? null : -1 });
  const line = (guest ? words.fromGuest : words.from)(username, formatShortDate(timestamp));
  const head = [icon('forward', 'icon-sm'), el('bdi', { class: 'forward-name' }, line)];
  const props = { class: 'forward-head', title: formatFull(timestamp) };
  const node = el(
    'div',
    { class: 'row-forward' },
    // Files come in behind it, and have their own part of the row's name.
    el(
      'div',
      { id: idOf(row, 'w') },
      messageId && roomId
        // What is read out is where it is from; that it leads there is said of the link itself.
        ? el('a', { ...props, class: 'forward-head forward-link', tabindex: isActive ? null : -1, href: `#/r/${roomId}/m/${messageId}` },
          ...head, el('span', { class: 'sr-only' }, `. ${words.show}`))
        : el('p', props, ...head),
      content && said,
    ),
  );
  return { node, isRaw };
}

/**
 * @param {object} options
 * @param {(id: number) => boolean} options.isSaved
 * @returns {(row: Row) => void} gives a row what its message has of this, or takes it away
 */
export function createMarks({ isSaved }) {
  /** @type {WeakMap<Row, Worn>} */
  const all = new WeakMap();

  /** @param {Row} row @param {Worn} worn @param {Message['forwarded']} [forwarded] */
  const setForward = (row, worn, forwarded = null) => {
    // A message that has changed in another way passes the same on: who is on it stays there.
    const of = forwarded ? JSON.stringify(forwarded) : '';
    if (worn.of === of && !worn.isRaw) return;
    worn.forward?.remove();
    Object.assign(worn, { forward: null, of, isRaw: false });
    if (forwarded) {
      const { node, isRaw } = makeForward(forwarded, row);
      putBelow(row, node);
      Object.assign(worn, { forward: node, isRaw });
    }
    name(row, idOf(row, 'w'), forwarded !== null);
    row.node.toggleAttribute('data-forwards', forwarded !== null);
  };
  /** @param {Row} row @param {Worn} worn @param {string|null} pinnedBy @param {boolean} saved */
  const setMarks = (row, worn, pinnedBy, saved) => {
    const told = JSON.stringify([pinnedBy, saved]);
    if (worn.told === told) return;
    worn.told = told;
    worn.marks?.remove();
    worn.marks = null;
    if (pinnedBy !== null || saved) {
      const mark = (/** @type {string} */ sign, /** @type {string} */ text) =>
        el('span', { class: `row-mark row-mark-${sign}` }, icon(sign, 'icon-sm'), el('bdi', {}, text));
      worn.marks = el('p', { class: 'row-marks', id: idOf(row, 'k') },
        pinnedBy !== null && mark('pin', words.pinnedBy(pinnedBy)), pinnedBy !== null && saved && ' ', saved && mark('bookmark', words.saved));
      putBelow(row, worn.marks);
    }
    name(row, idOf(row, 'k'), worn.marks !== null);
  };

  return (row) => {
    const { source } = row;
    if (source === null || !('id' in source)) return;
    const isThere = !source.deleted_at;
    const forwarded = (isThere && source.forwarded) || null;
    const pinnedBy = isThere && source.pinned_at ? (source.pinned_by ?? '') : null;
    const saved = isThere && isSaved(source.id);
    let worn = all.get(row);
    if (!worn && !forwarded && pinnedBy === null && !saved) return;
    worn ??= { forward: null, of: '', isRaw: false, marks: null, told: JSON.stringify([null, false]) };
    all.set(row, worn);
    setForward(row, worn, forwarded);
    setMarks(row, worn, pinnedBy, saved);
  };
}

/**
 * The button in the room's head that counts its pins and opens them.
 * @param {() => void} onOpen
 */
export function createPinButton(onOpen) {
  const count = el('span', { class: 'header-count' });
  const button = el('button', { type: 'button', class: 'header-people header-pins', 'aria-expanded': 'false', hidden: true }, icon('pin'), count);
  button.addEventListener('click', onOpen);
  return {
    button,
    /** @param {number} pins @param {boolean} isOpen */
    update(pins, isOpen) {
      button.hidden = pins === 0 && !isOpen;
      setText(count, String(pins));
      setAttr(button, 'aria-label', words.pins(pins));
      setAttr(button, 'title', words.pins(pins));
      setAttr(button, 'aria-expanded', String(isOpen));
    },
  };
}
