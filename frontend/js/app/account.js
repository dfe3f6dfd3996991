/**
 * What an account's person asks of the page: to come in, to sign in again, to see and change what is theirs.
 *
 * Loaded with the first sign-in. The dialogs are loaded when they are asked for.
 *
 * @typedef {import('../types.js').User} User
 * @typedef {import('./identity.js').Identity} Identity
 */

import { Accounts } from '../accounts.js';
import { exclusively } from '../outbox/locks.js';
import { seldomStyle } from '../views/seldom.js';
import { Session } from './session.js';

/**
 * @typedef {object} AccountOptions
 * @property {import('../types.js').State} state  read only
 * @property {import('./memory.js').Memory} memory
 * @property {import('../api.js').Api} api
 * @property {import('../types.js').Clock} clock
 * @property {import('../types.js').Config} config
 * @property {Identity} identity
 * @property {import('./screens.js').Screens} screens
 * @property {import('../socket.js').Connection} connection
 * @property {(event: import('../types.js').Frame) => void} apply
 */

/** @typedef {import('./reads.js').Reads} Reads */
/** @typedef {ReturnType<typeof createAccount>} Account */

/**
 * @template T
 * @param {Promise<T>} loading
 * @returns {Promise<T>} with what it needs to be seen
 */
async function styled(loading) {
  const [module] = await Promise.all([loading, seldomStyle()]);
  return module;
}

/**
 * @template T
 * @param {() => Promise<T>} load
 * @returns {() => Promise<T>} loads it once; what could not be had is asked for again by the next
 */
function once(load) {
  /** @type {Promise<T>|null} */
  let known = null;
  return () => {
    known ??= load().catch((cause) => {
      known = null;
      throw cause;
    });
    return known;
  };
}

/** @param {AccountOptions} options */
export function createAccount(options) {
  const { state, memory, api, clock, identity } = options;
  const accounts = new Accounts(api);
  const session = new Session({
    accounts, memory, clock, exclusively: exclusively(navigator.locks), onWelcome: (user) => identity.isWelcome(user),
  });
  /** Closes the dialog of an ended session. @type {(() => void)|null} */
  let stop = null;

  /**
   * @param {() => Promise<import('../accounts.js').Welcome>} ask
   * @param {(user: User) => void} welcome
   */
  const begin = (ask, welcome) => session.alone(async () => {
    const { user, expires_in: expiresIn } = await ask();
    session.begin(expiresIn);
    welcome(user);
  });
  /** How far this account has read; rejects when it cannot be loaded now. */
  const loadReads = once(() => import('./reads.js').then(({ createReads }) => createReads(options)));
  /** What is about it. */
  const loadAttention = once(() => import('./attention.js').then(({ createAttention }) => createAttention(options)));
  /** What its person has written to be sent later. */
  const loadScheduling = once(() => import('./scheduling.js').then(({ createScheduling }) => createScheduling(options)));
  const loadAll = () => Promise.all([loadReads(), loadAttention(), loadScheduling()]);
  if (state.user) loadAll().catch(() => {});

  /** @param {() => Promise<import('../accounts.js').Welcome>} ask */
  const comeIn = (ask) => begin(ask, (user) => {
    identity.come(user);
    // Where no room is, it may be long until there is something to hear.
    loadAll().catch(() => {});
  });

  return {
    accounts,
    session,
    reads: loadReads,
    attention: loadAttention,
    scheduling: loadScheduling,

    /** @param {import('../types.js').Frame} frame  of the server; without what hears it, it is heard later or not at all */
    hear(frame) {
      if (!state.user) return;
      // What cannot be had of the one is no loss of the others.
      loadReads().then((reads) => reads.hear(frame), () => {});
      loadAttention().then((attention) => attention.hear(frame), () => {});
      loadScheduling().then((scheduling) => scheduling.hear(frame), () => {});
    },

    /** @param {{username: string, password: string}} credentials @returns {Promise<void>} rejects with an ApiError */
    signIn: (credentials) => comeIn(() => accounts.signIn(credentials)),

    /**
     * Makes an account, with the invitation if there is one.
     *
     * @param {{username: string, password: string, display_name?: string}} account
     * @returns {Promise<void>} rejects with an ApiError
     */
    register(account) {
      const { invitation } = state;
      if (invitation?.kind === 'setup') {
        const { username, password } = account;
        return comeIn(() => accounts.setUp({ token: invitation.token, username, password }));
      }
      return comeIn(() => accounts.register({ ...account, ...(invitation?.kind === 'invite' ? { invite: invitation.token } : {}) }));
    },

    /** Reads one's account anew: another browser may have changed it. */
    async freshen() {
      identity.isWelcome(await accounts.me());
    },

    /** The session has ended: asks for the password where the reader is. */
    async askAgain() {
      const { user } = state;
      if (!user || stop) return;
      const { askToSignIn } = await styled(import('../views/account/again.js'));
      if (!state.isEnded) return;
      const asked = askToSignIn({
        user, onLeave: () => identity.dismiss(),
        onSignIn: (/** @type {string} */ password) => comeIn(() => accounts.signIn({ username: user.username, password })),
      });
      stop = asked.close;
      await asked.closed;
      stop = null;
    },

    /** Another tab has signed in again. */
    stopAsking: () => stop?.(),

    /**
     * @param {{current_password: string, new_password: string}} passwords
     * @returns {Promise<void>} rejects with an ApiError
     */
    async changePassword(passwords) {
      const change = () => begin(() => accounts.changePassword(passwords), (user) => identity.changed(user));
      await session.ready();
      try {
        await change();
      } catch (refusal) {
        if (/** @type {{code?: string}} */ (refusal).code !== 'not_signed_in' || !(await identity.renew())) throw refusal;
        await change();
      }
    },

    /** One's account, to look at and to change. */
    async open() {
      const { openAccount } = await styled(import('./accountsettings.js'));
      await openAccount({ ...options, accounts, attention: loadAttention, onPassword: (passwords) => this.changePassword(passwords) });
    },
  };
}
