/**
 * What one may do in a room, so that only that is offered. The server decides; this repeats its rules for the eye.
 *
 * @typedef {import('./types.js').Room} Room
 * @typedef {import('./types.js').Role} Role
 */

/** @type {Record<Role, number>} */
const RANKS = { owner: 3, moderator: 2, member: 1 };

/**
 * @typedef {object} Rights
 * @property {boolean} rename  and archive, and un-archive
 * @property {boolean} describe  its topic and its slow mode
 * @property {boolean} moderate  others' messages, and who is in it
 * @property {boolean} add  people, by name
 * @property {boolean} invite  by links
 * @property {boolean} appoint  moderators, and another owner
 * @property {boolean} leave
 * @property {boolean} join
 * @property {boolean} erase  the whole room
 * @property {boolean} write
 * @property {boolean} pin  and unpin, whoever has pinned it
 * @property {(role: Role) => boolean} remove  a member of that role
 */

/** Where nobody looks after the room, everybody does. @param {{moderates: boolean, isDirect: boolean, isNobodys: boolean}} there */
const pinsIn = ({ moderates, isDirect, isNobodys }) => moderates || isDirect || isNobodys;

/**
 * @param {Pick<Room, 'kind'|'owner'|'role'|'archived_at'>} room
 * @param {{role: string}|null} user  null: a guest
 * @returns {Rights}
 */
export function rightsIn(room, user) {
  const isDirect = room.kind === 'direct';
  const isAdmin = user?.role === 'administrator' && room.kind === 'public';
  const rank = isDirect ? 0 : isAdmin ? RANKS.owner : room.role ? RANKS[room.role] : 0;
  const isOwner = rank >= RANKS.owner;
  const moderates = rank >= RANKS.moderator;
  const isOpen = !room.archived_at;
  const isNobodys = room.kind === 'public' && room.owner === null;
  return {
    rename: isOwner,
    describe: moderates && isOpen,
    moderate: moderates && isOpen,
    add: moderates && isOpen && room.kind === 'private',
    invite: moderates && isOpen,
    appoint: isOwner && isOpen,
    leave: !isDirect && room.role !== null && isOpen,
    join: room.kind === 'public' && room.role === null && user !== null && isOpen,
    erase: isOwner || isNobodys,
    write: isOpen,
    pin: isOpen && pinsIn({ moderates, isDirect, isNobodys }),
    remove: (role) => isOpen && moderates && rank > RANKS[role],
  };
}

/**
 * @param {{timestamp: string}} message  one's own
 * @param {number} window  ms in which it can be changed; 0: for ever
 * @param {number} now  ms since 1970, by the server's clock
 * @returns {boolean} it can still be changed
 */
export const isInTime = ({ timestamp }, window, now) => window === 0 || now - Date.parse(timestamp) <= window;
