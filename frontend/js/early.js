/* A classic script, run before the first paint and before any module. */
(() => {
  'use strict';

  /** @param {string} key @returns {string | null} */
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      // Storage may be forbidden; then nothing was chosen.
      return null;
    }
  };

  // A chosen theme must not flash in after the page has shown in the other one.
  const theme = stored('parlour.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
