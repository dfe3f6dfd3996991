/** The settings of one's account, as a dialog with tabs. */

import { el } from '../../dom.js';
import { words } from '../../strings/account.js';
import { words as dataWords } from '../../strings/owndata.js';
import { createTabs } from '../tabs.js';
import { createData } from './data.js';
import { openModal } from './modal.js';
import { createPassword } from './password.js';
import { createNotifications } from './notifications.js';
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
 * @property {(picture: Blob | null) => Promise<User>} onPicture
 * @property {(passwords: {current_password: string, new_password: string}) => Promise<void>} onPassword
 * @property {import('./notifications.js').NotificationOptions | null} notifications null: what it takes cannot be had now
 * @property {() => Promise<Login[]>} logins
 * @property {(id: string) => Promise<void>} onEnd
 * @property {() => Promise<void>} onEndAll
 * @property {import('./data.js').DataOptions} data
 */

/**
 * @param {SettingsOptions} options
 * @returns {Promise<void>} settles when the dialog has closed
 */
export async function openSettings({ user, minPasswordLength, onSave, onPicture, onPassword, notifications, logins, onEnd, onEndAll, data }) {
  const sessions = createSessions({
    logins,
    onEnd,
    onEndAll: async () => {
      await onEndAll();
      dialog.close();
    },
  });
  /** @type {import('../tabs.js').Tab[]} */
  const tabs = [
    { label: words.settings.tabs.profile, part: createProfile({ user, onSave, onPicture }) },
    {
      label: words.settings.tabs.password,
      part: createPassword({ username: user.username, minPasswordLength, onPassword }),
    },
    { label: words.settings.tabs.sessions, part: sessions },
    ...(notifications ? [{ label: words.settings.tabs.notifications, part: createNotifications(notifications) }] : []),
    {
      label: dataWords.tab,
      part: createData({
        ...data,
        onLeave: async (password, mode) => {
          await data.onLeave(password, mode);
          dialog.close();
        },
      }),
    },
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
