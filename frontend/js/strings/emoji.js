/** The words of the emoji picker, in English. */

import { plural } from './plural.js';

export const words = {
  label: 'Choose an emoji',
  search: 'Search emoji',
  close: 'Close',
  /** By the number that Unicode's groups have in the list. @type {Record<number, {name: string, sign: string}>} */
  groups: {
    0: { name: 'Smileys and emotion', sign: '😀' },
    1: { name: 'People and body', sign: '👋' },
    3: { name: 'Animals and nature', sign: '🐻' },
    4: { name: 'Food and drink', sign: '🍎' },
    5: { name: 'Travel and places', sign: '🚗' },
    6: { name: 'Activities', sign: '⚽' },
    7: { name: 'Objects', sign: '💡' },
    8: { name: 'Symbols', sign: '💜' },
    9: { name: 'Flags', sign: '🏁' },
  },
  groupsLabel: 'Groups of emoji',
  recent: 'Recently used',
  results: 'Search results',
  found: (/** @type {number} */ count) => plural(count, 'emoji found', 'emoji found'),
  none: (/** @type {string} */ query) => `No emoji matches “${query}”.`,
  loading: 'Loading emoji',
  error: 'The emoji could not be loaded.',
  tryAgain: 'Try again',
  tone: 'Skin tone',
  tones: ['No skin tone', 'Light', 'Medium-light', 'Medium', 'Medium-dark', 'Dark'],
  /** What shows them. */
  hands: ['✋', '✋🏻', '✋🏼', '✋🏽', '✋🏾', '✋🏿'],
  hint: 'Choose with the arrow keys and Enter',
};
