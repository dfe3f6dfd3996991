/** The menu of oneself: the theme, one's account, the keys, the way out. Made when it is first opened. */

import { el, icon } from '../dom.js';
import { strings } from '../strings/en.js';
import { withDialogs } from './seldom.js';

/**
 * @param {HTMLButtonElement} button opens it from now on
 * @param {typeof import('./theme.js').createThemeSwitch} createThemeSwitch
 * @param {{onSignOut: () => void, onAccount: () => void, onTrouble: (cause: unknown) => void}} callbacks
 * @param {AbortSignal} signal ends the listeners
 */
export function createSelfMenu(button, createThemeSwitch, { onSignOut, onAccount, onTrouble }, signal) {
  const theme = el('div', { class: 'self-theme' });
  const account = el(
    'button',
    { type: 'button', class: 'menu-item' },
    icon('user', 'icon-sm'),
    el('span', {}, strings.self.account),
  );
  const administration = el(
    'a',
    { class: 'menu-item', href: '#/admin', hidden: true },
    icon('shield', 'icon-sm'),
    el('span', {}, strings.self.administration),
  );
  const shortcuts = el(
    'button',
    { type: 'button', class: 'menu-item' },
    icon('keys', 'icon-sm'),
    el('span', {}, strings.self.shortcuts),
  );
  const signOut = el(
    'button',
    { type: 'button', class: 'menu-item' },
    icon('leave', 'icon-sm'),
    el('span', {}, strings.self.signOut),
  );
  const panel = el(
    'div',
    { popover: 'auto', class: 'menu self-menu', role: 'group', 'aria-label': strings.self.menu },
    el('p', { class: 'menu-label', 'aria-hidden': 'true' }, strings.theme.label),
    theme,
    el('hr', { class: 'menu-rule' }),
    account,
    administration,
    shortcuts,
    signOut,
  );
  const themeSwitch = createThemeSwitch(theme);
  administration.addEventListener('click', () => panel.hidePopover(), { signal });
  shortcuts.addEventListener(
    'click',
    () => {
      panel.hidePopover();
      // The dialog gives the focus back to what has it now.
      button.focus();
      void withDialogs(({ showShortcuts }) => showShortcuts(), onTrouble);
    },
    { signal },
  );
  account.addEventListener(
    'click',
    () => {
      panel.hidePopover();
      button.focus();
      onAccount();
    },
    { signal },
  );
  signOut.addEventListener(
    'click',
    () => {
      panel.hidePopover();
      onSignOut();
    },
    { signal },
  );

  button.popoverTargetElement = panel;
  signal.addEventListener('abort', () => themeSwitch.destroy());

  return {
    panel,
    /** @param {import('../types.js').User | null} user */
    update(user) {
      account.hidden = user === null;
      administration.hidden = user?.role !== 'administrator';
    },
  };
}
