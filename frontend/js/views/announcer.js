/**
 * What a screen reader is told: one polite region for what arrives, one assertive for what went wrong. Bursts become
 * a count.
 */

import { words } from '../strings/notices.js';
import { wordsOf } from './said.js';

const SPOKEN_AT_MOST = 200;
const MESSAGES_PER_SECOND = 3;
const WINDOW_MS = 1000;

/**
 * @param {HTMLElement} polite
 * @param {HTMLElement} assertive
 */
export function createAnnouncer(polite, assertive) {
  /** @typedef {Pick<import('../types.js').Message, 'username'|'guest'|'content'|'files'|'forwarded'>} Arrived */
  /** @type {Arrived[]} */
  let waiting = [];
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  let spoken = 0;

  /**
   * A new node each time, so that the same words twice are two announcements; the last few stay, because
   * readers speak what is still there when they get to it.
   * @param {HTMLElement} region
   * @param {string} text
   */
  const put = (region, text) => {
    const line = document.createElement('p');
    line.textContent = text.length > SPOKEN_AT_MOST ? `${text.slice(0, SPOKEN_AT_MOST)}…` : text;
    region.append(line);
    while (region.childElementCount > MESSAGES_PER_SECOND + 1) region.firstElementChild?.remove();
  };
  /** @param {Arrived} message */
  const sentenceOf = (message) =>
    words.announce[message.guest ? 'ofGuest' : 'message'](message.username, wordsOf(message));
  const flush = () => {
    timer = null;
    spoken = 0;
    if (waiting.length === 0) return;
    if (waiting.length > MESSAGES_PER_SECOND) put(polite, words.announce.many(waiting.length));
    else for (const message of waiting) put(polite, sentenceOf(message));
    spoken = waiting.length;
    waiting = [];
    timer = setTimeout(flush, WINDOW_MS);
  };

  return {
    /** @param {string} text */
    say: (text) => put(polite, text),
    /** @param {string} text */
    alert: (text) => put(assertive, text),
    /**
     * A message of somebody else that arrived in the open room. The first few within a second are read out, the rest
     * counted.
     * @param {Arrived} message
     */
    message(message) {
      if (spoken < MESSAGES_PER_SECOND && waiting.length === 0) {
        spoken += 1;
        put(polite, sentenceOf(message));
      } else waiting.push(message);
      timer ??= setTimeout(flush, WINDOW_MS);
    },
    /** @param {import('../types.js').ConnectionStatus} status */
    connection(status) {
      if (status !== 'open') put(polite, words.announce[status]);
    },
    update() {},
    destroy() {
      if (timer !== null) clearTimeout(timer);
      polite.replaceChildren();
      assertive.replaceChildren();
    },
  };
}
