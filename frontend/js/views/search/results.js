/** The messages that were found: one tab stop, arrows from one to the next. */

import { el, keepFocus, reconcile, setAttr } from '../../dom.js';
import { formatDay, formatFull, formatTime, roomCall } from '../../format.js';
import { fileWords } from '../../strings/said.js';
import { words } from '../../strings/search.js';
import { avatar } from '../avatar.js';
import { guestBadge } from '../names.js';
import { plain } from './plain.js';
import { snippet } from './snippet.js';

/** Further results are asked for when so much is left to scroll. */
const AHEAD_PX = 400;

/** @typedef {import('../../types.js').SearchResult} SearchResult */

/**
 * @param {SearchResult} result
 * @param {string|null} username  the reader's
 */
function makeRow({ message, room, hits, forwarded_hits: passedOn = [] }, username) {
  const { username: author, guest, timestamp, content, forwarded } = message;
  const text = el('p', { class: 'finding-text', dir: 'auto' });
  // What it passes on stands for words of its own where it was found there, or has none.
  const isOwn = !forwarded || (content !== '' && (hits.length > 0 || passedOn.length === 0));
  if (forwarded && !isOwn) text.append(el('span', { class: 'finding-whose' }, words.forwarded(forwarded.username)), ' ');
  const said = isOwn ? plain(content, hits) : plain(forwarded.content, passedOn);
  for (const { text: part, hit } of snippet(said.content, said.hits)) text.append(hit ? el('mark', {}, part) : part);
  for (const file of isOwn ? message.files : forwarded.files) text.append(text.textContent ? ' · ' : '', fileWords(file));
  return el(
    'li',
    {},
    el(
      'a',
      { class: 'finding', href: `#/r/${message.room_id}/m/${message.id}`, tabindex: -1, dataset: { id: String(message.id) } },
      avatar(author, 'avatar-sm', guest),
      el(
        'span',
        { class: 'finding-head' },
        el('bdi', { class: 'finding-name' }, author),
        ' ',
        guest ? guestBadge() : null,
        el('time', { class: 'finding-time', datetime: timestamp, title: formatFull(timestamp) },
          `${formatDay(timestamp)}, ${formatTime(timestamp)}`),
      ),
      ' ',
      el('span', { class: 'finding-room' }, el('span', { class: 'sr-only' }, `${words.in} `), el('bdi', {}, roomCall(room, username))),
      text,
    ),
  );
}

/**
 * @param {object} options
 * @param {HTMLElement} options.scroller
 * @param {(result: SearchResult) => void} options.onOpen
 * @param {() => void} options.onMore
 * @param {() => void} options.onUp  from the first result
 */
export function createResults({ scroller, onOpen, onMore, onUp }) {
  const list = el('ol', { class: 'finder-results', role: 'list', 'aria-label': words.results });
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();
  /** @type {SearchResult[]} */
  let shown = [];
  const links = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('.finding')]);

  /** @param {Element|undefined} chosen */
  const setTabStop = (chosen) => {
    for (const link of links()) setAttr(link, 'tabindex', link === chosen ? null : '-1');
  };
  list.addEventListener('focusin', (event) => setTabStop(/** @type {HTMLElement} */ (event.target)));
  list.addEventListener('click', (event) => {
    const link = /** @type {Element} */ (event.target).closest('a');
    const result = shown.find(({ message }) => String(message.id) === link?.dataset['id']);
    if (!link || !result || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    for (const other of links()) setAttr(other, 'aria-current', other === link ? 'true' : null);
    onOpen(result);
  });
  list.addEventListener('keydown', (event) => {
    const all = links();
    const at = all.findIndex((link) => link === document.activeElement);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (event.altKey || event.ctrlKey || event.metaKey || !Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    const next = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (next < 0) onUp();
    else all[next]?.focus();
    if (next >= all.length - 1) onMore();
  });
  const look = () => {
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AHEAD_PX) onMore();
  };
  scroller.addEventListener('scroll', look, { passive: true });

  return {
    list,
    /**
     * @param {SearchResult[]} results
     * @param {string} asked  what they were found with: other hits are other rows
     * @param {string|null} username
     */
    update(results, asked, username) {
      const isNew = results[0] !== shown[0];
      shown = results;
      const byKey = new Map(results.map((result) => [`${result.message.id} ${asked}`, result]));
      keepFocus(
        list,
        () => reconcile(list, rows, [...byKey.keys()], (key) => makeRow(/** @type {SearchResult} */ (byKey.get(key)), username)),
        () => links()[0],
      );
      const all = links();
      setTabStop(all.find((link) => link.tabIndex === 0) ?? all[0]);
      if (isNew) scroller.scrollTop = 0;
      // Results that do not fill the panel leave nothing to scroll.
      if (results.length > 0) look();
    },
    focus: () => links()[0]?.focus(),
  };
}
