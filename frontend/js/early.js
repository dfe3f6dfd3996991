/* A classic script, run before the first paint and before any module. */
(() => {
  'use strict';

  // The modules, without their `.js`, that the first screen needs beyond those of index.html. Named here, they are all
  // asked for at once; found out file by file they would cost three round trips more. A test holds the lists true.
  const ALWAYS = 'js/dom js/views/theme';
  const SIGNED_IN = 'js/views/dialog js/views/empty js/views/self js/views/avatar';
  const LOGIN = 'js/views/login';
  const ROOMS = 'js/views/rooms js/views/roomcard';
  const CHAT =
    'js/views/chat js/app/visit js/app/sending js/views/banner js/views/composer js/views/header ' +
    'js/views/messages js/views/notice js/views/people js/views/sidebar js/views/strip js/app/history ' +
    'js/outbox js/outbox/locks js/outbox/store js/views/menu js/views/edges js/views/loglist ' +
    'js/views/roving js/views/scroll js/outbox/id js/outbox/records js/views/items js/views/row';

  /** @param {string} key @returns {string | null} */
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      // Storage may be forbidden; then nothing was chosen and nobody is known.
      return null;
    }
  };

  // A chosen theme must not flash in after the page has shown in the other one.
  const theme = stored('parlour.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const inRoom = location.hash.startsWith('#/r/');
  const screen = stored('parlour.username') ? `${SIGNED_IN} ${inRoom ? CHAT : ROOMS}` : LOGIN;
  for (const name of `${ALWAYS} ${screen}`.split(' ')) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = new URL(`../${name}.js`, script.src).href;
    document.head.append(link);
  }
})();
