/** The dialog with the messages that are about oneself, newest first. */

import { el, setText, wordButton } from '../../dom.js';
import { words } from '../../strings/attention.js';
import { openModal } from '../account/modal.js';
import { createResults } from '../search/results.js';

/** @typedef {import('../../types.js').SearchResult} SearchResult */

/**
 * @param {object} options
 * @param {string | null} options.username
 * @param {(before: number | null) => Promise<{results: SearchResult[], before: number | null}>} options.load a page; rejects with `{code}`
 * @param {(message: import('../../types.js').Message) => void} options.onOpen
 */
export function openMentions({ username, load, onOpen }) {
  const text = words.list;
  const state = el('p', { class: 'mentions-state', role: 'status' }, text.loading);
  const again = wordButton(text.again, 'retry', 'button-quiet');
  again.hidden = true;
  const scroller = el('div', { class: 'scroller mentions-body' });
  /** @type {SearchResult[]} */
  let shown = [];
  /** @type {number | null} */
  let before = null;
  let isLoading = false;
  let isWhole = false;
  const { dialog } = openModal({ title: text.title, kind: 'mentions-dialog', body: [state, again, scroller] });
  const results = createResults({
    scroller,
    onOpen: ({ message }) => {
      dialog.close();
      onOpen(message);
    },
    onMore: () => void read(),
    onUp: () => {},
  });
  scroller.append(results.list);
  const say = (/** @type {string} */ said, /** @type {boolean} */ isSeen) => {
    setText(state, said);
    state.classList.toggle('sr-only', !isSeen);
  };
  const read = async () => {
    if (isLoading || isWhole) return;
    isLoading = true;
    again.hidden = true;
    try {
      const page = await load(before);
      const isFirst = shown.length === 0;
      shown = [...shown, ...page.results];
      before = page.before;
      isWhole = before === null;
      isLoading = false;
      results.update(shown, '', username);
      say(shown.length > 0 ? text.count(shown.length) : text.none, shown.length === 0);
      if (isFirst && shown.length > 0) results.focus();
      // A page may hold nothing that one may still see.
      else if (page.results.length === 0) void read();
    } catch {
      isLoading = false;
      say(text.error, true);
      again.hidden = false;
    }
  };
  again.addEventListener('click', () => {
    dialog.focus();
    void read();
  });
  void read();
}
