/** The words of search, in English. */

import { NUMBER, plural } from './plural.js';

export const words = {
  title: 'Search',
  close: 'Close search',
  field: 'Search messages',
  placeholder: 'Search messages',
  clear: 'Clear search',
  scope: 'Where to search',
  inRoom: (/** @type {string} */ room) => `In ${room}`,
  everywhere: 'Everywhere',
  operators: 'Narrow it down',
  /** What is written into the field, and what the button says. */
  chips: [
    { insert: 'from:', label: 'From', means: 'From somebody' },
    { insert: 'in:', label: 'In', means: 'In a room' },
    { insert: 'has:', label: 'Has', means: 'With a file, an image, a link or a reaction' },
    { insert: 'is:', label: 'Is', means: 'Pinned, saved by you, or unread' },
    { insert: 'before:', label: 'Before', means: 'Before a day' },
    { insert: 'after:', label: 'After', means: 'After a day' },
    { insert: 'on:', label: 'On', means: 'On a day' },
  ],
  suggestions: 'Suggestions',
  suggested: (/** @type {number} */ count) => plural(count, 'suggestion', 'suggestions'),
  results: 'Results',
  count: (/** @type {number} */ count, /** @type {boolean} */ isMore) =>
    isMore ? `${NUMBER.format(count)}+ results` : plural(count, 'result', 'results'),
  in: 'in',
  forwarded: (/** @type {string} */ name) => `Forwarded from ${name}:`,
  noneTitle: (/** @type {string} */ query) => `Nothing matches “${query}”.`,
  noneHint: 'Try fewer words or another room.',
  noneHintAll: 'Try fewer words, or part of one.',
  noneSoFar: 'Nothing yet. There is more to look through.',
  further: 'Search further back',
  begin: 'Look for what was said',
  beginHint: 'Any part of a word will do. “Quotes” find whole words, -word leaves some out.',
  recent: 'Recent searches',
  forget: 'Clear',
  wrongTitle: 'Check what you typed',
  errorTitle: 'That did not work',
  offlineTitle: 'You’re offline',
  offlineHint: 'Search works again as soon as you’re back.',
  retry: 'Try again',
};
