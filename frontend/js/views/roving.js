/**
 * The log is one tab stop: arrows move from message to message, Tab goes into the links and buttons of the one in
 * focus.
 */

import { setTabStop } from './row.js';

/**
 * @typedef {import('./row.js').Row} Row
 * @typedef {object} RovingOptions
 * @property {() => Row[]} rows in order
 * @property {() => void} onUp the reader goes up: the log must not pull back down
 * @property {() => void} onEnd to the newest message
 */

/**
 * @param {HTMLElement} log
 * @param {RovingOptions} options
 * @param {AbortSignal} signal
 */
export function createRoving(log, { rows, onUp, onEnd }, signal) {
  /** @type {Row | null} */
  let active = null;
  /** Whether the reader chose the active row; else it is always the last one. */
  let chosen = false;

  /** @param {Row | null} row */
  const activate = (row) => {
    if (row === active) return;
    if (active !== null) setTabStop(active, false);
    if (row !== null) setTabStop(row, true);
    active = row;
    // An empty log must itself be reachable, so that it can be scrolled by keys.
    log.tabIndex = row === null ? 0 : -1;
  };
  /** @param {Node} node */
  const rowOf = (node) => rows().find((row) => row.node.contains(node)) ?? null;
  /** @param {Row | undefined} row */
  const focus = (row) => {
    if (row === undefined) return;
    chosen = true;
    activate(row);
    row.article.focus({ preventScroll: true });
    row.node.scrollIntoView({ block: 'nearest', behavior: 'instant' });
  };

  log.addEventListener(
    'focusin',
    (event) => {
      const row = rowOf(/** @type {Node} */ (event.target));
      if (row === null) return;
      chosen = row !== rows().at(-1);
      activate(row);
    },
    { signal },
  );
  log.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const all = rows();
      const at = active === null ? all.length : all.indexOf(active);
      switch (event.key) {
        case 'ArrowUp':
        case 'k':
          onUp();
          focus(all[Math.max(0, at - 1)]);
          break;
        case 'ArrowDown':
        case 'j':
          if (at >= all.length - 2) onEnd();
          focus(all[Math.min(all.length - 1, at + 1)]);
          break;
        case 'Home':
          onUp();
          focus(all[0]);
          break;
        case 'End':
        case 'Escape':
          onEnd();
          focus(rows().at(-1));
          break;
        default:
          return;
      }
      event.preventDefault();
    },
    { signal },
  );

  return {
    /** The row that holds the focus, if any does. @returns {Row | null} */
    focused: () =>
      log.contains(document.activeElement) && document.activeElement !== log
        ? rowOf(/** @type {Node} */ (document.activeElement))
        : null,
    focus,
    /** To be called after the rows have changed. */
    update() {
      const all = rows();
      if (active === null || !chosen || !all.includes(active)) {
        chosen = false;
        activate(all.at(-1) ?? null);
      }
    },
  };
}
