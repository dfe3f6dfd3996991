/** The words of what helps to write a message, in English. */

import { plural } from './plural.js';

export const words = {
  bar: 'Formatting',
  marks: {
    bold: 'Bold',
    italic: 'Italic',
    strike: 'Strikethrough',
    code: 'Code',
    link: 'Link',
    list: 'Bulleted list',
    numbers: 'Numbered list',
    quote: 'Quote',
  },
  people: 'People',
  rooms: 'Rooms',
  emoji: 'Emoji',
  here: 'here',
  choices: (/** @type {number} */ count) => `${plural(count, 'suggestion', 'suggestions')}. Enter chooses, arrows move.`,
};
