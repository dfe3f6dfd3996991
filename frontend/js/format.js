/**
 * Text and time made ready for a reader: pure functions, no DOM. Formatters are made once, because making one costs
 * more than using it.
 */

const LANGUAGE = globalThis.document?.documentElement.lang || 'en';
const SYSTEM = new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions();
// The words are in the page's language, the order of day and month and the clock as the reader's system has them.
const LOCALE = SYSTEM.locale.startsWith(LANGUAGE) ? SYSTEM.locale : LANGUAGE === 'en' ? 'en-GB' : LANGUAGE;
const CLOCK = /** @type {{hourCycle?: 'h12' | 'h23'}} */ (
  SYSTEM.hourCycle ? { hourCycle: SYSTEM.hourCycle.startsWith('h1') ? 'h12' : 'h23' } : {}
);

const TIME = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'short', ...CLOCK });
const DATE = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'long', year: 'numeric' });
const SHORT_DATE = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' });
const DAY = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'long' });
const FULL = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'full', timeStyle: 'short', ...CLOCK });
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });
const NUMBER = new Intl.NumberFormat(LOCALE);
const GRAPHEMES = new Intl.Segmenter(LANGUAGE, { granularity: 'grapheme' });

const DAY_MS = 86_400_000;
const EMOJI_AT_MOST = 3;
/** The longest text looked at for being emoji only: three families with skin tones are shorter, in UTF-16 units. */
const EMOJI_TEXT_AT_MOST = 100;
const EMOJI =
  /^(?:\p{Emoji_Presentation}|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f\u20e3|\p{Emoji}\ufe0f|\p{Emoji_Modifier_Base}\p{Emoji_Modifier})/u;

// A link ends at white space, quotes, controls, invisible and direction characters, and Chinese and Japanese punctuation.
const NOT_IN_LINK =
  '\\s<>"`\\u0000-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff' +
  '\\u3000-\\u303f\\uff01-\\uff0f\\uff1a-\\uff1f\\uff3b-\\uff3d\\uff5b-\\uff65';
const LINK = new RegExp(`(?<![\\p{L}\\p{N}_])(?:https?://|mailto:)[^${NOT_IN_LINK}]+`, 'giu');
const MAY_LINK = /:\/\/|mailto:/i;
const TRAILING = new Set('.,:;!?\'"*_~|…»”’›');
/** @type {{[closing: string]: string}} */
const OPENING = { ')': '(', ']': '[', '}': '{' };
const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/** @param {string} iso @returns {string} such as "14:05" */
export const formatTime = (iso) => TIME.format(new Date(iso));
/** @param {string} iso @returns {string} such as "3 May 2026" */
export const formatDate = (iso) => DATE.format(new Date(iso));
/** @param {string} iso @returns {string} such as "22 Nov 2026" */
export const formatShortDate = (iso) => SHORT_DATE.format(new Date(iso));
/** @param {string} iso @returns {string} such as "Sunday, 3 May 2026 at 14:05" */
export const formatFull = (iso) => FULL.format(new Date(iso));
/** @param {number} count */
export const formatUnread = (count) => (count > 999 ? '999+' : String(count));
/** @param {number} value */
export const formatNumber = (value) => NUMBER.format(value);

/**
 * The reader's calendar day of a moment, equal for two moments of one day.
 * @param {string | Date} moment
 * @returns {string} such as "2026-4-3"; only for comparing
 */
export function dayKey(moment) {
  const date = new Date(moment);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/**
 * @param {string} iso
 * @param {Date} [now]
 * @returns {string} "Today", "Yesterday", "Sunday 3 May", or with the year when it is another one
 */
export function formatDay(iso, now = new Date()) {
  const date = new Date(iso);
  const midnight = (/** @type {Date} */ day) => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
  const days = Math.round((midnight(date) - midnight(now)) / DAY_MS);
  if (days === 0 || days === -1) {
    const word = RELATIVE.format(days, 'day');
    return word.charAt(0).toLocaleUpperCase(LANGUAGE) + word.slice(1);
  }
  return date.getFullYear() === now.getFullYear() ? DAY.format(date) : DATE.format(date);
}

/**
 * Milliseconds from `now` to the next midnight of the reader, at least one second.
 * @param {Date} [now]
 */
export function untilMidnight(now = new Date()) {
  const next = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  return Math.max(1000, next.getTime() - now.getTime());
}

/**
 * The length the server counts: code points of the trimmed text in NFC.
 * @param {string} text
 */
export function countCharacters(text) {
  let count = 0;
  for (const _ of text.trim().normalize('NFC')) count += 1;
  return count;
}

/**
 * A name as the server keeps it. One that it would write otherwise does not know its own messages when they come back.
 * @param {string} name
 * @returns {string} in NFC, trimmed, with single spaces
 */
export function cleanName(name) {
  return name.normalize('NFC').replace(/\s+/g, ' ').trim();
}

/**
 * Unicode's case folding, which JavaScript does not have: lower case first for "ẞ", upper case for "ß" and the like,
 * and one sigma instead of two, for which there is no rule but where in a word it stands.
 * @param {string} text
 */
const foldCase = (text) => text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');

/**
 * A name as it is compared: "Alice" and "alice" are one person. It folds as the server does, for every character of
 * the Unicode that both know.
 * @param {string} name
 */
export function canonical(name) {
  if (/^[!-~]*$/.test(name)) return name.toLowerCase();
  // The dotless i is no i, though both have the same upper case.
  const folded = name.normalize('NFKC').replace(/[^ı]+/g, foldCase);
  return cleanName(folded.replace(/[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu, '').normalize('NFKC'));
}

/**
 * Whom a direct room is with.
 * @param {string} name a direct room's: all usernames, joined by ", "
 * @param {string | null} me
 * @returns {string[]} the others
 */
export function othersIn(name, me) {
  const mine = canonical(me ?? '');
  return name.split(', ').filter((other) => canonical(other) !== mine);
}

/**
 * @param {{kind: string, name: string}} room
 * @param {string | null} me
 * @returns {string} what the room is called where everybody knows that it is a room
 */
export const roomTitle = ({ kind, name }, me) => (kind === 'direct' && othersIn(name, me).join(', ')) || name;

/**
 * @param {{kind: string, name: string}} room
 * @param {string | null} me
 * @returns {string} the same in a sentence, such as "#general" or "ada"
 */
export const roomCall = (room, me) => (room.kind === 'direct' ? roomTitle(room, me) : `#${room.name}`);

/**
 * @param {string} name
 * @returns {string} one or two characters, such as "AL" for "Ada Lovelace"
 */
export function initials(name) {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const first = (/** @type {string} */ word) => [...GRAPHEMES.segment(word)][0]?.segment ?? '';
  const ends = words.length > 1 && /^\p{L}/u.test(words.at(-1) ?? '') ? [words[0], words.at(-1)] : words.slice(0, 1);
  const letters = ends.map((word) => first(word ?? '').toLocaleUpperCase(LANGUAGE)).join('');
  return letters || '?';
}

/**
 * The colour a person or room always has.
 * @param {string} name
 * @returns {number} a hue, 0 to 359
 */
export function hue(name) {
  let hash = 2166136261;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 16777619);
  // FNV-1a leaves short names close together; MurmurHash3's last steps spread them around the circle.
  hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return ((hash ^ (hash >>> 16)) >>> 0) % 360;
}

/**
 * Whether a message is nothing but one to three emoji, with or without space between them.
 * @param {string} text
 */
export function isEmojiOnly(text) {
  if (text.length > EMOJI_TEXT_AT_MOST || /^\s*[a-z]/i.test(text)) return false;
  let count = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    if (/^\s+$/u.test(segment)) continue;
    if (!EMOJI.test(segment)) return false;
    count += 1;
    if (count > EMOJI_AT_MOST) return false;
  }
  return count > 0;
}

/**
 * The part of a match that belongs to the link: not the full stop of the sentence, not the bracket it stands in,
 * but the bracket that was opened inside it. One pass, so that a long run of brackets costs no more than its length.
 * @param {string} match
 */
function withoutTrailing(match) {
  /** @type {{[char: string]: number}} */
  const counts = {};
  for (const char of match) if ('()[]{}'.includes(char)) counts[char] = (counts[char] ?? 0) + 1;
  let end = match.length;
  while (end > 0) {
    const char = match.charAt(end - 1);
    const opening = OPENING[char];
    if (opening !== undefined && (counts[char] ?? 0) > (counts[opening] ?? 0)) counts[char] = (counts[char] ?? 0) - 1;
    else if (!TRAILING.has(char)) break;
    end -= 1;
  }
  return match.slice(0, end);
}

/** @param {string} text @returns {string | null} the address, if it is one that a link may lead to */
export function hrefOf(text) {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol)) return null;
  return url.protocol === 'mailto:' && !/.@./u.test(url.pathname) ? null : url.href;
}

/**
 * Cuts a text into plain parts and links. Joined together, the parts' texts are the text.
 * @param {string} text
 * @returns {{text: string, href: string | null}[]}
 */
export function linkify(text) {
  if (!MAY_LINK.test(text)) return text === '' ? [] : [{ text, href: null }];
  /** @type {{text: string, href: string | null}[]} */
  const parts = [];
  let plainFrom = 0;
  for (const match of text.matchAll(LINK)) {
    const link = withoutTrailing(match[0]);
    const href = hrefOf(link);
    if (href === null) continue;
    if (match.index > plainFrom) parts.push({ text: text.slice(plainFrom, match.index), href: null });
    parts.push({ text: link, href });
    plainFrom = match.index + link.length;
  }
  if (plainFrom < text.length) parts.push({ text: text.slice(plainFrom), href: null });
  return parts;
}
