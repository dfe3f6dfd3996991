/** What a row has that answers a message, or has been answered: a line of quote above its words, a stub below them. */

import { el, setAttr, setText } from '../dom.js';
import { dayKey, formatShortDate, formatTime } from '../format.js';
import { words } from '../strings/replies.js';
import { putBelow } from './below.js';
import { guestBadge } from './names.js';
import { wordsOf } from './said.js';

/** More of a message than fits into one line of any screen. */
const QUOTED_AT_MOST = 300;

/**
 * @typedef {import('./row.js').Row} Row
 * @typedef {import('../types.js').Message} Message
 * @typedef {{node: HTMLButtonElement, told: HTMLElement, id: number, message: Message | null | undefined}} Quote
 * @typedef {{node: HTMLButtonElement, replies: object}} Stub
 */

/**
 * @param {Message} message
 * @returns {string} in one line, and not longer than that needs
 */
export function oneLine(message) {
  const said = message.content || (message.forwarded?.content ?? '');
  // A cut may fall between the halves of a character.
  return wordsOf(message, said.slice(0, QUOTED_AT_MOST).replace(/[\ud800-\udbff]$/u, ''));
}

/**
 * @param {string} iso
 * @param {Date} [now]
 * @returns {string} the time of today, the date of another day
 */
export const when = (iso, now = new Date()) => (dayKey(iso) === dayKey(now) ? formatTime(iso) : formatShortDate(iso));

/**
 * Who said a message, and what: the parts of a line of quote.
 * @param {Message | null} message null: not known yet
 * @returns {Node[]}
 */
export function quoted(message) {
  if (message === null) return [el('span', { class: 'quote-words' }, '…')];
  const isGone = message.deleted_at !== null;
  return [
    message.username && el('span', { class: 'quote-name', dir: 'auto' }, message.username),
    message.username && message.guest && guestBadge(),
    el('span', { class: isGone ? 'quote-words quote-gone' : 'quote-words', dir: 'auto' }, isGone ? words.gone : oneLine(message)),
  ].filter((part) => part instanceof Node);
}

/** @param {Message | null} message */
function answers(message) {
  if (message === null) return words.answersUnknown;
  if (!message.username) return words.answersGone;
  return message.guest ? words.answersGuest(message.username) : words.answers(message.username);
}

/**
 * @param {Row} row
 * @param {number} id
 * @returns {Quote}
 */
function makeQuote(row, id) {
  const told = el('span', { class: 'sr-only', id: row.time.id.replace(/t$/, 'q') });
  const tabindex = row.article.tabIndex === 0 ? null : -1;
  const node = el('button', { type: 'button', class: 'row-quote row-reply', tabindex, dataset: { quote: String(id) } });
  row.body.before(node);
  const parts = (row.article.getAttribute('aria-labelledby') ?? '').split(' ');
  // Behind the author: "Bob, replying to Ada, 14:05, words".
  row.article.setAttribute('aria-labelledby', [...parts.slice(0, 2), told.id, ...parts.slice(2)].join(' '));
  return { node, told, id, message: undefined };
}

/**
 * @param {object} options
 * @param {(id: number) => Message | null} options.quoteOf null: not known yet
 * @param {(replyTo: number) => boolean} [options.isPlain] it need not be said what a message answers that answers this
 * @param {boolean} [options.hasStubs]
 * @returns {(row: Row) => void} gives a row what its message has of this, or takes it away
 */
export function createDressing({ quoteOf, isPlain = () => false, hasStubs = true }) {
  /** @type {WeakMap<Row, {quote: Quote | null, stub: Stub | null}>} */
  const worn = new WeakMap();

  /** @param {Row} row @param {Quote | null} before @param {number | null} id */
  const setQuote = (row, before, id) => {
    let quote = before;
    if (quote !== null && quote.id !== id) {
      quote.node.remove();
      setAttr(row.article, 'aria-labelledby', (row.article.getAttribute('aria-labelledby') ?? '').replace(` ${quote.told.id}`, ''));
      quote = null;
    }
    if (id === null) return null;
    quote ??= makeQuote(row, id);
    const message = quoteOf(id);
    if (message !== quote.message) {
      quote.message = message;
      setText(quote.told, answers(message));
      quote.node.replaceChildren(quote.told, ...quoted(message));
      // For those who listen that has been said.
      for (const part of quote.node.querySelectorAll('.quote-name, .badge')) setAttr(part, 'aria-hidden', 'true');
    }
    return quote;
  };
  /** @param {Row} row @param {Stub | null} before @param {import('../types.js').Message['replies']} replies */
  const setStub = (row, before, replies) => {
    if (!replies) {
      before?.node.remove();
      return null;
    }
    if (before?.replies === replies) return before;
    const node = before?.node ?? el('button', { type: 'button', class: 'row-stub row-reply', tabindex: row.article.tabIndex === 0 ? null : -1 });
    const [count, last] = [words.count(replies.count), when(replies.last_at)];
    node.replaceChildren(
      el('span', { class: 'stub-count' }, count), ' ', el('span', { class: 'stub-last' }, words.last(last)), el('span', { class: 'sr-only' }, words.stub),
    );
    if (before === null) putBelow(row, node);
    return { node, replies };
  };

  return (row) => {
    const { source } = row;
    if (source === null) return;
    const replyTo = source.reply_to && !isPlain(source.reply_to) ? source.reply_to : null;
    const replies = (hasStubs && 'replies' in source && source.replies) || null;
    const before = worn.get(row);
    if (replyTo === null && replies === null && before === undefined) return;
    const { quote = null, stub = null } = before ?? {};
    worn.set(row, { quote: setQuote(row, quote, replyTo), stub: setStub(row, stub, replies) });
    if ('error' in source && source.error === 'not_found' && source.reply_to) {
      const reason = row.actions?.querySelector('.row-reason > span');
      if (reason) setText(reason, words.refused);
    }
  };
}

/**
 * Listens to the quotes and stubs of a log.
 * @param {HTMLElement} element holds the log
 * @param {{onQuote: (id: number) => void, onStub: (id: number) => void}} callbacks
 * @param {AbortSignal} signal ends it
 */
export function listenForReplies(element, { onQuote, onStub }, signal) {
  element.addEventListener(
    'click',
    (event) => {
      const button = /** @type {Element} */ (event.target).closest('.row-reply');
      if (!(button instanceof HTMLElement)) return;
      const { quote } = button.dataset;
      const id = Number(quote ?? button.closest('.row')?.getAttribute('data-message-id'));
      if (id) (quote ? onQuote : onStub)(id);
    },
    { signal },
  );
}
