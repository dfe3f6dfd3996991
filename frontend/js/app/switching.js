/**
 * What the quick switcher offers: the rooms one may see, conversations, people, what was said, and what else can be done
 * from anywhere. It answers from memory; messages, and people who are not known here yet, come from the server and stand
 * below.
 *
 * @typedef {import('../types.js').Room} Room
 * @typedef {import('../views/switcher.js').Choice} Choice
 * @typedef {import('./ranking.js').Candidate & Choice & {room?: Room, username?: string, run: () => unknown}} Entry
 */

import { canonical, othersIn, roomCall, roomTitle } from '../format.js';
import { words } from '../strings/switcher.js';
import { showShortcuts } from '../views/dialog.js';
import { plainWords } from '../views/formatting.js';
import { signOf } from '../views/roomsign.js';
import { openSwitcher } from '../views/switcher.js';
import { routeTo } from './browser.js';
import { marks, prepare, rank } from './ranking.js';

/** As many answers as a person looks through. */
const SHOWN = 30;
/** Without a letter: the places one may want to go to, before the commands. */
const PLACES_SHOWN = 8;
/** Nobody is signed out by a letter, or two, and Enter. */
const MEANT = 3;
/** What was said is looked for with so many letters, and no more of it shown than leaves the places in sight. */
const QUERY_AT_LEAST = 2;
const MESSAGES_SHOWN = 5;
const MESSAGE_AT_MOST = 120;

/** A room or a person, chosen for something else than to go there. @typedef {Pick<Entry, 'room'|'label'> & {username?: string}} Target */
/** @typedef {{to: string, field: string, placeholder: string, onTarget: (target: Target) => void}} Asking */

/** @typedef {(query: string, signal: AbortSignal) => Promise<import('../views/places/picker.js').Found[]>} FindPeople */

/**
 * @param {object} options
 * @param {import('./wishes.js').Page} options.page
 * @param {import('./names.js').Names} options.names
 * @param {import('./places.js').Places} options.places
 * @param {FindPeople} options.find  asks the server
 * @param {Asking} [options.asking]  to choose a place in which one may write, and nothing else
 */
export function openQuickSwitcher({ page, names, places, find, asking }) {
  const { state, parts } = page;
  // While it was being loaded, the keys may have been pressed again, or somebody has gone.
  if (state.username === null || document.querySelector('dialog[open]')) return;
  /** @type {Pick<Entry, 'unread'|'mentions'|'recent'|'detail'>} */
  const nothing = { unread: 0, mentions: 0, recent: Infinity, detail: '' };
  const recent = parts().memory.recent;

  /** @param {Room} room @returns {Entry} */
  const ofRoom = (room) => {
    const others = room.kind === 'direct' ? othersIn(room.name, state.username) : [];
    const [single] = others.length === 1 ? others : [];
    const label = single ? names.called(single) : roomTitle(room, state.username);
    const at = recent.indexOf(room.id);
    const detail = room.archived_at ? words.archived : single && single !== label ? `@${single}` : room.topic;
    return {
      ...nothing, key: single ? personKey(single) : `room ${room.id}`, kind: room.kind === 'direct' ? 'direct' : 'room', label, detail,
      names: [label, ...others], unread: room.unread ?? 0, mentions: room.mentions ?? 0, recent: at === -1 ? Infinity : at,
      room, sign: signOf(room), ...(single ? { face: single } : {}),
      run: () => (room.id === state.currentRoom?.id ? parts().screens.focus() : page.open(room.id)),
    };
  };
  /** @param {string} username */
  const personKey = (username) => `person ${canonical(username)}`;
  /** @param {Pick<import('../types.js').Profile, 'username'|'display_name'>} person @returns {Entry} */
  const ofPerson = ({ username, display_name: called }) => ({
    ...nothing, key: personKey(username), kind: 'person', label: called || username,
    detail: called && called !== username ? `@${username}` : '', names: [called || username, username], face: username, username,
    run: () => places.message(username),
  });
  /** @param {keyof typeof words.also} name @param {string} sign @param {() => unknown} run @param {string} [label] @returns {Entry} */
  const command = (name, sign, run, label = String(words.commands[name])) => ({
    ...nothing, key: name, kind: 'command', label, sign, names: [label, ...words.also[name]], run,
  });
  /** @param {'light'|'dark'|'auto'} theme */
  const ofTheme = (theme) => command(theme, theme, async () => (await import('../views/theme.js')).applyTheme(theme));
  const goTo = (/** @type {string} */ hash) => () => void (location.hash = hash);

  void import('../views/theme.js').then(({ addThemeIcons }) => addThemeIcons(), () => {});
  /** @returns {Entry[]} what can be done from anywhere by who is here */
  const commands = () => {
    const { user, currentRoom: room, notice, screen } = state;
    const isIn = room && !notice && screen === 'chat';
    return [
      command('create', 'plus', () => places.newRoom()),
      ...(user ? [command('direct', 'talk', () => places.newDirect()), command('people', 'people', goTo('#/people')), command('saved', 'bookmark', goTo('#/saved')), command('scheduled', 'clock', goTo('#/scheduled'))] : []),
      ...(isIn ? [command('settings', 'gear', () => places.settings(room.id), words.commands.settings(roomCall(room, state.username)))] : []),
      ...(isIn ? [command('search', 'search', () => places.search())] : []),
      command('rooms', 'rooms', () => page.open()),
      ...(user ? [command('account', 'user', page.onAccount)] : []),
      ...(user?.role === 'administrator' ? [command('administration', 'shield', goTo('#/admin'))] : []),
      ofTheme('light'), ofTheme('dark'), ofTheme('auto'),
      command('shortcuts', 'keys', showShortcuts),
      command('signOut', 'leave', page.signOut),
    ];
  };
  /** @returns {Entry[]} everything, each once: who has a conversation with somebody finds that */
  const entries = () => {
    const rooms = state.rooms.map(ofRoom);
    const known = new Set([...rooms.map(({ key }) => key), personKey(state.username ?? '')]);
    const guests = new Set(state.guests.map(canonical));
    const here = state.users.filter((name) => !guests.has(canonical(name))).map((username) => ({ username, display_name: names.called(username) }));
    const people = state.user ? [...names.known, ...here].map(ofPerson) : [];
    /** @type {Map<string, Entry>} */
    const once = new Map(people.filter(({ key }) => !known.has(key)).map((entry) => [entry.key, entry]));
    const isGone = (/** @type {Entry} */ { room }) => Boolean(room?.archived_at);
    if (asking) return [...rooms.filter((entry) => !isGone(entry)), ...once.values()];
    return [...rooms.filter((entry) => !isGone(entry)), ...once.values(), ...commands(), ...rooms.filter(isGone)];
  };

  let { rooms } = state;
  let learned = names.learned;
  let prepared = prepare(entries());
  /** @param {string} query */
  const answer = (query) => {
    const typed = query.trim().length;
    if (typed > 0) return rank(prepared, query).filter(({ key }) => key !== 'signOut' || typed >= MEANT);
    const all = rank(prepared, '');
    if (asking) return all;
    const elsewhere = all.filter(({ room }) => room && room.id !== state.currentRoom?.id);
    return [...elsewhere.slice(0, PLACES_SHOWN), ...all.filter(({ kind }) => kind === 'command')];
  };
  /** @param {string} query */
  const fromMemory = (query) => {
    if (learned !== names.learned) {
      learned = names.learned;
      prepared = prepare(entries());
    }
    const found = answer(query);
    const name = query.trim();
    const choices = found.slice(0, SHOWN).map((entry) => ({ ...entry, marks: marks(entry.label, query) }));
    // What is not known yet would be made a second time.
    if (found.length > 0 || name === '' || asking || state.roomsStatus === 'loading') return { choices, count: found.length };
    return { choices: [command('create', 'plus', () => places.newRoom(name), words.commands.createNamed(name))], count: 0 };
  };
  /** @param {import('../types.js').SearchResult} result @returns {Entry} */
  const ofMessage = ({ message, room }) => ({
    ...nothing, key: `message ${message.id}`, kind: 'message', label: plainWords(message.content || (message.forwarded?.content ?? '')).slice(0, MESSAGE_AT_MOST),
    detail: words.said(message.username, roomCall(room, state.username)), names: [], sign: 'talk',
    run: () => {
      const address = routeTo(room.id, message.id);
      if (location.hash === address) void parts().visit?.goTo(message.id);
      else location.hash = address;
    },
  });
  /** @param {string} q @param {AbortSignal} signal @returns {Promise<Entry[]>} the newest that say it */
  const messages = async (q, signal) => {
    if (q.trim().length < QUERY_AT_LEAST) return [];
    const query = { q, limit: MESSAGES_SHOWN };
    return (await page.api.call('GET', '/api/chat/search', { query, signal })).body.results.map(ofMessage);
  };
  /** @type {FindPeople} */
  const people = async (query, signal) => (state.user ? find(query, signal) : []);

  const opened = openSwitcher({
    find: fromMemory,
    later: [async (query, signal) => (await people(query, signal)).map(ofPerson), ...(asking ? [] : [messages])],
    ...(asking ? { asks: asking } : {}),
    onChoose: (choice) => {
      if (asking) return asking.onTarget(/** @type {Entry} */ (choice));
      Promise.resolve(/** @type {Entry} */ (choice).run()).catch(page.onTrouble);
    },
  });
  const follow = () => {
    if (state.username === null) return opened.close();
    if (rooms === state.rooms) return;
    rooms = state.rooms;
    prepared = prepare(entries());
    opened.refresh();
  };
  parts().screens.watchers.add(follow);
  void opened.closed.then(() => parts().screens.watchers.delete(follow));
}
