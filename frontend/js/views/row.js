/** One message as a row: the same node from the moment it is sent until it leaves the log. */

import { el, icon, setAttr, setText, uid } from '../dom.js';
import { formatTime, isEmojiOnly } from '../format.js';
import { errorText, strings } from '../strings/en.js';
import { setFace } from './avatar.js';
import { showText } from './formatting.js';
import { guestBadge } from './names.js';

/**
 * @typedef {object} Row
 * @property {HTMLLIElement} node
 * @property {HTMLElement} article the part that takes the focus
 * @property {HTMLElement} face
 * @property {HTMLElement} name leads to the author's profile
 * @property {HTMLElement} badge
 * @property {HTMLTimeElement} time
 * @property {HTMLElement} body
 * @property {HTMLElement | null} actions what can be done with a message that was not sent
 * @property {import('../types.js').Message | import('../types.js').PendingMessage | null} source what the row shows
 * @property {boolean} grouped
 * @property {boolean} isRaw Markdown is shown as it was written until it can be read
 */

/** Cloned for every row: four times as fast as making the parts one by one. */
const template = el(
  'li',
  { class: 'row' },
  el(
    'article',
    { class: 'row-article', tabindex: -1 },
    el('span', { class: 'avatar row-face', 'aria-hidden': 'true' }),
    el(
      'header',
      { class: 'row-head' },
      // No button element: its words could not be selected and copied with the rest.
      el('span', { class: 'row-name', dir: 'auto', role: 'button', tabindex: -1 }),
      guestBadge(),
      el('time', { class: 'row-time' }),
    ),
    el('div', { class: 'row-body', dir: 'auto' }),
  ),
);

/** @returns {Row} */
export function makeRow() {
  const node = /** @type {HTMLLIElement} */ (template.cloneNode(true));
  const article = /** @type {HTMLElement} */ (node.firstElementChild);
  const [face, head, body] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ (
    /** @type {unknown} */ (article.children)
  );
  const [name, badge, time] = /** @type {[HTMLElement, HTMLElement, HTMLTimeElement]} */ (
    /** @type {unknown} */ (head.children)
  );
  // The name of a row is author, time and words, whichever of them are on view.
  const id = uid('row');
  name.id = `${id}a`;
  badge.id = `${id}g`;
  time.id = `${id}t`;
  body.id = `${id}b`;
  article.setAttribute('aria-labelledby', `${id}a ${id}g ${id}t ${id}b`);
  return { node, article, face, name, badge, time, body, actions: null, source: null, grouped: false, isRaw: false };
}

/** @typedef {{content: string, edited_at?: string | null, deleted_at?: string | null}} Said */

/** @param {Said | null} before @param {Said} now */
const isSame = (before, now) =>
  before?.content === now.content && (before.edited_at ?? null) === (now.edited_at ?? null) &&
  (before.deleted_at ?? null) === (now.deleted_at ?? null);

/** @param {Row} row @param {Said} said */
function fillBody(row, { content, edited_at: edited, deleted_at: deleted }) {
  const isDeleted = Boolean(deleted);
  row.node.toggleAttribute('data-deleted', isDeleted);
  if (isDeleted) row.body.replaceChildren(strings.messages.deleted);
  const isActive = row.article.tabIndex === 0;
  row.isRaw = !isDeleted && !showText(row.body, content, { tabindex: isActive ? null : -1 });
  if (edited && !isDeleted) {
    const { edits: label, edited: words } = strings.messages;
    const time = el('time', { datetime: edited }, words);
    const props = { type: 'button', class: 'row-edited', tabindex: row.article.tabIndex, 'aria-label': label, dataset: { action: 'edits' } };
    const last = row.body.lastElementChild;
    (last?.matches('p') ? last : row.body).append(' ', el('button', props, time));
  }
  row.body.classList.toggle('row-emoji', !isDeleted && isEmojiOnly(content));
  if (isActive) setTabStop(row, true);
}

/** Markdown can be read now. @param {Row} row */
export function redress(row) {
  if (row.isRaw && row.source) fillBody(row, row.source);
}

/** @param {Row} row @param {Said & {username: string, guest: boolean, time: string}} message */
function fill(row, message) {
  const { username, guest, time } = message;
  const before = row.source;
  // Without a word in it: what is hidden would still be read as a part of the row's name.
  setText(row.badge, guest ? strings.guest : '');
  row.badge.hidden = !guest;
  if (before?.username !== username) {
    setFace(row.face, username, guest);
    setText(row.name, username);
  }
  setText(row.time, formatTime(time));
  setAttr(row.time, 'datetime', time);
  if (!isSame(before, message)) fillBody(row, message);
}

/** @param {Row} row @param {boolean} grouped */
function setGrouped(row, grouped) {
  if (row.grouped === grouped) return;
  row.grouped = grouped;
  row.node.toggleAttribute('data-grouped', grouped);
}

/** @param {Row} row @param {import('../types.js').PendingMessage | null} pending */
function setState(row, pending) {
  setAttr(row.node, 'data-state', pending?.status);
  setAttr(row.node, 'data-client-id', pending?.client_id);
  const failed = pending?.status === 'failed';
  row.node.querySelector('.row-clock')?.remove();
  // Shown by the style sheet after 400 ms only: most messages are stored before.
  if (pending?.status === 'sending') {
    const clock = el(
      'span',
      { class: 'row-clock', role: 'img', 'aria-label': strings.messages.sending, title: strings.messages.sending },
      icon('clock', 'icon-sm'),
    );
    row.name.parentElement?.append(clock);
  }
  if (!failed) {
    row.actions?.remove();
    row.actions = null;
    return;
  }
  const reason = errorText(pending?.error, pending?.detail);
  row.actions ??= el(
    'div',
    { class: 'row-failed', role: 'group', 'aria-label': strings.messages.failedActions },
    el('span', { class: 'row-reason' }, icon('alert', 'icon-sm'), el('span')),
    el('button', { type: 'button', class: 'text-button', dataset: { action: 'retry' } }, strings.messages.retry),
    el('button', { type: 'button', class: 'text-button', dataset: { action: 'discard' } }, strings.messages.discard),
    el('button', { type: 'button', class: 'text-button', dataset: { action: 'copy' } }, strings.messages.copy),
  );
  const words = row.actions.querySelector('.row-reason > span');
  if (words !== null) {
    setText(words, pending?.error ? `${strings.messages.notSent} ${reason}` : strings.messages.notSent);
  }
  if (row.actions.parentNode === null) row.article.append(row.actions);
}

/**
 * Brings a row to what it should show; touches only what differs.
 * @param {Row} row
 * @param {import('./items.js').MessageItem | import('./items.js').PendingItem} item
 */
export function updateRow(row, item) {
  setGrouped(row, item.grouped);
  const source = item.kind === 'message' ? item.message : item.pending;
  if (row.source === source) return;
  if (item.kind === 'message') {
    const { message } = item;
    fill(row, { ...message, time: message.timestamp });
    setState(row, null);
    setAttr(row.node, 'data-message-id', String(message.id));
  } else {
    const { pending } = item;
    fill(row, { ...pending, guest: !pending.account, time: pending.created_at });
    setState(row, pending);
    setAttr(row.node, 'data-message-id', null);
  }
  row.source = source;
}

/**
 * Makes a row the log's one tab stop, or not: only its links and buttons can then be reached by Tab.
 * @param {Row} row
 * @param {boolean} active
 */
export function setTabStop(row, active) {
  setAttr(row.article, 'tabindex', active ? '0' : '-1');
  const controls = 'a, .row-name, .row-reply, .row-edited, .row-tools button, .md-copy, .reactions button, .row-receipts, .files a, .files button';
  for (const control of row.node.querySelectorAll(controls)) setAttr(control, 'tabindex', active ? '0' : '-1');
  // Wide code and tables are gone along by keys.
  for (const box of row.body.querySelectorAll('.md-scroll')) setAttr(box, 'tabindex', active && box.scrollWidth > box.clientWidth ? '0' : '-1');
}
