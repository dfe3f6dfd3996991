/**
 * Who reacted to the messages on view, what of it is one's own, and what was asked for and is not answered yet.
 *
 * Messages tell names, to everybody the same; which of them is oneself is worked out here. What is asked for is shown at
 * once, until the message comes back with it or the server refuses. Loaded with the first message that has reactions.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Reaction} Reaction
 * @typedef {{emoji: string, count: number, usernames: string[], others: string[], mine: boolean}} Shown  `others`: those
 *   named who are not oneself
 */

import { canonical } from '../format.js';
import { errorText } from '../strings/en.js';
import { words } from '../strings/reactions.js';
import { createBars } from '../views/reactions.js';

/** @typedef {{on: boolean, version: number|null}} Asked  `version`: of the message that has it; null: not answered yet */

/**
 * What is shown of one emoji.
 *
 * @param {Reaction|undefined} told
 * @param {{me: string, own: boolean|undefined, asked: Asked|undefined}} known  `own`: what the server has said of it
 * @returns {Omit<Shown, 'emoji'>}
 */
export function shownOf(told, { me, own, asked }) {
  const { count = 0, usernames = [] } = told ?? {};
  const isListed = usernames.some((name) => canonical(name) === me);
  // Where all are named, and one is not, nothing that was heard before counts.
  const was = count === usernames.length && !isListed ? false : (own ?? isListed);
  const mine = asked?.on ?? was;
  const others = was || mine ? usernames.filter((name) => canonical(name) !== me) : usernames;
  return { count: count + Number(mine) - Number(was), usernames, others, mine };
}

export class Reactions {
  #page;
  #bars;
  /** By message and emoji. @type {Map<string, Asked>} */
  #asked = new Map();
  /** What the server has said of one's own, by message and emoji. @type {Map<string, boolean>} */
  #own = new Map();
  /** Messages that it was asked about. @type {Set<number>} */
  #looked = new Set();
  /** Whose they are. */
  #me = '';
  /** Whether anybody may react in this room. */
  #isOpen = true;
  /** Grows when something is to be shown otherwise that no message tells. */
  #stamp = 0;

  /** @param {import('./wishes.js').Page} page */
  constructor(page) {
    this.#page = page;
    const wish = (/** @type {string} */ name) => (/** @type {any[]} */ ...details) => void page.parts().screens.act(name, ...details);
    this.#bars = createBars({
      of: (message) => this.of(message),
      isOpen: () => this.#isOpen,
      onToggle: (message, emoji) => void this.toggle(message, emoji),
      onAdd: wish('pickReaction'),
      onList: wish('showReactors'),
    });
  }

  /** @param {HTMLElement} log @param {import('../views/row.js').Row[]} rows */
  draw(log, rows) {
    const { username, user, messages, currentRoom } = this.#page.state;
    const me = `${user?.id ?? ''} ${username}`;
    const isOpen = !currentRoom?.archived_at;
    if (me !== this.#me) for (const known of [this.#asked, this.#own, this.#looked]) known.clear();
    if (me !== this.#me || isOpen !== this.#isOpen) this.#stamp += 1;
    this.#me = me;
    this.#isOpen = isOpen;
    // A thread shows messages that the room's window may not hold.
    const drawn = rows.flatMap(({ source }) => (source && 'id' in source ? [source] : []));
    if (this.#asked.size > 0) this.#settle([...messages, ...drawn]);
    this.#bars.draw(log, rows, this.#stamp);
  }

  /**
   * @param {Message} message
   * @returns {Shown[]} in the order in which each emoji came
   */
  of({ id, reactions = [] }) {
    const me = canonical(this.#page.state.username ?? '');
    const of = (/** @type {string} */ emoji, /** @type {Reaction|undefined} */ told) => {
      const key = `${id} ${emoji}`;
      return { emoji, ...shownOf(told, { me, own: this.#own.get(key), asked: this.#asked.get(key) }) };
    };
    const shown = reactions.map((told) => of(told.emoji, told));
    for (const key of this.#asked.keys()) {
      const [which, emoji = ''] = key.split(' ');
      if (Number(which) === id && !reactions.some((told) => told.emoji === emoji)) shown.push(of(emoji, undefined));
    }
    if (shown.some(({ mine, count, usernames }) => !mine && count > usernames.length)) void this.#look(id);
    return shown.filter(({ count }) => count > 0);
  }

  /** @param {Message} message @param {string} emoji */
  isOwn(message, emoji) {
    return this.of(message).some((shown) => shown.emoji === emoji && shown.mine);
  }

  /** @param {Message} message @param {string} emoji */
  toggle(message, emoji) {
    return this.set(message, emoji, !this.isOwn(message, emoji));
  }

  /**
   * Reacts, or takes it back; what is wished meanwhile is done afterwards.
   *
   * @param {Message} message
   * @param {string} emoji
   * @param {boolean} on
   */
  async set({ id }, emoji, on) {
    const key = `${id} ${emoji}`;
    const before = this.#asked.get(key);
    const asked = { on, version: null };
    this.#asked.set(key, asked);
    this.#redraw();
    if (before?.version === null) return;
    await this.#ask(id, emoji, asked);
  }

  /**
   * @param {number} messageId
   * @param {{emoji?: string, after?: number, limit?: number}} [query]
   * @returns {Promise<{reactors: import('../types.js').Reactor[], own: string[]}>} rejects with an ApiError
   */
  async reactors(messageId, query = {}) {
    const { api, state } = this.#page;
    const asked = { ...query, username: state.username ?? undefined };
    return (await api.call('GET', `/api/chat/messages/${messageId}/reactions`, { query: asked })).body;
  }

  /** @param {number} id @param {string} emoji @param {Asked} asked */
  async #ask(id, emoji, asked) {
    const { api, state } = this.#page;
    const [key, me] = [`${id} ${emoji}`, this.#me];
    const path = `/api/chat/messages/${id}/reactions/${encodeURIComponent(emoji)}`;
    try {
      const { body } = await api.call(asked.on ? 'PUT' : 'DELETE', path, { query: { username: state.username ?? undefined } });
      if (me !== this.#me) return;
      this.#own.set(key, asked.on);
      const wished = this.#asked.get(key);
      if (wished && wished.on !== asked.on) return void (await this.#ask(id, emoji, wished));
      // The room may tell of it a moment later than the answer comes.
      this.#asked.set(key, { on: asked.on, version: body.version });
    } catch (refusal) {
      if (me !== this.#me) return;
      this.#asked.delete(key);
      const { code = 'internal', detail = '', field } = /** @type {{code?: string, detail?: string, field?: string}} */ (refusal);
      const text = (field === 'emoji' && words.refused[code]) || errorText(code, detail);
      void this.#page.parts().screens.toast(text, 'danger');
    }
    this.#redraw();
  }

  /** What has come back with its message need not be remembered. @param {Message[]} messages on view */
  #settle(messages) {
    for (const [key, { version }] of this.#asked) {
      if (version === null) continue;
      const message = messages.find(({ id }) => id === Number.parseInt(key, 10));
      if (!message || message.version >= version) this.#asked.delete(key);
    }
  }

  /** Asks whether one is among those whom a message does not name, once. @param {number} id */
  async #look(id) {
    if (this.#looked.has(id)) return;
    this.#looked.add(id);
    const me = this.#me;
    try {
      const { own } = await this.reactors(id, { limit: 1 });
      if (me !== this.#me) return;
      for (const emoji of own) if (!this.#own.has(`${id} ${emoji}`)) this.#own.set(`${id} ${emoji}`, true);
      if (own.length > 0) this.#redraw();
    } catch {
      // Until the message is drawn anew it is as if one had not.
      this.#looked.delete(id);
    }
  }

  #redraw() {
    this.#stamp += 1;
    this.#page.apply({ type: 'reactions_changed' });
  }
}
