/**
 * What words in the message box may become: people after their sign, rooms and emoji after theirs.
 *
 * A new kind is one more source in `completionSources`.
 *
 * @typedef {import('../views/completion.js').Source} Source
 * @typedef {import('../views/completion.js').Choice} Choice
 * @typedef {{name: string, called: string, isHere: boolean}} Candidate  `called`: what they call themselves
 */

import { canonical } from '../format.js';
import { words as attention } from '../strings/attention.js';
import { words } from '../strings/writing.js';
import { called, search } from './emoji.js';

const OFFERED = 8;
/** In rooms with more people it takes a moderator to call them. */
const BIG_ROOM = 50;
/** The members of a room are asked for again after this time. */
const FRESH_MS = 60_000;
/** Fewer letters, strewn over a name, mean nothing. */
const STREWN_AT_LEAST = 2;

/**
 * How well a name fits what was typed.
 *
 * @param {string} name  canonical
 * @param {string} word  canonical
 * @returns {number|null}  0: it begins with it, 1: one of its words does, 2: it has its letters in that order; null: not at all
 */
function fit(name, word) {
  if (name.startsWith(word)) return 0;
  if (name.split(/[\s._'-]+/u).some((part) => part.startsWith(word))) return 1;
  if (word.length < STREWN_AT_LEAST) return null;
  let at = 0;
  for (const letter of word) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return null;
  }
  return 2;
}

/**
 * @template {Candidate} T
 * @param {T[]} candidates
 * @param {string} typed
 * @returns {T[]}  the best first: by how well they fit, then who is here, then in their own order
 */
export function rank(candidates, typed) {
  const word = canonical(typed);
  const fitting = candidates.flatMap((candidate) => {
    const fits = [candidate.name, candidate.called].map((name) => fit(canonical(name), word)).filter((each) => each !== null);
    return fits.length > 0 ? [{ candidate, fit: Math.min(...fits) }] : [];
  });
  const best = fitting.sort((one, other) => one.fit - other.fit || Number(other.candidate.isHere) - Number(one.candidate.isHere));
  return best.slice(0, OFFERED).map(({ candidate }) => candidate);
}

/**
 * @param {object} options
 * @param {import('../types.js').State} options.state  read only
 * @param {import('../places.js').PlacesApi} options.api
 * @param {import('./names.js').Names} options.names
 * @param {() => number} [options.now]  ms
 * @returns {Source[]}
 */
export function completionSources(options) {
  return [people(options), rooms(options), emoji()];
}

/**
 * What calls many: who may, as the server has it.
 *
 * @param {import('../types.js').State} state
 * @param {string} typed
 * @param {number} members  as far as they are known
 * @returns {Choice[]}
 */
function calls({ user, users, currentRoom: room }, typed, members) {
  if (!user || !room) return [];
  const isModerator = room.role === 'owner' || room.role === 'moderator' || (user.role === 'administrator' && room.kind === 'public');
  const word = canonical(typed);
  return /** @type {const} */ (['here', 'room'])
    .filter((name) => name.startsWith(word) && (isModerator || (name === 'here' ? users.length : members) <= BIG_ROOM))
    .map((name) => ({
      text: `@${name}`,
      label: `@${name}`,
      // Many read public rooms who never joined: whoever calls there has to know that these do not hear it.
      detail: attention.complete[name === 'room' && room.kind === 'public' ? 'joined' : name],
      sign: '@',
    }));
}

/**
 * People in the room, then those who have written lately, then its other members.
 *
 * @param {Parameters<typeof completionSources>[0]} options
 * @returns {Source}
 */
function people({ state, api, names, now = () => performance.now() }) {
  /** @type {{roomId: number, until: number, members: {username: string, display_name: string}[], told: Promise<void>}|null} */
  let asked = null;

  /** @param {number} roomId */
  const ask = (roomId) => {
    if (asked?.roomId === roomId && asked.until >= now()) return asked;
    const mine = { roomId, until: now() + FRESH_MS, members: asked?.roomId === roomId ? asked.members : [], told: Promise.resolve() };
    mine.told = api.members(roomId).then(
      (members) => void (mine.members = members),
      // A guest may not ask, or the server is away; those on view are offered all the same.
      () => void (mine.until = 0),
    );
    asked = mine;
    return mine;
  };

  return {
    trigger: '@',
    atLeast: 1,
    label: words.people,
    async find(typed) {
      const { currentRoom: room, users, messages, username: me, user } = state;
      /** @type {Map<string, Candidate>} */
      const known = new Map();
      const add = (/** @type {string} */ name, /** @type {string} */ called, /** @type {boolean} */ isHere) => {
        const key = canonical(name);
        if (key !== canonical(me ?? '') && !known.has(key)) known.set(key, { name, called, isHere });
      };
      for (const name of users) add(name, names.called(name), true);
      for (const { username } of messages.toReversed()) add(username, names.called(username), false);
      const more = room && user ? ask(room.id) : null;
      const addMembers = () => more?.members.forEach(({ username, display_name: called }) => add(username, called || username, false));
      addMembers();
      let found = rank([...known.values()], typed);
      // Nobody waits for the server while there is somebody to offer.
      if (found.length === 0 && more) {
        await more.told;
        addMembers();
        found = rank([...known.values()], typed);
      }
      const called = calls(state, typed, more?.members.length ?? 0);
      const offered = found.slice(0, OFFERED - called.length).map(({ name, called: calledSo, isHere }) => ({
        text: `@${name}`, label: calledSo, face: name,
        detail: [calledSo === name ? '' : `@${name}`, isHere ? words.here : ''].filter(Boolean).join(' · '),
      }));
      // Nobody calls a whole room who has only begun to type somebody's name.
      return called.some(({ text }) => text === `@${canonical(typed)}`) ? [...called, ...offered] : [...offered, ...called];
    },
  };
}

/**
 * @param {Parameters<typeof completionSources>[0]} options
 * @returns {Source}
 */
function rooms({ state }) {
  return {
    trigger: '#',
    atLeast: 1,
    label: words.rooms,
    find: async (typed) => {
      const candidates = state.rooms.filter(({ kind, archived_at: archived }) => kind !== 'direct' && !archived)
        .map(({ name, topic }) => ({ name, called: name, isHere: false, topic }));
      return rank(candidates, typed).map(({ name, topic }) => ({ text: `#${name}`, label: name, detail: topic, sign: '#' }));
    },
  };
}

/** @returns {Source} those of the picker, in the tone that was chosen there */
function emoji() {
  return {
    trigger: ':',
    // A colon alone, or with one letter behind it, is a face more often than the beginning of a name.
    atLeast: 2,
    label: words.emoji,
    whole: called,
    find: async (typed) => (await search(typed)).slice(0, OFFERED)
      .map(({ emoji: text, name, shortcodes: [code] }) => ({ text, label: code ? `:${code}:` : name, detail: name, sign: text })),
  };
}
