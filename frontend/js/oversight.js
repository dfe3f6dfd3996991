/**
 * The part of the REST interface that looks after rooms and runs the server: bans, mutes, reports, accounts, policy, the
 * log. Loaded when it is asked for.
 *
 * @typedef {import('./types.js').Restriction} Restriction
 * @typedef {import('./types.js').ServerBan} ServerBan
 * @typedef {import('./types.js').Report} Report
 * @typedef {import('./types.js').AdminUser} AdminUser
 * @typedef {import('./types.js').AdminRoom} AdminRoom
 * @typedef {import('./types.js').Policy} Policy
 * @typedef {import('./types.js').AuditEntry} AuditEntry
 * @typedef {import('./types.js').LegalHold} LegalHold
 * @typedef {import('./types.js').HoldWish} HoldWish
 * @typedef {import('./types.js').RetentionPreview} RetentionPreview
 * @typedef {import('./types.js').RoomRetention} RoomRetention
 * @typedef {import('./types.js').Status} Status
 * @typedef {import('./types.js').RoomInvite} RoomInvite
 * @typedef {{seconds: number|null, reason: string}} Term  `seconds` null: for good
 */

const ROOMS = '/api/chat/rooms';
const ADMIN = '/api/admin';

/** @param {string} name */
const part = (name) => encodeURIComponent(name);

/** Refusals of which the server alone knows why. */
const SAID_BY_THE_SERVER = new Set(['not_allowed', 'not_found']);

/**
 * @template T
 * @param {Promise<T>} asked
 * @returns {Promise<T>} rejects with an ApiError, or with the server's own words where they say more than its code
 */
async function inItsWords(asked) {
  try {
    return await asked;
  } catch (refusal) {
    const { code = '', detail = '' } = /** @type {{code?: string, detail?: string}} */ (refusal);
    throw SAID_BY_THE_SERVER.has(code) && detail !== '' ? { code: 'said', detail } : refusal;
  }
}

/** Every call rejects with `{code, detail}`. */
export class OversightApi {
  #api;

  /** @param {Pick<import('./api.js').Api, 'call'>} api */
  constructor(api) {
    this.#api = api;
  }

  // In a room

  /** @param {number} roomId @param {'bans'|'mutes'} kind @returns {Promise<Restriction[]>} newest first */
  restrictions(roomId, kind) {
    return this.#ask('GET', `${ROOMS}/${roomId}/${kind}`);
  }

  /** @param {number} roomId @param {'bans'|'mutes'} kind @param {string} username @param {Term} term @returns {Promise<Restriction>} */
  restrict(roomId, kind, username, term) {
    return this.#ask('PUT', `${ROOMS}/${roomId}/${kind}/${part(username)}`, { body: term });
  }

  /** @param {number} roomId @param {'bans'|'mutes'} kind @param {string} username */
  lift(roomId, kind, username) {
    return this.#ask('DELETE', `${ROOMS}/${roomId}/${kind}/${part(username)}`);
  }

  /** @param {number} roomId @param {{before?: number, limit: number}} page @returns {Promise<Report[]>} open ones first, newest first */
  roomReports(roomId, { before, limit }) {
    return this.#ask('GET', `${ROOMS}/${roomId}/reports`, { query: { before, limit } });
  }

  /** @param {number} reportId @returns {Promise<Report>} */
  resolve(reportId) {
    return this.#ask('PATCH', `/api/chat/reports/${reportId}`, { body: { resolved: true } });
  }

  /** @param {number} messageId */
  deleteMessage(messageId) {
    return this.#ask('DELETE', `/api/chat/messages/${messageId}`);
  }

  // On the server

  /**
   * @param {string} query
   * @param {{after?: string|undefined, limit: number, signal?: AbortSignal}} options
   * @returns {Promise<AdminUser[]>} by username
   */
  users(query, { after, limit, signal }) {
    return this.#askAdmin('GET', 'users', { query: { query, after, limit }, ...(signal ? { signal } : {}) });
  }

  /** @param {string} username @param {{role?: AdminUser['role'], disabled?: boolean}} changes @returns {Promise<AdminUser>} */
  changeUser(username, changes) {
    return this.#askAdmin('PATCH', `users/${part(username)}`, { body: changes });
  }

  /** @param {string} username @param {'anonymise' | 'remove'} mode */
  async removeUser(username, mode) {
    await this.#askAdmin('POST', `users/${part(username)}/removal`, { body: { mode } });
  }

  /** @param {string} username */
  async exportUser(username) {
    await this.#askAdmin('POST', `users/${part(username)}/export`);
  }

  /** @returns {Promise<ServerBan[]>} newest first */
  serverBans() {
    return this.#askAdmin('GET', 'bans');
  }

  /** @param {string} username @param {Term} term @returns {Promise<ServerBan>} */
  banFromServer(username, term) {
    return this.#askAdmin('POST', 'bans', { body: { username, ...term } });
  }

  /** @param {number} banId */
  liftServerBan(banId) {
    return this.#askAdmin('DELETE', `bans/${banId}`);
  }

  /** @param {{after?: number, limit: number}} page @returns {Promise<AdminRoom[]>} in order of creation */
  rooms({ after, limit }) {
    return this.#askAdmin('GET', 'rooms', { query: { after, limit } });
  }

  /** @param {number} roomId */
  deleteRoom(roomId) {
    return this.#askAdmin('DELETE', `rooms/${roomId}`);
  }

  /** @param {number} roomId @param {string} username @returns {Promise<AdminRoom>} */
  giveOwner(roomId, username) {
    return this.#askAdmin('PUT', `rooms/${roomId}/owner`, { body: { username } });
  }

  /** @returns {Promise<Policy>} */
  policy() {
    return this.#askAdmin('GET', 'policy');
  }

  /** @param {Partial<Pick<Policy, 'registration'|'guests'|'retention_days'>>} changes @returns {Promise<Policy>} */
  changePolicy(changes) {
    return this.#askAdmin('PATCH', 'policy', { body: changes });
  }

  /**
   * @param {number|null} [days] as if that was the rule
   * @param {number} [roomId] of this room alone, which then has no rule of its own where no days are said
   * @returns {Promise<RetentionPreview>}
   */
  retention(days, roomId) {
    return this.#askAdmin('GET', 'retention', { query: { days: days ?? undefined, room_id: roomId } });
  }

  /** @param {number} roomId @param {number|null} days @returns {Promise<RoomRetention>} */
  keepRoom(roomId, days) {
    return this.#askAdmin('PUT', `rooms/${roomId}/retention`, { body: { days } });
  }

  /** @returns {Promise<LegalHold[]>} newest first */
  holds() {
    return this.#askAdmin('GET', 'holds');
  }

  /** @param {HoldWish} wish @returns {Promise<LegalHold>} */
  hold(wish) {
    return this.#askAdmin('POST', 'holds', { body: wish });
  }

  /** @param {number} holdId @param {string} reason */
  liftHold(holdId, reason) {
    return this.#askAdmin('DELETE', `holds/${holdId}`, { query: { reason } });
  }

  /** @returns {Promise<RoomInvite[]>} newest first */
  invites() {
    return this.#askAdmin('GET', 'invites');
  }

  /** @param {{uses: number, days: number}} terms @returns {Promise<RoomInvite>} */
  invite(terms) {
    return this.#askAdmin('POST', 'invites', { body: terms });
  }

  /** @param {number} inviteId */
  revoke(inviteId) {
    return this.#askAdmin('DELETE', `invites/${inviteId}`);
  }

  /** @param {{before?: number, limit: number}} page @returns {Promise<Report[]>} open ones first, newest first */
  reports({ before, limit }) {
    return this.#askAdmin('GET', 'reports', { query: { before, limit } });
  }

  /** @param {{before?: number|undefined, limit: number}} options @returns {Promise<AuditEntry[]>} newest first */
  audit({ before, limit }) {
    return this.#askAdmin('GET', 'audit', { query: { before, limit } });
  }

  /** @param {AbortSignal} signal @returns {Promise<Status>} of whichever node answers */
  status(signal) {
    return this.#askAdmin('GET', 'status', { signal });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import('./api.js').CallOptions} [options]
   */
  #askAdmin(method, path, options) {
    return inItsWords(this.#knock(method, `${ADMIN}/${path}`, options));
  }

  /**
   * To a login that has ended the server answers as if there were nothing: asked what it is worth, the login is renewed.
   *
   * @param {string} method
   * @param {string} path
   * @param {import('./api.js').CallOptions} [options]
   */
  async #knock(method, path, options) {
    try {
      return await this.#call(method, path, options);
    } catch (refusal) {
      if (/** @type {{code?: string}} */ (refusal).code !== 'not_found') throw refusal;
      await this.#call('GET', '/api/users/me');
      return this.#call(method, path, options);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import('./api.js').CallOptions} [options]
   */
  #ask(method, path, options) {
    return inItsWords(this.#call(method, path, options));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import('./api.js').CallOptions} [options]
   * @returns {Promise<any>}
   */
  async #call(method, path, options) {
    return (await this.#api.call(method, path, options)).body;
  }
}
