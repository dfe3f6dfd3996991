/**
 * The part of the REST interface that concerns who is in a room, and what was said there. Loaded when it is asked for.
 *
 * @typedef {import('./types.js').Room} Room
 * @typedef {import('./types.js').Member} Member
 * @typedef {import('./types.js').Message} Message
 * @typedef {import('./types.js').RoomInvite} RoomInvite
 * @typedef {import('./types.js').InvitePreview} InvitePreview
 * @typedef {import('./types.js').Profile} Profile
 * @typedef {import('./types.js').Role} Role
 */

const ROOMS = '/api/chat/rooms';

/** @param {string} name */
const part = (name) => encodeURIComponent(name);

/** Every call rejects with an ApiError. */
export class PlacesApi {
  #api;

  /** @param {Pick<import('./api.js').Api, 'call'>} api */
  constructor(api) {
    this.#api = api;
  }

  /**
   * @param {number} roomId
   * @param {Partial<Pick<Room, 'name'|'topic'|'slow_seconds'>> & {archived?: boolean}} changes
   * @returns {Promise<Room>}
   */
  change(roomId, changes) {
    return this.#ask('PATCH', `${ROOMS}/${roomId}`, changes);
  }

  /** @param {number} roomId @returns {Promise<import('./types.js').RoomRetention>} */
  retention(roomId) {
    return this.#ask('GET', `${ROOMS}/${roomId}/retention`);
  }

  /** @param {number} roomId @param {number|null} days @returns {Promise<import('./types.js').RoomRetention>} */
  keep(roomId, days) {
    return this.#ask('PUT', `${ROOMS}/${roomId}/retention`, { days });
  }

  /** @param {number} roomId @returns {Promise<Room>} with one's own role */
  room(roomId) {
    return this.#ask('GET', `${ROOMS}/${roomId}`);
  }

  /** @param {number} roomId @param {{after?: string, limit?: number}} [page] @returns {Promise<Member[]>} the owner first, then moderators, then by name */
  members(roomId, page) {
    return this.#ask('GET', `${ROOMS}/${roomId}/members`, undefined, page);
  }

  /**
   * Adds somebody, or gives them another role; `owner` hands the room over.
   *
   * @param {number} roomId
   * @param {string} username
   * @param {Role} [role]
   * @returns {Promise<Member>}
   */
  setMember(roomId, username, role) {
    return this.#ask('PUT', `${ROOMS}/${roomId}/members/${part(username)}`, role ? { role } : {});
  }

  /** @param {number} roomId @param {string} username one's own: leaves */
  removeMember(roomId, username) {
    return this.#ask('DELETE', `${ROOMS}/${roomId}/members/${part(username)}`);
  }

  /** @param {number} roomId @returns {Promise<RoomInvite[]>} */
  invites(roomId) {
    return this.#ask('GET', `${ROOMS}/${roomId}/invites`);
  }

  /** @param {number} roomId @param {{uses: number, days: number}} terms @returns {Promise<RoomInvite>} with its token */
  invite(roomId, terms) {
    return this.#ask('POST', `${ROOMS}/${roomId}/invites`, terms);
  }

  /** @param {number} roomId @param {number} inviteId */
  revoke(roomId, inviteId) {
    return this.#ask('DELETE', `${ROOMS}/${roomId}/invites/${inviteId}`);
  }

  /** @param {string} token @returns {Promise<InvitePreview>} */
  preview(token) {
    return this.#ask('POST', '/api/chat/invites/preview', { token });
  }

  /** @param {string} token @returns {Promise<Room>} */
  accept(token) {
    return this.#ask('POST', '/api/chat/invites/accept', { token });
  }

  /** @param {string[]} usernames  1 to 7 others @returns {Promise<Room>} the same for the same people */
  direct(usernames) {
    return this.#ask('POST', '/api/chat/direct', { usernames });
  }

  /**
   * @param {string} query  a part of a username or display name
   * @param {{after?: string, limit?: number, signal?: AbortSignal}} [options]  `after`: the last username of the page before
   * @returns {Promise<Profile[]>} by name
   */
  async people(query, { after, limit, signal } = {}) {
    const asked = { query: query || undefined, after, limit };
    return (await this.#api.call('GET', '/api/users', { query: asked, signal })).body;
  }

  /** @param {number} messageId @param {string} content @param {string} username one's own @returns {Promise<Message>} */
  edit(messageId, content, username) {
    return this.#ask('PATCH', `/api/chat/messages/${messageId}`, { content }, { username });
  }

  /** @param {number} messageId @returns {Promise<import('./types.js').Wording[]>} oldest first, the present one last */
  edits(messageId) {
    return this.#ask('GET', `/api/chat/messages/${messageId}/edits`);
  }

  /** @param {number} messageId @param {string} username one's own */
  erase(messageId, username) {
    return this.#ask('DELETE', `/api/chat/messages/${messageId}`, undefined, { username });
  }

  /** @param {number} messageId @param {string} reason @param {string} username one's own */
  report(messageId, reason, username) {
    return this.#ask('POST', `/api/chat/messages/${messageId}/report`, { reason }, { username });
  }

  /** @param {number} messageId @param {boolean} on @param {string} username one's own @returns {Promise<Message>} */
  pin(messageId, on, username) {
    return this.#ask(on ? 'PUT' : 'DELETE', `/api/chat/messages/${messageId}/pin`, undefined, { username });
  }

  /** @param {number} messageId @param {boolean} on  saved for oneself */
  save(messageId, on) {
    return this.#ask(on ? 'PUT' : 'DELETE', `/api/chat/messages/${messageId}/save`);
  }

  /**
   * @param {number|null} before  the `next` of the page before
   * @param {AbortSignal} signal
   * @returns {Promise<{saved: import('./types.js').SavedMessage[], next: number|null}>}
   */
  async saved(before, signal) {
    return (await this.#api.call('GET', '/api/chat/saved', { query: { before: before ?? undefined }, signal })).body;
  }

  /**
   * Says something in a room that one need not be in.
   *
   * @param {number} roomId
   * @param {{content?: string, forward?: number, client_id: string}} body
   * @param {string} username one's own
   * @returns {Promise<Message>}
   */
  say(roomId, body, username) {
    return this.#ask('POST', `${ROOMS}/${roomId}/messages`, body, { username });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {Record<string, string|number>} [query]
   * @returns {Promise<any>}
   */
  async #ask(method, path, body, query) {
    return (await this.#api.call(method, path, { body, query })).body;
  }
}
