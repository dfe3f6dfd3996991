/**
 * What the page finds around it: the address with its hash, and what the server has written into the page.
 *
 * @typedef {import('../types.js').Config} Config
 */

/** @type {Config} Only for a page that the server has not filled in. */
const DEFAULTS = {
  maxMessageLength: 1000, editWindow: 0, maxUsernameLength: 50, maxRoomNameLength: 100, minPasswordLength: 8, guests: true,
  registration: 'open', version: '',
};

/**
 * @param {string} hash  such as `#/r/7/m/1234`, `#/r/7/t/1234` or `#/people`
 * @param {{role: string}|null} [user]  for whom; the administration is there for administrators alone
 * @returns {{page: 'rooms'|'directory'|'saved'|'scheduled'|'administration', roomId: number|null, messageId: number|null, chainId: number|null}} `page` counts where there is no room; `chainId`: any
 *   message of a chain of replies
 */
export function parseRoute(hash, user = null) {
  const match = /^#\/r\/([1-9]\d{0,15})(?:\/([mt])\/([1-9]\d{0,15}))?\/?$/.exec(hash);
  const isAdmin = user?.role === 'administrator' && /^#\/admin\/?$/.test(hash);
  const [, other] = /^#\/(people|saved|scheduled)\/?$/.exec(hash) ?? [];
  const page = isAdmin ? 'administration' : other === 'people' ? 'directory' : /** @type {'saved'|'scheduled'|undefined} */ (other) ?? 'rooms';
  const id = (/** @type {string} */ kind) => (match?.[2] === kind ? idOf(match[3]) : null);
  return { page, roomId: match ? idOf(match[1]) : null, messageId: id('m'), chainId: id('t') };
}

/**
 * @param {string} [digits]
 * @returns {number} an id that no server gives when it is too large for one: it is asked for, and there is none
 */
function idOf(digits) {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/**
 * @param {number|null} [roomId]
 * @param {number|null} [messageId]
 * @param {'m'|'t'} [kind]  `t`: the chain of replies that it belongs to
 * @returns {string}
 */
export function routeTo(roomId = null, messageId = null, kind = 'm') {
  if (roomId === null) return '#/';
  return messageId === null ? `#/r/${roomId}` : `#/r/${roomId}/${kind}/${messageId}`;
}

/**
 * @param {string} hash  such as `#/invite/h5Gq...`
 * @returns {import('../types.js').Invitation|null}
 */
export function parseInvitation(hash) {
  const match = /^#\/(invite|setup|join)\/([\w.~-]{1,512})$/.exec(hash);
  return match ? { kind: /** @type {any} */ (match[1]), token: match[2] ?? '' } : null;
}

/**
 * A room that the page was opened at, before the server has said more of it than its number.
 *
 * @param {number} id
 * @returns {import('../types.js').Room}
 */
export function nameless(id) {
  // The rest is as good as nothing to whoever looks at it.
  return /** @type {any} */ ({
    id, name: '', created_at: new Date().toISOString(), version: 0, epoch: '', kind: 'public', topic: '', online: 0,
    archived_at: null, owner: null, role: null, unread: null,
  });
}

/**
 * @param {string} page  the page's own address
 * @param {{roomId: number|null, username: string|null, after: number|null, epoch: string|null}} door  without a room: the
 *   door for the list; without a name: the login's; `after`: the version of the room that is known
 * @returns {string} the address of the server's WebSocket
 */
export function socketUrl(page, { roomId, username, after, epoch }) {
  const url = new URL(roomId === null ? '/ws/chat' : `/ws/chat/${roomId}`, page);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (username !== null) url.searchParams.set('username', username);
  if (after !== null) {
    url.searchParams.set('after', String(after));
    if (epoch !== null) url.searchParams.set('epoch', epoch);
  }
  return url.href;
}

/**
 * @param {Document} page
 * @returns {Config} what the server has written into the page
 */
export function readConfig(page) {
  try {
    return { ...DEFAULTS, ...JSON.parse(page.querySelector('meta[name="parlour-config"]')?.getAttribute('content') ?? '{}') };
  } catch {
    return DEFAULTS;
  }
}
