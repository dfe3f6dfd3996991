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
  const isHere = stored('parlour.username') !== null;
  const screen = !isHere ? 'login' : /^#\/r\//.test(location.hash) ? 'chat' : 'rooms';
  const { currentScript } = document;
  if (!(currentScript instanceof HTMLScriptElement)) return;
  /** @param {Record<string, string>} more @param {string} file */
  const hint = (more, file) => {
    const link = Object.assign(document.createElement('link'), more, { href: new URL(`../${file}`, currentScript.src).href });
    document.head.append(link);
  };
  hint({ rel: 'modulepreload' }, `${screen}.js`);
  if (screen !== 'chat') hint({ rel: 'preload', as: 'style' }, `${screen}.css`);
})();
