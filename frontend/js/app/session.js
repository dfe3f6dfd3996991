/**
 * Keeps an account's login alive: renews it before it ends, once for all tabs of the browser.
 *
 * The server takes the token that was just replaced for some seconds longer, so that two tabs that renew at once, where
 * the browser has no locks, are no theft. So a renewal whose answer was lost is asked for again, while it gives the same.
 */

import { ApiError } from '../api.js';

/** A login that ends sooner than this is renewed first: a call under way must not outlive it. */
export const MARGIN_MS = 30_000;

/** A renewal without an answer by then is asked for once more ... */
export const GIVE_UP_MS = 4000;
/** ... after this pause, which doubles: the server may only just be starting ... */
export const PAUSE_MS = 250;
/** ... until this time, while the server is sure to take the token: for 10 s from when it has replaced it. */
export const REPEAT_MS = 9000;

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
   * @param {Pick<import('../types.js').Clock, 'date'|'setTimeout'>} options.clock
   * @param {(user: import('../types.js').User) => boolean} [options.onWelcome]  with the account as the server has it;
   *   whether it is the one on this page
   */
  constructor({ accounts, memory, exclusively, clock, onWelcome = () => true }) {
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

  /**
   * Signing in, signing out and renewing are done one after the other, over all tabs: the cookies of one must not come
   * between those of another.
   *
   * @template T
   * @param {() => Promise<T>} run  does not wait for `ready`
   * @returns {Promise<T>}
   */
  alone(run) {
    return this.#exclusively(LOCK, run);
  }

  #isDue() {
    // Another tab may have renewed it.
    return Math.max(this.#until, this.#memory.signedInUntil) < this.#clock.date() + MARGIN_MS;
  }

  #renew() {
    return this.alone(async () => {
      // Another tab may have done it while this one waited.
      if (!this.#isDue()) return;
      try {
        const { user, expires_in: expiresIn } = await this.#refresh();
        // The cookies are somebody else's by now: nothing is done with them under this page's name.
        if (!this.#onWelcome(user)) throw new ApiError('not_signed_in', '');
        this.begin(expiresIn);
      } catch (refusal) {
        // Where the browser has no locks, another tab may have signed in since: the refusal is of what was before.
        if (/** @type {ApiError} */ (refusal).code !== 'not_signed_in' || this.#isDue()) throw refusal;
      }
    });
  }

  /** @returns {Promise<import('../accounts.js').Welcome>} */
  async #refresh() {
    const begun = this.#clock.date();
    for (let pause = PAUSE_MS; ; pause *= 2) {
      try {
        return await this.#accounts.refresh(GIVE_UP_MS);
      } catch (refusal) {
        const isLate = this.#clock.date() + pause - begun >= REPEAT_MS;
        if (/** @type {ApiError} */ (refusal).code !== 'network' || isLate) throw refusal;
      }
      await new Promise((resolve) => this.#clock.setTimeout(() => resolve(undefined), pause));
    }
  }
}
