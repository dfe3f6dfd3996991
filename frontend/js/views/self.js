/**
 * Oneself, at the foot of the sidebar and on top of the rooms: name, connection, and a menu with one's account, the
 * theme and the way out.
 */

import { el, icon, setAttr, setText } from '../dom.js';
import { strings } from '../strings/en.js';
import { chooseHue, setFace } from './avatar.js';
import { guestBadge } from './names.js';
import { loadSeldom } from './seldom.js';

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
export function createSelf(element, callbacks) {
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
  element.replaceChildren(button);
  /** @type {ReturnType<typeof import('./selfmenu.js').createSelfMenu> | null} */
  let menu = null;
  /** @type {import('../types.js').User | null} */
  let shown = null;
  const open = async () => {
    const [{ createSelfMenu }, { createThemeSwitch }] = await Promise.all([loadSeldom(), import('./theme.js')]);
    if (menu) return;
    menu = createSelfMenu(button, createThemeSwitch, callbacks, ending.signal);
    menu.update(shown);
    element.append(menu.panel);
    menu.panel.showPopover();
  };
  button.addEventListener(
    'click',
    (event) => {
      if (menu) return;
      // The button becomes the menu's while this press is under way, which would close it again.
      event.preventDefault();
      open().catch(callbacks.onTrouble);
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
      shown = user;
      menu?.update(user);
      const state = presence(connection);
      setAttr(dot, 'data-presence', state);
      setText(status, strings.self.connection[state]);
    },
    destroy() {
      ending.abort();
      element.replaceChildren();
    },
  };
}
