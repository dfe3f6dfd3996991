/** Everybody who reacted to a message, with one emoji or with any. */

import { el, setAttr, setText, uid } from '../dom.js';
import { words } from '../strings/places.js';
import { avatar } from './avatar.js';
import { showModal } from './dialog.js';
import { guestBadge } from './names.js';
import { readFurther } from './places/further.js';

/** People in a page of the list. */
const PAGE = 100;

/** @typedef {import('../types.js').Reactor} Reactor */

/** @param {Reactor} reactor */
function makeLine({ emoji, username, guest }) {
  const badge = guestBadge();
  badge.hidden = !guest;
  return el(
    'li',
    { class: 'reactor' },
    avatar(username, 'avatar-sm', guest),
    el('bdi', {}, username),
    badge,
    el('span', { class: 'emoji' }, emoji),
  );
}

/**
 * @param {object} options
 * @param {() => {emoji: string, count: number}[]} options.shown what the message shows now
 * @param {(query: {emoji?: string, after?: number, limit: number}) => Promise<{reactors: Reactor[]}>} options.read
 * @param {string} [options.chosen] the emoji to begin with
 */
export function openReactors({ shown, read, chosen }) {
  const text = words.reactors;
  const titleId = uid('dialog');
  const list = el('ul', { class: 'reactors scroller', role: 'list', tabindex: 0, 'aria-labelledby': titleId });
  const notice = el('p', { class: 'dialog-text', role: 'status' });
  const more = el('button', { type: 'button', class: 'button button-quiet button-wide', hidden: true }, text.more);
  const filter = el('div', { class: 'reactors-filter', role: 'group', 'aria-label': text.filter });
  const close = el('button', { type: 'submit', class: 'button button-primary' }, words.close);
  const form = el(
    'form',
    { class: 'dialog-form', method: 'dialog' },
    el('h2', { id: titleId, class: 'dialog-title' }, text.title),
    filter,
    notice,
    list,
    more,
    el('div', { class: 'dialog-buttons' }, close),
  );
  /** @type {string | undefined} */
  let emoji = chosen;
  let after = 0;
  /** Grows with every question, so that a slow answer does not come below another's. */
  let asked = 0;

  const load = async () => {
    asked += 1;
    const mine = asked;
    setText(notice, after === 0 ? words.loading : '');
    // In focus it stays until there is an answer.
    if (document.activeElement !== more) more.hidden = true;
    try {
      const { reactors } = await read({ limit: PAGE, ...(emoji ? { emoji } : {}), ...(after ? { after } : {}) });
      if (mine !== asked) return;
      list.append(...reactors.map(makeLine));
      after = reactors.at(-1)?.id ?? after;
      more.hidden = reactors.length < PAGE;
      setText(more, text.more);
      setText(notice, list.childElementCount === 0 ? text.none : '');
    } catch {
      if (mine !== asked) return;
      setText(notice, text.error);
      setText(more, words.tryAgain);
      more.hidden = false;
    }
  };
  /** @param {string | undefined} which */
  const choose = (which) => {
    emoji = which;
    after = 0;
    list.replaceChildren();
    for (const button of filter.querySelectorAll('button')) {
      setAttr(button, 'aria-pressed', String((button.dataset['emoji'] ?? '') === (which ?? '')));
    }
    void load();
  };
  const told = shown();
  const total = told.reduce((sum, { count }) => sum + count, 0);
  const chip = (/** @type {string} */ which, /** @type {string} */ count) =>
    el('button', { type: 'button', class: 'pill', dataset: { emoji: which } }, which && el('span', { class: 'emoji' }, which), count);
  filter.append(chip('', text.all(total)), ...told.map((one) => chip(one.emoji, text.count(one.count))));
  filter.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('button');
    if (button) choose(button.dataset['emoji'] || undefined);
  });
  more.addEventListener('click', () => void readFurther(more, load, () => list));
  const closed = showModal(el('dialog', { class: 'dialog', 'aria-labelledby': titleId }, form));
  choose(chosen);
  return closed;
}
