/** The menu of oneself: the theme, one's account, the keys, the way out. Made when it is first opened. */

import { el, icon } from '../dom.js';
import { words as board } from '../strings/board.js';
import { strings } from '../strings/en.js';
import { words } from '../strings/notices.js';
import { words as themeWords } from '../strings/theme.js';
import { withDialogs } from './seldom.js';

const { saved: ofSaved } = board;

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
    el('span', {}, words.self.account),
  );
  const saved = el(
    'a',
    { class: 'menu-item', href: '#/saved', hidden: true },
    icon('bookmark', 'icon-sm'),
    el('span', {}, ofSaved.title),
  );
  const scheduled = el(
    'a',
    { class: 'menu-item', href: '#/scheduled', hidden: true },
    icon('clock', 'icon-sm'),
    el('span', {}, words.self.scheduled),
  );
  const administration = el(
    'a',
    { class: 'menu-item', href: '#/admin', hidden: true },
    icon('shield', 'icon-sm'),
    el('span', {}, words.self.administration),
  );
  const shortcuts = el(
    'button',
    { type: 'button', class: 'menu-item' },
    icon('keys', 'icon-sm'),
    el('span', {}, words.self.shortcuts),
  );
  const signOut = el(
    'button',
    { type: 'button', class: 'menu-item' },
    icon('leave', 'icon-sm'),
    el('span', {}, words.self.signOut),
  );
  const panel = el(
    'div',
    { popover: 'auto', class: 'menu self-menu', role: 'group', 'aria-label': strings.self.menu },
    el('p', { class: 'menu-label', 'aria-hidden': 'true' }, themeWords.label),
    theme,
    el('hr', { class: 'menu-rule' }),
    saved,
    scheduled,
    account,
    administration,
    shortcuts,
    signOut,
  );
  const themeSwitch = createThemeSwitch(theme);
  for (const link of [saved, scheduled, administration]) link.addEventListener('click', () => panel.hidePopover(), { signal });
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
      account.hidden = saved.hidden = scheduled.hidden = user === null;
      administration.hidden = user?.role !== 'administrator';
    },
  };
}
