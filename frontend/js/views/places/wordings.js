/** The dialog with what a message said before: each wording with its time, and what differs from the one before it. */

import { el, setText, wordButton } from '../../dom.js';
import { formatDay, formatFull, formatTime } from '../../format.js';
import { strings } from '../../strings/en.js';
import { words } from '../../strings/places.js';
import { openModal } from '../account/modal.js';
import { differences } from './differences.js';

/** @typedef {import('../../types.js').Wording} Wording */

/** The elements for what changed; they are told apart by a line under or through them. */
const MARKS = { same: null, added: /** @type {const} */ ('ins'), removed: /** @type {const} */ ('del') };

/**
 * @param {Wording} wording
 * @param {Wording | undefined} before
 */
function marked({ content }, before) {
  if (before === undefined) return [content];
  return differences(before.content, content).map(({ kind, text }) => {
    const mark = MARKS[kind];
    if (mark === null) return text;
    const said = kind === 'added' ? words.edits.added : words.edits.removed;
    const hear = (/** @type {string} */ aside) => el('span', { class: 'sr-only' }, aside);
    return el(mark, { class: 'wording-mark' }, hear(said), text, hear(words.edits.end));
  });
}

/**
 * @param {Wording} wording
 * @param {Wording | undefined} before
 * @param {boolean} isNow
 */
function makeItem(wording, before, isNow) {
  const { number, timestamp } = wording;
  const label = isNow ? words.edits.now : number === 1 ? words.edits.first : words.edits.then;
  const missing = number - (before?.number ?? 0) - 1;
  return [
    el(
      'li',
      { class: 'wording' },
      el(
        'p',
        { class: 'wording-head' },
        el('span', { class: isNow ? 'wording-label wording-now' : 'wording-label' }, label),
        ' ',
        el(
          'time',
          { class: 'wording-time', datetime: timestamp, title: formatFull(timestamp) },
          `${formatDay(timestamp)}, ${formatTime(timestamp)}`,
        ),
      ),
      el('p', { class: 'wording-text', dir: 'auto' }, ...marked(wording, before)),
    ),
    missing > 0 && el('li', { class: 'wording-gap' }, before ? words.edits.missing(missing) : words.edits.unknown),
  ];
}

/**
 * @param {object} options
 * @param {number} options.messageId
 * @param {() => Promise<Wording[]>} options.load rejects with `{code}`
 */
export function openWordings({ messageId, load }) {
  const opener = document.activeElement;
  const text = words.edits;
  const hint = el('p', { class: 'hint' });
  const list = el('ol', { class: 'wordings', role: 'list', reversed: true });
  const body = el('div', { class: 'scroller wordings-body', tabindex: 0, role: 'region', 'aria-label': text.title }, hint, list);
  const said = el('p', { class: 'wordings-state', role: 'status' }, words.loading);
  const again = wordButton(words.tryAgain, 'retry', 'button-quiet');
  again.hidden = true;
  const { dialog, closed } = openModal({ title: text.title, kind: 'wordings-dialog', body: [said, again, body] });
  let asked = 0;
  let isGone = false;
  /** Of the newest wording on view. */
  let shown = 0;

  /** @param {string} words @param {boolean} [isSeen] */
  const say = (words, isSeen = true) => {
    setText(said, words);
    said.classList.toggle('sr-only', !isSeen);
  };
  const read = async () => {
    asked += 1;
    const mine = asked;
    again.hidden = true;
    try {
      const found = await load();
      if (mine !== asked || isGone) return;
      list.replaceChildren();
      found.forEach((wording, index) => {
        const item = makeItem(wording, found[index - 1], index === found.length - 1);
        list.prepend(...item.filter((node) => node !== false));
      });
      setText(hint, found.length > 1 ? text.hint : '');
      const newest = found.at(-1)?.number ?? 0;
      say(shown > 0 && newest > shown ? text.changed : text.count(found.length), false);
      shown = newest;
    } catch (refusal) {
      if (mine !== asked || isGone) return;
      if (/** @type {{code?: string}} */ (refusal).code === 'not_found') return end();
      // What is on view may be old, but it was said.
      say(text.error);
      again.hidden = false;
    }
  };
  /** The message was deleted: none of its words may stay. */
  const end = () => {
    isGone = true;
    again.hidden = true;
    body.remove();
    say(strings.messages.deleted);
  };
  again.addEventListener('click', () => {
    say(words.loading);
    // The button goes while it is being asked.
    dialog.focus();
    void read();
  });
  void read();
  return {
    read: () => void read(),
    end,
    close: () => dialog.close(),
    closed: closed.then(() => {
      // The row may have been drawn anew, and the button that opened this with it.
      const row = document.querySelector(`[data-message-id="${messageId}"] .row-article`);
      if (!opener?.isConnected) /** @type {HTMLElement | null} */ (row)?.focus();
    }),
  };
}
