/**
 * What people with an account are called and which colour they have chosen, as far as this page has heard.
 *
 * Names that come together are asked for together, each once; a list is drawn at once and told when there is more.
 *
 * @typedef {import('../types.js').Profile} Profile
 */

import { canonical } from '../format.js';
import { chooseHue } from '../views/avatar.js';

/** Names that come within this time are one question. */
const GATHER_MS = 30;
/** The server answers for no more at once. */
const ASKED_AT_MOST = 50;
/** It takes no longer addresses than a little more, and a letter may be nine characters there. */
const ADDRESS_AT_MOST = 8000;

export class Names {
  #api;
  #onNews;
  #setTimeout;
  #choose;
  /** Hears all that is learned of people. @type {((profiles: Pick<Profile, 'username'|'avatar'>[]) => void)|null} */
  onLearned = null;
  /** By canonical name; null: no account, or not answered yet. @type {Map<string, Pick<Profile, 'username'|'display_name'|'hue'|'avatar'>|null>} */
  #known = new Map();
  /** @type {Set<string>} */
  #wanted = new Set();
  #isGathering = false;
  /** How often `called` has come to answer something else. */
  learned = 0;

  /**
   * @param {object} options
   * @param {Pick<import('../api.js').Api, 'call'>} options.api
   * @param {() => void} options.onNews  what `called` answers has changed
   * @param {typeof chooseHue} [options.choose]  colours the faces of somebody
   * @param {(run: () => void, ms: number) => any} [options.setTimeout]
   */
  constructor({ api, onNews, choose = chooseHue, setTimeout: wait = (run, ms) => setTimeout(run, ms) }) {
    this.#api = api;
    this.#onNews = onNews;
    this.#choose = choose;
    this.#setTimeout = wait;
  }

  /**
   * @param {string} username
   * @returns {string} what they call themselves; the username until that is known
   */
  called(username) {
    return this.#known.get(canonical(username))?.display_name || username;
  }

  /** @returns {Pick<Profile, 'username'|'display_name'|'hue'|'avatar'>[]} everybody this page has heard of */
  get known() {
    return [...this.#known.values()].filter((profile) => profile !== null);
  }

  /** @param {Pick<Profile, 'username'|'display_name'|'hue'|'avatar'>[]} profiles  as the server has just told them */
  learn(profiles) {
    this.onLearned?.(profiles);
    let isNews = false;
    for (const profile of profiles) {
      const key = canonical(profile.username);
      const before = this.#known.get(key);
      this.#known.set(key, profile);
      this.#choose(profile.username, profile.hue);
      isNews ||= before?.display_name !== profile.display_name;
    }
    if (!isNews) return;
    this.learned += 1;
    this.#onNews();
  }

  /** @param {Iterable<string>} usernames  of accounts that are on view */
  want(usernames) {
    for (const username of usernames) {
      const key = canonical(username);
      if (this.#known.has(key)) continue;
      this.#known.set(key, null);
      this.#wanted.add(username);
    }
    if (this.#wanted.size === 0 || this.#isGathering) return;
    this.#isGathering = true;
    this.#setTimeout(() => void this.#ask(), GATHER_MS);
  }

  async #ask() {
    const names = [...this.#wanted].slice(0, ASKED_AT_MOST);
    /** @type {string} */
    let query;
    do query = new URLSearchParams(names.map((name) => ['names', name])).toString();
    while (query.length > ADDRESS_AT_MOST && names.pop());
    for (const name of names) this.#wanted.delete(name);
    try {
      this.learn((await this.#api.call('GET', `/api/users?${query}`)).body);
    } catch {
      // They are shown by their usernames, and asked for again when they come into view anew.
      for (const name of names) this.#known.delete(canonical(name));
    }
    this.#isGathering = false;
    this.want([]);
  }
}
