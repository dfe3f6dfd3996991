/** The settings of one's account, as a dialog with tabs; see the ARIA practices for their keys. */

import { el, setAttr, uid } from '../../dom.js';
import { words } from '../../strings/account.js';
import { openModal } from './modal.js';
import { createPassword } from './password.js';
import { createProfile } from './profile.js';
import { createSessions } from './sessions.js';

/**
 * @typedef {import('../../types.js').User} User
 * @typedef {import('../../types.js').Login} Login
 *
 * @typedef {object} SettingsOptions everything asked of the server rejects with `{code, detail, field, retryAfterMs}`
 * @property {User} user
 * @property {number} minPasswordLength
 * @property {(changes: Partial<User>) => Promise<User>} onSave
 * @property {(passwords: {current_password: string, new_password: string}) => Promise<void>} onPassword
 * @property {() => Promise<Login[]>} logins
 * @property {(id: string) => Promise<void>} onEnd
 * @property {() => Promise<void>} onEndAll
 */

/**
 * @typedef {object} Part
 * @property {HTMLElement} element
 * @property {() => void} [open] its tab has been chosen
 * @property {() => void} destroy
 *
 * @typedef {{label: string, part: Part}} Tab
 */

/**
 * @param {Tab[]} tabs
 * @param {string} label
 */
function createTabs(tabs, label) {
  const made = tabs.map(({ label: text, part }) => {
    const [tabId, panelId] = [uid('tab'), uid('panel')];
    const tab = el('button', { type: 'button', role: 'tab', id: tabId, class: 'tab', 'aria-controls': panelId }, text);
    const panel = el(
      'div',
      { role: 'tabpanel', id: panelId, 'aria-labelledby': tabId, hidden: true },
      part.element,
    );
    return { tab, panel, part };
  });
  const list = el('div', { role: 'tablist', class: 'tabs', 'aria-label': label }, ...made.map(({ tab }) => tab));

  /** @param {number} chosen */
  const choose = (chosen) => {
    made.forEach(({ tab, panel, part }, index) => {
      const isChosen = index === chosen;
      setAttr(tab, 'aria-selected', String(isChosen));
      setAttr(tab, 'tabindex', isChosen ? null : '-1');
      if (isChosen && panel.hidden) part.open?.();
      panel.hidden = !isChosen;
    });
  };
  list.addEventListener('click', (event) => {
    const index = made.findIndex(({ tab }) => tab === event.target);
    if (index >= 0) choose(index);
  });
  list.addEventListener('keydown', (event) => {
    const at = made.findIndex(({ tab }) => tab === document.activeElement);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const next = Object.hasOwn(steps, event.key) ? steps[/** @type {keyof typeof steps} */ (event.key)] : null;
    if (next === null) return;
    event.preventDefault();
    const index = (next + made.length) % made.length;
    choose(index);
    made[index]?.tab.focus();
  });
  choose(0);
  return { list, panels: made.map(({ panel }) => panel) };
}

/**
 * @param {SettingsOptions} options
 * @returns {Promise<void>} settles when the dialog has closed
 */
export async function openSettings({ user, minPasswordLength, onSave, onPassword, logins, onEnd, onEndAll }) {
  const sessions = createSessions({
    logins,
    onEnd,
    onEndAll: async () => {
      await onEndAll();
      dialog.close();
    },
  });
  /** @type {Tab[]} */
  const tabs = [
    { label: words.settings.tabs.profile, part: createProfile({ user, onSave }) },
    {
      label: words.settings.tabs.password,
      part: createPassword({ username: user.username, minPasswordLength, onPassword }),
    },
    { label: words.settings.tabs.sessions, part: sessions },
  ];
  const { list, panels } = createTabs(tabs, words.settings.title);
  const { dialog, closed } = openModal({
    title: words.settings.title,
    kind: 'settings',
    body: [list, el('div', { class: 'scroller settings-body' }, ...panels)],
  });
  list.querySelector('button')?.focus();
  await closed;
  for (const { part } of tabs) part.destroy();
}
