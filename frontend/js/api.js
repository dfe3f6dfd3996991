/**
 * The server's REST interface. Every way a call can fail becomes an `ApiError` with a code.
 *
 * @typedef {import('./types.js').Room} Room
 * @typedef {import('./types.js').Message} Message
 * @typedef {import('./types.js').HistoryPage} HistoryPage
 */

/** A call that has not been answered by then has failed; a sending is repeated under the same client_id. */
export const TIMEOUT_MS = 15_000;

/** Refusals that pass: the same message, or file, may be taken later. All others are final and shown on it. */
export const TEMPORARY = new Set(['busy', 'storage_full', 'rate_limited', 'slow_mode', 'internal', 'network', 'timeout', 'too_many_connections']);

/** A refusal of the server, or the lack of an answer. */
export class ApiError extends Error {
  /**
   * @param {string} code  one of `docs/protocol.md`, or `network`: no answer, or one that is not Parlour's
   * @param {string} detail  the server's words, '' without
   * @param {{status?: number, field?: string|null, retryAfterMs?: number|null, cause?: unknown}} [more]
   */
  constructor(code, detail, { status = 0, field = null, retryAfterMs = null, cause } = {}) {
    super(detail || code, cause === undefined ? undefined : { cause });
    this.name = 'ApiError';
    this.code = code;
    this.detail = detail;
    /** The HTTP status; 0 when there was none. */
    this.status = status;
    this.field = field;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The login is not that of the name under which something was asked: other cookies have come into the browser.
 *
 * @param {any} refusal
 * @returns {boolean}
 */
export const isAnothers = (refusal) => refusal?.code === 'invalid' && refusal.field === 'username';

/**
 * @typedef {object} CallOptions
 * @property {Record<string, string|number|undefined>} [query]  undefined ones are left out
 * @property {object} [body]
 * @property {AbortSignal} [signal]  the caller's wish to forget it; it rejects with the signal's reason, not an ApiError
 * @property {boolean} [isBare]  it neither needs a login nor waits for one
 * @property {number} [timeoutMs]  it is given up after this time; TIMEOUT_MS or the like without
 */

/**
 * What keeps a login alive between calls.
 *
 * @typedef {object} Keeper
 * @property {() => Promise<unknown>|null} ready  settles when calls may go out; null: at once
 * @property {() => Promise<boolean>} renew  the server says that there is no login: whether there is one now
 */

export class Api {
  #fetch;
  #timeoutMs;
  #base;
  #keeper;
  /** How far the server's clock is ahead of this one, by its last answer. Milliseconds, true to a second. */
  lead = 0;

  /**
   * @param {{fetch?: typeof fetch, timeoutMs?: number, base?: string, keeper?: Keeper}} [options]  `base` stands before
   *   the paths
   */
  constructor({ fetch: fetchFunction, timeoutMs = TIMEOUT_MS, base = '', keeper } = {}) {
    this.#keeper = keeper;
    // fetch must be called on the window it belongs to.
    this.#fetch = fetchFunction ?? ((/** @type {any} */ ...args) => Reflect.apply(fetch, globalThis, args));
    this.#timeoutMs = timeoutMs;
    this.#base = base;
  }

  /**
   * @param {AbortSignal} [signal]
   * @returns {Promise<Room[]>} in order of creation
   */
  async listRooms(signal) {
    return (await this.call('GET', '/api/chat/rooms', { signal })).body;
  }

  /**
   * @param {import('./types.js').RoomWish} wish
   * @returns {Promise<Room>}
   */
  async createRoom(wish) {
    return (await this.call('POST', '/api/chat/rooms', { body: wish })).body;
  }

  /**
   * @param {number} roomId
   * @param {string|null} username  whom the notice names; the server refuses another than that of the login
   * @returns {Promise<void>}
   */
  async deleteRoom(roomId, username) {
    await this.call('DELETE', `/api/chat/rooms/${roomId}`, { query: { username: username ?? undefined } });
  }

  /**
   * @param {number} roomId
   * @param {{limit?: number, before?: number, after?: number, around?: number}} [query]  message ids, at most one of the three
   * @param {AbortSignal} [signal]
   * @returns {Promise<HistoryPage>} oldest first, with the version at which the room was read
   */
  async listMessages(roomId, query = {}, signal) {
    const { body, headers } = await this.call('GET', `/api/chat/rooms/${roomId}/messages`, { query, signal });
    return { messages: body, version: Number(headers.get('Parlour-Version')), epoch: headers.get('Parlour-Epoch') };
  }

  /**
   * The server refuses another name than that of the login: nothing is said as somebody else.
   *
   * @param {Pick<import('./types.js').PendingMessage, 'room_id'|'username'|'content'|'client_id'|'reply_to'|'files'>} message
   * @param {AbortSignal} [signal]
   * @returns {Promise<Message>} the stored one; the first, when the client_id was sent before
   */
  async postMessage({ room_id: roomId, username, content, client_id: clientId, reply_to: replyTo, files }, signal) {
    const body = { content, client_id: clientId, reply_to: replyTo, files: files?.map(({ id }) => id) };
    return (await this.call('POST', `/api/chat/rooms/${roomId}/messages`, { query: { username }, body, signal })).body;
  }

  /**
   * @param {typeof fetch} fetchFunction  that sends otherwise, and has its own patience
   * @returns {Api} with the same login
   */
  by(fetchFunction) {
    return new Api({ fetch: fetchFunction, timeoutMs: 2 ** 31 - 1, base: this.#base, ...(this.#keeper && { keeper: this.#keeper }) });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {CallOptions} [options]
   * @param {number} [tries]  before this one
   * @returns {Promise<{body: any, headers: Headers}>} rejects with an ApiError
   */
  async call(method, path, options = {}, tries = 0) {
    const keeper = options.isBare ? undefined : this.#keeper;
    const ready = keeper?.ready();
    if (ready) await ready;
    try {
      return await this.#ask(method, path, options);
    } catch (refusal) {
      const { code, retryAfterMs: wait } = /** @type {any} */ (refusal);
      // What is only read is asked for again, three times at most, where it was too much at once and may be so soon.
      if (code === 'rate_limited' && method === 'GET' && wait && wait < 10_000 && tries < 3) await new Promise((resolve) => setTimeout(resolve, wait));
      else if (code !== 'not_signed_in' || tries || !(await keeper?.renew())) throw refusal;
      return this.call(method, path, options, tries + 1);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {CallOptions} options
   * @returns {Promise<{body: any, headers: Headers}>}
   */
  async #ask(method, path, { query = {}, body, signal, timeoutMs = this.#timeoutMs }) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    const forget = () => limit.abort();
    signal?.addEventListener('abort', forget);
    try {
      signal?.throwIfAborted();
      const response = await this.#fetch(`${this.#base}${path}${search && '?'}${search}`, {
        method,
        signal: limit.signal,
        cache: 'no-store',
        headers: { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      this.lead = Date.parse(response.headers.get('Date') ?? '') - Date.now() || 0;
      const text = await response.text();
      if (!response.ok) throw refusal(response, text);
      return { body: text === '' ? null : JSON.parse(text), headers: response.headers };
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      if (cause instanceof ApiError) throw cause;
      // No route, a timeout, an answer broken off, a proxy's page instead of JSON: for the reader all the same.
      throw new ApiError('network', '', { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', forget);
    }
  }
}

/**
 * @param {Response} response
 * @param {string} text
 * @returns {ApiError}
 */
function refusal(response, text) {
  const { status, headers } = response;
  /** @type {any} */
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    told = null;
  }
  const seconds = Number(headers.get('Retry-After'));
  const retryAfterMs = Number.isFinite(told?.retry_after_ms) ? told.retry_after_ms : seconds > 0 ? seconds * 1000 : null;
  const more = { status, field: typeof told?.field === 'string' ? told.field : null, retryAfterMs };
  if (typeof told?.code === 'string') return new ApiError(told.code, typeof told.detail === 'string' ? told.detail : '', more);
  // Not the server's own shape: a gateway stands in between, and usually the server behind it is away.
  if (status === 429) return new ApiError('rate_limited', '', more);
  if (status === 413) return new ApiError('too_large', '', more);
  return new ApiError(status >= 500 ? 'network' : 'internal', '', more);
}
