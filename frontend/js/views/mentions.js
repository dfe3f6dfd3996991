/** Mentions in the log: the names in the words of a message, and the row of one that is about the reader. */

import { el, icon, setAttr, setText } from '../dom.js';
import { dayKey, formatDay, formatTime } from '../format.js';
import { words } from '../strings/attention.js';

/** @typedef {import('../types.js').Message} Message */
/** @typedef {{until: string|null, start: string|null, end: string|null, time_zone: string|null}} Quiet */

/** Of scripts that write words without blanks between them; a name can end before one of these, as on the server. */
const JOINS =
  '\\u0e00-\\u0eff\\u1100-\\u115f\\u2e80-\\ua4cf\\ua960-\\ua97c\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{16fe0}-\\u{1b2ff}\\u{1f200}-\\u{1f2ff}\\u{20000}-\\u{3fffd}';

/** @param {string} name */
const escaped = (name) => name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * @param {Element} body of a row
 * @param {string[]} names that its message mentions
 * @param {string} me
 */
function markNames(body, names, me) {
  const signs = names.map((name) => (name.startsWith('@') ? name : `@${name}`));
  // The longest first: one name may begin another.
  const choices = signs.map(escaped).sort((one, other) => other.length - one.length).join('|');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}@/\\\\.+&#=:-])(${choices})(?=[${JOINS}]|[^\\p{L}\\p{N}]|$)`, 'giu');
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const texts = [];
  while (walker.nextNode()) {
    const text = /** @type {Text} */ (walker.currentNode);
    if (text.data.includes('@') && !text.parentElement?.closest('a, code, pre, button')) texts.push(text);
  }
  for (const text of texts) {
    const parts = text.data.split(pattern);
    if (parts.length === 1) continue;
    text.replaceWith(...parts.map((part, index) => {
      if (index % 2 === 0) return part;
      const isMe = part.toLowerCase() === `@${me}`.toLowerCase();
      return el('span', { class: isMe ? 'mention mention-me' : 'mention' }, part);
    }));
  }
}

/**
 * Brings what is on view up to date; rows that have it already are not touched.
 * @param {Document} page
 * @param {(id: number) => Message | undefined} find
 * @param {{me: string, isAbout: (message: Message) => boolean}} reader
 */
export function showMentions(page, find, { me, isAbout }) {
  for (const row of page.querySelectorAll('.row[data-message-id]')) {
    const message = find(Number(/** @type {HTMLElement} */ (row).dataset['messageId']));
    const names = message?.mentions ?? [];
    setAttr(row, 'data-mention', Boolean(message && isAbout(message)));
    const body = names.length > 0 && row.querySelector('.row-body');
    if (body && !body.querySelector('.mention')) markNames(body, names, me);
  }
}

/**
 * Rooms of which one wants to hear nothing say so: that they are paler is not for everybody to see.
 * @param {Document} page
 */
export function signMuted(page) {
  for (const sign of page.querySelectorAll('.muted-sign')) if (!sign.closest('[data-muted]')) sign.remove();
  for (const count of page.querySelectorAll('[data-muted] .count')) {
    if (count.previousElementSibling?.matches('.muted-sign')) continue;
    count.before(el('span', { class: 'muted-sign' }, icon('mute', 'icon-sm'), el('span', { class: 'sr-only' }, words.muted)));
  }
}

/** @param {string} clock  such as "22:00" @returns {string} as it is written here */
export const clockTime = (clock) => formatTime(`2000-01-01T${clock}`);

/**
 * @param {Quiet} quiet
 * @param {number} now  ms since 1970
 * @returns {'paused'|'daily'|'later'|'never'} whether one may be disturbed
 */
export function quietAt({ until, start, end, time_zone: timeZone }, now) {
  if (Date.parse(until ?? '') > now) return 'paused';
  if (!start || !end) return 'never';
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: timeZone ?? 'UTC' }).format(now);
  const isIn = start < end ? start <= clock && clock < end : clock >= start || clock < end;
  return isIn ? 'daily' : 'later';
}

/**
 * @param {string} iso
 * @param {number} now  ms since 1970
 * @returns {string} the time of today, the day and the time of another
 */
export const untilText = (iso, now) => (dayKey(iso) === dayKey(new Date(now)) ? formatTime(iso) : `${formatDay(iso, new Date(now))}, ${formatTime(iso)}`);

/**
 * Who does not want to be disturbed sees that wherever their own name stands.
 * @param {Document} page
 * @param {Quiet|null} quiet
 * @param {number} now  ms since 1970
 */
export function signQuiet(page, quiet, now) {
  const state = quiet ? quietAt(quiet, now) : 'never';
  const time = state === 'paused' ? untilText(quiet?.until ?? '', now) : state === 'daily' ? clockTime(quiet?.end ?? '') : '';
  for (const button of page.querySelectorAll('.self-button')) {
    let sign = button.querySelector('.self-moon');
    let line = button.querySelector('.self-quiet');
    if (!time) {
      sign?.remove();
      line?.remove();
      continue;
    }
    if (!sign || !line) {
      sign = el('span', { class: 'self-moon' }, icon('moon', 'icon-sm'));
      line = el('span', { class: 'self-quiet' });
      // At the corner of one's face, which is all there is of oneself on a phone.
      button.firstElementChild?.after(sign);
      button.querySelector('.self-text')?.append(line);
    }
    setText(/** @type {HTMLElement} */ (line), words.quiet(time));
    setAttr(sign, 'title', words.quiet(time));
  }
}
