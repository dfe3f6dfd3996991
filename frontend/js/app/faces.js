/**
 * The pictures of people, in place of their initials wherever they are shown, and newer ones after a while.
 *
 * Who has one comes with what the page learns of people anyway. From then on it asks again, for many at once: when others
 * come, when a connection is back, and now and then. Loaded with the first picture, or when the page has nothing else to do.
 *
 * @typedef {import('../types.js').Profile} Profile
 */

import { el } from '../dom.js';
import { canonical } from '../format.js';
import { usePictures } from '../views/avatar.js';
import { sheet } from '../views/seldom.js';

/** The server answers for no more at once. */
const ASKED_AT_MOST = 100;
const EVERY_MS = 10 * 60_000;
/** Others' coming and going is a reason to ask, but not more often. */
const REST_MS = 60_000;

/** In an address of about this length: the server takes no longer ones, and a letter may be nine characters there. */
const ADDRESS_AT_MOST = 6000;

/** @param {string[]} names @returns {string[]} the first of them, as many as are one question */
export function oneQuestion(names) {
  let length = 0;
  const end = names.findIndex((name) => (length += encodeURIComponent(`,${name}`).length) > ADDRESS_AT_MOST);
  return names.slice(0, end < 0 ? ASKED_AT_MOST : Math.min(end, ASKED_AT_MOST));
}

/**
 * @param {import('./wishes.js').Page} page
 * @param {import('./names.js').Names} names
 * @returns {Promise<void>} rejects when the style cannot be had
 */
export async function begin(page, names) {
  await sheet('files');
  faces ??= new Faces(page, names);
}

/** One is enough for the page. @type {Faces|null} */
let faces = null;

export class Faces {
  #page;
  #names;
  /** By canonical name. @type {Map<string, {username: string, version: string}>} */
  #versions = new Map();
  #askedAt;
  #isAsking = false;
  /** What was on view when it was last looked at. */
  #seen = { users: /** @type {string[]} */ ([]), connection: '' };

  /** @param {import('./wishes.js').Page} page @param {import('./names.js').Names} names */
  constructor(page, names) {
    this.#page = page;
    this.#names = names;
    const { clock } = page;
    this.#askedAt = clock.now();
    this.learn(names.known);
    names.onLearned = (profiles) => this.learn(profiles);
    page.parts().screens.watchers.add(() => this.#watch());
    const tick = () => {
      if (!document.hidden) void this.refresh();
      clock.setTimeout(tick, EVERY_MS);
    };
    clock.setTimeout(tick, EVERY_MS);
  }

  /** @param {Pick<Profile, 'username'|'avatar'>[]} profiles  as the server has just told them */
  learn(profiles) {
    let isNews = false;
    for (const { username, avatar = null } of profiles) {
      const key = canonical(username);
      if ((this.#versions.get(key)?.version ?? null) === avatar) continue;
      isNews = true;
      if (avatar) this.#versions.set(key, { username, version: avatar });
      else this.#versions.delete(key);
    }
    if (isNews) usePictures((node, name) => this.#paint(node, name));
  }

  /** @param {HTMLElement} node @param {string} name */
  #paint(node, name) {
    const known = name === '' ? undefined : this.#versions.get(canonical(name));
    const image = node.querySelector('img');
    if (!known) return void image?.remove();
    const src = `/api/users/${encodeURIComponent(known.username)}/avatar?v=${encodeURIComponent(known.version)}`;
    if (image?.getAttribute('src') === src) return;
    const next = el('img', { class: 'avatar-image', src, alt: '', loading: 'lazy', decoding: 'async', draggable: 'false' });
    // What cannot be had leaves the initials.
    next.addEventListener('error', () => next.remove());
    image?.remove();
    node.append(next);
  }

  #watch() {
    const { users, connection } = this.#page.state;
    const { users: usersBefore, connection: before } = this.#seen;
    this.#seen = { users, connection };
    const isBack = connection === 'caughtup' && before !== connection;
    const hasCome = users !== usersBefore && this.#page.clock.now() - this.#askedAt > REST_MS;
    if (isBack || hasCome) void this.refresh();
  }

  /** Asks for the pictures of everybody the page knows. */
  async refresh() {
    if (this.#isAsking || this.#page.state.username === null) return;
    this.#isAsking = true;
    this.#askedAt = this.#page.clock.now();
    const known = this.#names.known.map(({ username }) => username);
    try {
      while (known.length > 0) {
        const names = known.splice(0, oneQuestion(known).length);
        const { body } = await this.#page.api.call('GET', '/api/users/avatars', { query: { names: names.join(',') } });
        this.learn(Object.entries(body).map(([username, avatar]) => ({ username, avatar })));
      }
    } catch {
      // They stay as they are until the next time.
    } finally {
      this.#isAsking = false;
    }
  }
}
