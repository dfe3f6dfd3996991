/** The words of the quick switcher, in English. */

import { plural } from './plural.js';

export const words = {
  title: 'Go to',
  field: 'Go to a room, a person or a command',
  placeholder: 'Room, person or command',
  close: 'Close',
  hint: [
    { keys: ['↑', '↓'], does: 'choose' },
    { keys: ['Enter'], does: 'go there' },
    { keys: ['Esc'], does: 'close' },
  ],
  /** Where a place is chosen for something else than to go there. */
  hintOfAsking: [
    { keys: ['↑', '↓'], does: 'move' },
    { keys: ['Enter'], does: 'choose' },
    { keys: ['Esc'], does: 'close' },
  ],
  results: (/** @type {number} */ count) => plural(count, 'result', 'results'),
  none: (/** @type {string} */ query) => `Nothing matches “${query}”.`,
  kinds: { room: 'Room', direct: 'Direct message', person: 'Person', command: 'Command', message: 'Message' },
  archived: 'Archived',
  said: (/** @type {string} */ name, /** @type {string} */ room) => `${name} in ${room}`,
  unread: (/** @type {number} */ count) => `${plural(count, 'new message', 'new messages')}`,
  mentions: (/** @type {number} */ count) => plural(count, 'mention', 'mentions'),

  commands: {
    create: 'New room',
    createNamed: (/** @type {string} */ name) => `New room “${name}”`,
    direct: 'New message',
    rooms: 'All rooms',
    people: 'Find people',
    saved: 'Saved messages',
    scheduled: 'Scheduled messages',
    search: 'Search messages',
    settings: (/** @type {string} */ room) => `About ${room}`,
    account: 'Account settings',
    administration: 'Administration',
    light: 'Theme: light',
    dark: 'Theme: dark',
    auto: 'Theme: as the system',
    shortcuts: 'Keyboard shortcuts',
    signOut: 'Sign out',
  },
  /** What else the commands are found by. */
  also: {
    create: ['create room', 'add room'],
    direct: ['direct message', 'write to somebody'],
    rooms: ['list of rooms', 'home'],
    people: ['directory', 'members'],
    saved: ['bookmarks', 'later'],
    scheduled: ['send later', 'waiting to be sent', 'delayed'],
    search: ['find', 'look for what was said'],
    settings: ['room settings', 'topic', 'invite'],
    account: ['profile', 'password', 'sessions', 'preferences'],
    administration: ['admin', 'users', 'bans', 'policy'],
    light: ['light mode', 'appearance'],
    dark: ['dark mode', 'appearance'],
    auto: ['system theme', 'appearance'],
    shortcuts: ['keys', 'help'],
    signOut: ['log out', 'leave'],
  },
};
