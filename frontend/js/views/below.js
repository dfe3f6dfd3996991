/** What stands below the words of a row, and in which order, whichever came first. */

const ORDER = ['row-body', 'row-forward', 'files', 'row-marks', 'reactions', 'row-stub'];

/** @param {Element} node */
const rankOf = (node) => ORDER.findIndex((name) => node.classList.contains(name));

/** @param {import('./row.js').Row} row @param {Element} node one of these */
export function putBelow({ article, body }, node) {
  const rank = rankOf(node);
  const above = [...article.children].filter((each) => each !== node && rankOf(each) >= 0 && rankOf(each) < rank);
  (above.at(-1) ?? body).after(node);
}
