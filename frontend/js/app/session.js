/**
 * Keeps an account's login alive: renews it before it ends, once for all tabs of the browser.
 *
 * The server takes the token that was just replaced for some seconds longer, so that two tabs that renew at once, where
 * the browser has no locks, are no theft.
 */

/** A login that ends sooner than this is renewed first: a call under way must not outlive it. */
export const MARGIN_MS = 30_000;

const LOCK = 'parlour.session';

export class Session {
  #accounts;
  #memory;
  #exclusively;
  #clock;
  #onWelcome;
  /** Where the browser keeps nothing, this page still knows. */
  #until = 0;
  /** @type {Promise<void>|null} */
  #renewal = null;

  /**
   * @param {object} options
   * @param {Pick<import('../accounts.js').Accounts, 'refresh'>} options.accounts
   * @param {Pick<import('./memory.js').Memory, 'signedInUntil'|'setSignedInUntil'>} options.memory
   * @param {import('../outbox/locks.js').Exclusively} options.exclusively
   * @param {Pick<import('../types.js').Clock, 'date'>} options.clock
   * @param {(user: import('../types.js').User) => void} [options.onWelcome]  with the account as the server has it
   */
  constructor({ accounts, memory, exclusively, clock, onWelcome = () => {} }) {
    this.#accounts = accounts;
    this.#memory = memory;
    this.#exclusively = exclusively;
    this.#clock = clock;
    this.#onWelcome = onWelcome;
  }

  /** @param {number} expiresIn  seconds, as the server has said just now */
  begin(expiresIn) {
    this.#until = this.#clock.date() + expiresIn * 1000;
    this.#memory.setSignedInUntil(this.#until);
  }

  /** The server takes the login no longer, whatever the clock says. */
  expire() {
    this.#until = 0;
    this.#memory.setSignedInUntil(0);
  }

  /** @returns {Promise<void>|null} settles when there is a good login; null: there is. Rejects with an ApiError. */
  ready() {
    if (!this.#isDue()) return null;
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  #isDue() {
    // Another tab may have renewed it.
    return Math.max(this.#until, this.#memory.signedInUntil) < this.#clock.date() + MARGIN_MS;
  }

  #renew() {
    return this.#exclusively(LOCK, async () => {
      // Another tab may have done it while this one waited.
      if (!this.#isDue()) return;
      const { user, expires_in: expiresIn } = await this.#accounts.refresh();
      this.begin(expiresIn);
      this.#onWelcome(user);
    });
  }
}
