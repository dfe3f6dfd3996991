/**
 * One's account, to look at and to change. Loaded when it is asked for.
 *
 * @typedef {import('../types.js').User} User
 */

import { openSettings } from '../views/account/settings.js';

/** So long it may take to send a picture. */
const PICTURE_MS = 120_000;

/**
 * @param {import('./account.js').AccountOptions & {accounts: import('../accounts.js').Accounts,
 *   attention: () => Promise<import('./attention.js').Attention>,
 *   onPassword: (passwords: any) => Promise<void>}} options  `onPassword` rejects with an ApiError
 */
export async function openAccount({ state, api, screens, accounts, config, identity, attention, onPassword }) {
  const { user } = state;
  if (!user) return;
  await openSettings({
    user, minPasswordLength: config.minPasswordLength,
    onSave: async (/** @type {Partial<User>} */ changes) => {
      const saved = await accounts.save(changes);
      identity.changed(saved);
      return saved;
    },
    onPicture: async (/** @type {Blob|null} */ picture) => {
      // A picture goes as it is, and may take its time.
      const send = api.by((url, init) => fetch(url, { ...init, body: picture, signal: AbortSignal.timeout(PICTURE_MS) }));
      const { body: saved } = await send.call(picture ? 'PUT' : 'DELETE', '/api/users/me/avatar');
      identity.changed(saved);
      (await screens.wishes()).names.learn([saved]);
      return saved;
    },
    onPassword,
    notifications: await attention().then((known) => known.settings(), () => null),
    logins: () => accounts.logins(),
    onEnd: (/** @type {string} */ id) => accounts.endLogin(id),
    onEndAll: () => identity.leaveBy(() => accounts.endAllLogins()),
    data: {
      exported: () => accounts.exported(),
      onExport: (password) => accounts.takeAlong(password),
      onLeave: (password, mode) => identity.leaveBy(() => accounts.leave(password, mode)),
    },
  });
}
