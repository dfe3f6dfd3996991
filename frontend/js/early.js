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

  // A key of the page that is pressed before `views/keys.js` is there counts as soon as it is: the last one, and what is
  // typed after it.
  /** @type {KeyboardEvent[]} */
  let kept = [];
  /** @param {KeyboardEvent} event */
  const keep = (event) => {
    const { code, key, ctrlKey, metaKey, shiftKey, altKey } = event;
    if (altKey) return;
    if (ctrlKey || metaKey) {
      if (!(shiftKey ? /^Key[FU]$/.test(code) : key === '/' || (ctrlKey && /^k$/i.test(key)))) return;
      kept = [];
    } else if (!kept[0] || !/^(.|Enter|Backspace|Arrow(Up|Down))$/u.test(key)) {
      if (key === 'Escape') kept = [];
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    kept.push(event);
  };
  if (screen === 'login') return;
  document.addEventListener('keydown', keep, true);
  document.addEventListener('keysheard', (event) => {
    document.removeEventListener('keydown', keep, true);
    if (kept[0]) /** @type {CustomEvent<(events: KeyboardEvent[]) => void>} */ (event).detail(kept);
  }, { once: true });
})();
