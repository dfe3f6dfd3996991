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
 * @param {import('./session.js').Session} options.session
 * @param {(ask: () => Promise<import('../accounts.js').Welcome>, welcome: (user: User) => void) => Promise<void>} options.begin
 *   a new login
 */
export async function openAccount({ state, accounts, config, identity, session, begin }) {
  const { user } = state;
  if (!user) return;
  /** @param {any} passwords */
  const onPassword = async (passwords) => {
    const change = () => begin(() => accounts.changePassword(passwords), (changed) => identity.changed(changed));
    await session.ready();
    try {
      await change();
    } catch (refusal) {
      if (/** @type {{code?: string}} */ (refusal).code !== 'not_signed_in' || !(await identity.renew())) throw refusal;
      await change();
    }
  };
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
