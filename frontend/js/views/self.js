/**
 * Oneself, at the foot of the sidebar and on top of the rooms: name, connection, and a menu with one's account, the
 * theme and the way out.
 */

import { el, icon, setAttr, setText } from '../dom.js';
import { strings } from '../strings/en.js';
import { chooseHue, setFace } from './avatar.js';
import { guestBadge } from './names.js';
import { withDialogs } from './seldom.js';
import { createThemeSwitch } from './theme.js';

/**
 * @param {string} connection the state's connection
 * @returns {'online' | 'connecting' | 'offline'}
 */
function presence(connection) {
  if (connection === 'open' || connection === 'caughtup') return 'online';
  return connection === 'connecting' || connection === 'reconnecting' ? 'connecting' : 'offline';
}

/**
 * @param {HTMLElement} element an empty container
 * @param {{onSignOut: () => void, onAccount: () => void, onTrouble: (cause: unknown) => void}} callbacks
 */
export function createSelf(element, { onSignOut, onAccount, onTrouble }) {
  const ending = new AbortController();
  const face = el('span', { class: 'avatar', 'aria-hidden': 'true' });
  const name = el('span', { class: 'self-name', dir: 'auto' });
  const badge = guestBadge();
  const dot = el('span', { class: 'dot' });
  const status = el('span', { class: 'self-status-text' });
  const button = el(
    'button',
    { type: 'button', class: 'self-button' },
    face,
    el(
      'span',
      { class: 'self-text' },
      el('span', { class: 'self-line' }, name, ' ', badge),
      el('span', { class: 'self-status' }, dot, status),
      el('span', { class: 'sr-only' }, strings.self.menu),
    ),
    icon('chevron', 'icon-sm'),
  );
  const theme = el('div', { class: 'self-theme' });
  const account = el(
    'button',
    { type: 'button', class: 'menu-item' },
    icon('user', 'icon-sm'),
    el('span', {}, strings.self.account),
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
    shortcuts,
    signOut,
  );
  button.popoverTargetElement = panel;
  element.replaceChildren(button, panel);
  const themeSwitch = createThemeSwitch(theme);
  shortcuts.addEventListener(
    'click',
    () => {
      panel.hidePopover();
      // The dialog gives the focus back to what has it now.
      button.focus();
      void withDialogs(({ showShortcuts }) => showShortcuts(), onTrouble);
    },
    { signal: ending.signal },
  );
  account.addEventListener(
    'click',
    () => {
      panel.hidePopover();
      button.focus();
      onAccount();
    },
    { signal: ending.signal },
  );
  signOut.addEventListener(
    'click',
    () => {
      panel.hidePopover();
      onSignOut();
    },
    { signal: ending.signal },
  );

  return {
    /** @param {{username: string | null, user: import('../types.js').User | null, connection: string}} data */
    update({ username, user, connection }) {
      const known = username ?? '';
      if (user) chooseHue(known, user.hue);
      setFace(face, known);
      setText(name, user?.display_name || known);
      setText(badge, user ? '' : strings.guest);
      badge.hidden = user !== null;
      account.hidden = user === null;
      const state = presence(connection);
      setAttr(dot, 'data-presence', state);
      setText(status, strings.self.connection[state]);
    },
    destroy() {
      ending.abort();
      themeSwitch.destroy();
      element.replaceChildren();
    },
  };
}
