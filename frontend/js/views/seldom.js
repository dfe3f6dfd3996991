/** What few visits need, with its style: loaded when it is asked for. */

import { el, find } from '../dom.js';

/** @type {Promise<void> | null} */
let style = null;

/** @returns {Promise<void>} rejects when it cannot be had; then it is asked for again by the next */
export function seldomStyle() {
  style ??= new Promise((resolve, reject) => {
    const common = /** @type {HTMLLinkElement} */ (find('link[rel="stylesheet"]'));
    const link = el('link', { rel: 'stylesheet', href: common.href.replace(/styles\.css$/, 'seldom.css') });
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => {
      link.remove();
      style = null;
      reject(new Error('seldom.css'));
    });
    document.head.append(link);
  });
  return style;
}

/**
 * @param {(dialogs: typeof import('./dialog.js')) => Promise<unknown>} open
 * @param {(cause: unknown) => void} onTrouble they cannot be had now
 */
export async function withDialogs(open, onTrouble) {
  try {
    const [dialogs] = await Promise.all([import('./dialog.js'), seldomStyle()]);
    await open(dialogs);
  } catch (cause) {
    onTrouble(cause);
  }
}
