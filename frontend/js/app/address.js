/** Addresses that leave the page. */

/**
 * @param {string} hash
 * @returns {string} the whole address, to be given to others
 */
export function pageAddress(hash) {
  return `${location.origin}${location.pathname}${hash}`;
}
