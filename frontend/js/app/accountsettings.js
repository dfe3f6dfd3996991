/**
 * One's account, to look at and to change. Loaded when it is asked for.
 *
 * @typedef {import('../types.js').User} User
 */

import { openSettings } from '../views/account/settings.js';

/**
 * @param {object} options
 * @param {import('../types.js').State} options.state  read only
 * @param {import('../accounts.js').Accounts} options.accounts
 * @param {import('../types.js').Config} options.config
 * @param {import('./identity.js').Identity} options.identity
 * @param {(passwords: any) => Promise<void>} options.onPassword  rejects with an ApiError
 */
export async function openAccount({ state, accounts, config, identity, onPassword }) {
  const { user } = state;
  if (!user) return;
  await openSettings({
    user, minPasswordLength: config.minPasswordLength,
    onSave: async (/** @type {Partial<User>} */ changes) => {
      const saved = await accounts.save(changes);
      identity.changed(saved);
      return saved;
    },
    onPassword,
    logins: () => accounts.logins(),
    onEnd: (/** @type {string} */ id) => accounts.endLogin(id),
    onEndAll: () => identity.leaveBy(() => accounts.endAllLogins()),
  });
}
