/**
 * The emoji there are, by group and by what they are called, in the tone that was chosen; and which were used last.
 *
 * The list is `emoji-picker-element-data`, which `emoji-picker-element` keeps in the browser's own database: it is fetched
 * once, when it is first asked for, and looked through without all of it being in memory.
 *
 * @typedef {object} Emoji
 * @property {string} emoji  to be written, in the tone that was chosen
 * @property {string} name
 * @property {string[]} shortcodes
 * @property {number} version  of Unicode's list of emoji, since which it is there
 *
 * @typedef {import('../../vendor/emoji-picker-element/database.js').default} Database
 * @typedef {import('../../vendor/emoji-picker-element/database.js').Found} Found
 */

/** The groups in their order; the second is of parts that are none by themselves. */
export const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9];

const DATA = 'vendor/emoji-picker-element-data/en/data.json';
const TONE = 'parlour.emoji.tone';
const RECENT = 'parlour.emoji.recent';
/** So many of those used last are remembered; three stand beside a message. */
const RECENT_AT_MOST = 24;
/** What is offered as used before anything was. */
const FIRST = ['👍', '❤️', '😂'];
/** Emoji that can be had in tones are written without them so. */
const TONES = /[\u{1f3fb}-\u{1f3ff}]/gu;

/** @type {Promise<Database>|null} */
let database = null;

/** @returns {Promise<Database>} rejects when the list cannot be had now */
function open() {
  database ??= import('../../vendor/emoji-picker-element/database.js').then(
    async ({ default: Database }) => {
      // Beside the style sheet, which has the address of all that belongs to it.
      const style = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel="stylesheet"]'));
      const opened = new Database({ dataSource: style.href.replace(/styles\.css$/, DATA), locale: 'en' });
      await opened.ready();
      return opened;
    },
  ).catch((cause) => {
    database = null;
    throw cause;
  });
  return database;
}

/** @param {string} key */
function kept(key) {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} key @param {string} value */
function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The storage is full or refused.
  }
}

/** @returns {number} 0: none; 1 to 5: from light to dark */
export const tone = () => Number(/^[1-5]$/.exec(kept(TONE))?.[0] ?? 0);

/** @param {number} value */
export const setTone = (value) => keep(TONE, String(value));

/** @returns {string[]} those used last, the newest first */
export const recent = () => kept(RECENT).split(' ').filter(Boolean);

/** @returns {string[]} three to have at hand */
export const atHand = () => [...new Set([...recent(), ...FIRST])].slice(0, 3);

/** @param {string} emoji */
export function noteUsed(emoji) {
  keep(RECENT, [emoji, ...recent().filter((other) => other !== emoji)].slice(0, RECENT_AT_MOST).join(' '));
}

/** The list asks for the picture also of what is none but a picture, which Unicode calls one and the same. */
const PICTURE = '\ufe0f';
/** @param {string} text @returns {string} an emoji as Unicode writes it, and the server tells it */
const plain = (text) => text.replace(/(\p{Emoji_Presentation})\ufe0f/gu, '$1');

/** @param {Found} found @returns {Emoji} */
function inTone({ unicode, annotation, shortcodes = [], version, skins }) {
  const wished = tone();
  const skin = skins?.find((one) => one.tone === wished);
  return { emoji: plain(skin?.unicode ?? unicode), name: annotation, shortcodes, version: skin?.version ?? version };
}

/** @param {Database} list @param {string} emoji @returns {Promise<Found|null>} */
async function find(list, emoji) {
  return (await list.getEmojiByUnicodeOrName(emoji)) ?? list.getEmojiByUnicodeOrName(emoji + PICTURE);
}

/**
 * @param {number} number  one of GROUPS
 * @returns {Promise<Emoji[]>} in the order of Unicode; rejects when the list cannot be had now
 */
export async function group(number) {
  return (await (await open()).getEmojiByGroup(number)).map(inTone);
}

/** @returns {Promise<Emoji[]>} those used last, in the tone in which they were used */
export async function used() {
  const list = await open();
  const found = await Promise.all(recent().map(async (emoji) => {
    const known = await find(list, emoji);
    return known && { ...inTone(known), emoji };
  }));
  return found.filter((one) => one !== null);
}

/**
 * @param {string} code  such as "tada"
 * @returns {Promise<string|null>} the emoji of that shortcode, in the tone that was chosen; rejects when the list cannot be had now
 */
export async function called(code) {
  const found = await (await open()).getEmojiByShortcode(code.toLowerCase());
  return found && inTone(found).emoji;
}

/**
 * Those whose names, words or shortcodes begin with the words of a text; those whose shortcode does come first.
 *
 * @param {string} text  such as "smil", "+1" or "red heart"
 * @returns {Promise<Emoji[]>} rejects when the list cannot be had now
 */
export async function search(text) {
  const wanted = text.trim().toLowerCase().replace(/^:|:$/g, '');
  if (wanted === '') return [];
  const list = await open();
  // An emoji that was pasted is looked for itself.
  const pasted = await find(list, text.trim().replace(TONES, ''));
  const found = await list.getEmojiBySearchQuery(wanted.replaceAll('_', ' '));
  const code = wanted.replaceAll(' ', '_');
  const rank = (/** @type {Found} */ { shortcodes = [] }) =>
    shortcodes.includes(code) ? 0 : shortcodes.some((one) => one.startsWith(code)) ? 1 : 2;
  const all = pasted ? [pasted, ...found.filter(({ unicode }) => unicode !== pasted.unicode)] : found;
  return all.map((one, place) => ({ one, place })).sort((a, b) => rank(a.one) - rank(b.one) || a.place - b.place)
    .map(({ one }) => inTone(one));
}
