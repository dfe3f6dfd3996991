/** Counts with their nouns, in English. */

const RULES = new Intl.PluralRules('en');
export const NUMBER = new Intl.NumberFormat('en');

/**
 * @param {number} count
 * @param {string} one
 * @param {string} other
 * @returns {string} the count and its noun
 */
export const plural = (count, one, other) => `${NUMBER.format(count)} ${RULES.select(count) === 'one' ? one : other}`;
