/**
 * Oneself, at the foot of the sidebar and on top of the rooms: name, connection, and a menu with the theme and the
 * way out.
 */

import { el, icon, setAttr, setText } from '../dom.js';
import { strings } from '../strings/en.js';
import { setFace } from './avatar.js';
import { showShortcuts } from './dialog.js';
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
 * @param {{onSignOut: () => void}} callbacks
 */
export function createSelf(element, { onSignOut }) {
  const ending = new AbortController();
  const face = el('span', { class: 'avatar', 'aria-hidden': 'true' });
  const name = el('span', { class: 'self-name', dir: 'auto' });
  const dot = el('span', { class: 'dot' });
  const status = el('span', { class: 'self-status-text' });
  const button = el(
    'button',
    { type: 'button', class: 'self-button' },
    face,
    el(
      'span',
      { class: 'self-text' },
      name,
      el('span', { class: 'self-status' }, dot, status),
      el('span', { class: 'sr-only' }, strings.self.menu),
    ),
    icon('chevron', 'icon-sm'),
  );
  const theme = el('div', { class: 'self-theme' });
  const shortcuts = el(
    'button',
    { type: 'button', class: 'menu-item' },
    icon('keys', 'icon-sm'),
    el('span', {}, strings.shortcuts.open),
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
      void showShortcuts();
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
    /** @param {{username: string | null, connection: string}} data */
    update({ username, connection }) {
      const known = username ?? '';
      setFace(face, known);
      setText(name, known);
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
