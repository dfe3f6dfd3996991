/** The words of reactions, in English. */

import { NUMBER, plural } from './plural.js';

const LIST = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });
/** So many are named where one points; all are where one asks for them. */
const NAMED_AT_MOST = 8;

export const words = {
  group: 'Reactions',
  add: 'Add a reaction',
  /** By the code of the refusal, where it is for the emoji. @type {Record<string, string>} */
  refused: {
    not_allowed: 'This message has as many different emoji as fit. Join in with one of them.',
    invalid: 'The server does not know this emoji yet. Choose another.',
  },
  count: (/** @type {number} */ count) => NUMBER.format(count),
  pill: (/** @type {string} */ emoji, /** @type {number} */ count, /** @type {boolean} */ mine) =>
    `${emoji} ${plural(count, 'reaction', 'reactions')}${mine ? ', you reacted' : ''}`,
  /** Who reacted, oneself first, then others by name, then how many more. */
  who(
    /** @type {string[]} */ others, /** @type {number} */ count, /** @type {boolean} */ mine, /** @type {string} */ emoji,
  ) {
    const names = [...(mine ? ['You'] : []), ...others].slice(0, NAMED_AT_MOST);
    const rest = count - names.length;
    if (rest > 0) names.push(plural(rest, 'other', 'others'));
    return `${LIST.format(names)} reacted with ${emoji}`;
  },
};
