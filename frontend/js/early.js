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

  // The first screen's own file is asked for at once, before anybody runs who could.
  const screen = stored('parlour.username') === null ? 'login' : location.hash.startsWith('#/r/') ? 'chat' : 'rooms';
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  if (script) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = script.src.replace('js/early', screen);
    document.head.append(link);
  }
})();
