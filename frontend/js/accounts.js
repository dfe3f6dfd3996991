/**
 * The part of the REST interface that concerns oneself: coming in, staying in, one's account.
 *
 * The browser keeps what proves a login in cookies that no script can read; nothing here ever sees it. Loaded with the
 * first sign-in.
 *
 * @typedef {import('./types.js').User} User
 * @typedef {import('./types.js').Profile} Profile
 * @typedef {import('./types.js').Login} Login
 * @typedef {{user: User, expires_in: number}} Welcome  `expires_in`: seconds until the login has to be renewed
 */

export class Accounts {
  #api;

  /** @param {Pick<import('./api.js').Api, 'call'>} api  its calls reject with an ApiError */
  constructor(api) {
    this.#api = api;
  }

  /**
   * @param {{username: string, password: string}} credentials
   * @returns {Promise<Welcome>}
   */
  signIn(credentials) {
    return this.#ask('POST', '/api/auth/login', credentials);
  }

  /**
   * @param {{username: string, password: string, display_name?: string, invite?: string}} account
   * @returns {Promise<Welcome>}
   */
  register(account) {
    return this.#ask('POST', '/api/auth/register', account);
  }

  /**
   * Makes the first administrator.
   *
   * @param {{token: string, username: string, password: string}} account
   * @returns {Promise<Welcome>}
   */
  setUp(account) {
    return this.#ask('POST', '/api/auth/setup', account);
  }

  /**
   * @param {number} timeoutMs  for an answer
   * @returns {Promise<Welcome>}
   */
  refresh(timeoutMs) {
    return this.#ask('POST', '/api/auth/refresh', {}, { timeoutMs });
  }

  /** Ends this browser's login, if it has one. */
  async signOut() {
    await this.#ask('POST', '/api/auth/logout');
  }

  /** @returns {Promise<User>} */
  async me() {
    return (await this.#api.call('GET', '/api/users/me')).body;
  }

  /**
   * @param {Partial<Pick<User, 'display_name'|'about'|'time_zone'|'status_text'|'hue'|'read_receipts'>>} changes
   * @returns {Promise<User>}
   */
  async save(changes) {
    return (await this.#api.call('PATCH', '/api/users/me', { body: changes })).body;
  }

  /**
   * @param {string} username
   * @returns {Promise<Profile>}
   */
  async person(username) {
    return (await this.#api.call('GET', `/api/users/${encodeURIComponent(username)}`)).body;
  }

  /**
   * Ends all logins of the account, and begins a new one in this browser.
   *
   * @param {{current_password: string, new_password: string}} passwords
   * @returns {Promise<Welcome>}
   */
  changePassword(passwords) {
    return this.#ask('POST', '/api/auth/password', passwords);
  }

  /** @returns {Promise<Login[]>} */
  async logins() {
    return (await this.#api.call('GET', '/api/auth/sessions')).body;
  }

  /** @param {string} id */
  async endLogin(id) {
    await this.#api.call('DELETE', `/api/auth/sessions/${encodeURIComponent(id)}`);
  }

  /** Ends every login of the account, this one too. */
  async endAllLogins() {
    await this.#api.call('DELETE', '/api/auth/sessions');
  }

  /** @returns {Promise<import('./views/account/data.js').OwnExport>} what becomes of the archive of one's own data */
  async exported() {
    return (await this.#api.call('GET', '/api/users/me/export')).body;
  }

  /**
   * Has one made.
   *
   * @param {string} password
   * @returns {Promise<import('./views/account/data.js').OwnExport>}
   */
  takeAlong(password) {
    return this.#ask('POST', '/api/users/me/export', { password });
  }

  /**
   * Leaves for good.
   *
   * @param {string} password
   * @param {'anonymise' | 'remove'} mode
   */
  async leave(password, mode) {
    await this.#ask('POST', '/api/users/me/removal', { password, mode });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {{timeoutMs?: number}} [options]
   * @returns {Promise<any>}
   */
  async #ask(method, path, body, options) {
    return (await this.#api.call(method, path, { body, isBare: true, ...options })).body;
  }
}
