/**
 * Every word a person reads, in English; those of the dialogs, which are loaded when one is opened, are in dialogs.js
 * and account.js. Another language is other files of these shapes.
 */

import { NUMBER, plural } from './plural.js';

const LIST = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });
const NAMED_AT_MOST = 3;

/** @param {string[]} names */
const are = (names) => (names.length === 1 ? 'is' : 'are');

/**
 * Names up to three, then how many others.
 * @param {string[]} names
 */
export function someNames(names) {
  if (names.length <= NAMED_AT_MOST) return LIST.format(names);
  const rest = names.length - NAMED_AT_MOST + 1;
  return LIST.format([...names.slice(0, NAMED_AT_MOST - 1), plural(rest, 'other', 'others')]);
}

export const strings = {
  product: 'Parlour',
  tryAgain: 'Try again',
  alreadyIn: 'Sign out, then use the link.',

  unread: (/** @type {number} */ count) => plural(count, 'unread message', 'unread messages'),
  mentions: (/** @type {number} */ count) => plural(count, 'mention', 'mentions'),

  /** Stands beside the name of everybody who has no account. */
  guest: 'guest',

  self: {
    menu: 'Your menu',
    connection: { online: 'Connected', connecting: 'Connecting…', offline: 'Offline' },
  },

  rooms: {
    errorHint: 'Check your connection, then try again.',
    deleted: (/** @type {string} */ name) => `#${name} was deleted.`,
  },

  sidebar: {
    label: 'Conversations',
    rooms: 'Rooms',
    people: 'People here',
    allRooms: 'All rooms',
    jump: 'Go to…',
    directory: 'Find people',
    saved: 'Saved',
    create: 'New room',
    menu: 'List menu',
    direct: 'Direct messages',
    newDirect: 'New message',
    search: 'Search messages',
    archived: 'Archived',
    you: 'you',
    onlineIn: (/** @type {string} */ name, /** @type {number} */ count) =>
      `${name}, ${plural(count, 'person here', 'people here')}`,
  },

  header: {
    back: 'Back to rooms',
    people: (/** @type {number} */ count) => `Show people, ${plural(count, 'person here', 'people here')}`,
    menu: 'Room menu',
    skip: 'Skip to message box',
  },

  people: {
    label: 'People',
    title: 'People here',
    close: 'Close people',
    waiting: 'People show up once you are connected.',
  },

  messages: {
    label: (/** @type {string} */ room) => `Messages in ${room}`,
    loading: 'Loading messages',
    beginning: (/** @type {string} */ room) => `Beginning of #${room}`,
    created: (/** @type {string} */ date) => `Created ${date}`,
    empty: (/** @type {string} */ room) => `This is the start of #${room}.`,
    emptyHint: 'Say hello.',
    beginningDirect: (/** @type {string} */ names) => `Beginning of your conversation with ${names}`,
    emptyDirect: (/** @type {string} */ names) => `Only you and ${names} can see this.`,
    deleted: 'This message was deleted.',
    edited: '(edited)',
    edits: '(edited), show history',
    newLine: 'New',
    loadError: 'The messages could not be loaded.',
    olderError: 'Couldn’t load older messages.',
    joined: (/** @type {string[]} */ names) => `${someNames(names)} joined`,
    left: (/** @type {string[]} */ names) => `${someNames(names)} left`,
    sending: 'Sending',
    notSent: 'Not sent.',
    retry: 'Retry',
    discard: 'Delete',
    copy: 'Copy',
    copied: 'Copied',
    failedActions: 'Message not sent',
  },

  strip: {
    typing: (/** @type {string[]} */ names) =>
      names.length > NAMED_AT_MOST ? 'Several people are typing' : `${LIST.format(names)} ${are(names)} typing`,
    unseen: (/** @type {number} */ count) => `${NUMBER.format(count)} new`,
    unseenLabel: (/** @type {number} */ count) => `${plural(count, 'new message', 'new messages')}, jump to latest`,
    latest: 'Jump to latest',
  },

  composer: {
    label: 'Message box',
    emoji: 'Emoji',
    attach: 'Attach files',
    placeholder: (/** @type {string} */ room) => `Message ${room}`,
    field: (/** @type {string} */ room) => `Message to ${room}`,
    send: 'Send message',
    format: 'Formatting',
    hint: 'Enter sends, Shift and Enter starts a new line.',
    left: (/** @type {number} */ count) => plural(count, 'character left', 'characters left'),
    over: (/** @type {number} */ count) => `${plural(count, 'character', 'characters')} too long`,
  },

  banner: {
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting… Messages you send will wait here.',
    offline: 'You’re offline. Messages you send will wait here.',
    waiting: (/** @type {number} */ count) =>
      `You’re offline. We’ll send your ${plural(count, 'message', 'messages')} when you’re back.`,
    closed: 'The connection has ended. Reload the page.',
    caughtUp: 'Caught up.',
    tryNow: 'Try now',
  },

  announce: { unsent: 'A message was not sent.' },

  notice: { back: 'Back to rooms', deletedTitle: 'This room is gone', refusedTitle: 'You can’t enter this room' },
};

/**
 * What went wrong, in words. The codes are those of the protocol; the page's own is `network`, for a request without an
 * answer. What only dialogs meet is added by dialogs.js.
 * @type {{[code: string]: string}}
 */
export const ERRORS = {
  network: 'Can’t reach the server. Check your connection.',
  empty: 'Write something first.',
  too_long: 'That is too long. Shorten it a little.',
  name_invalid: 'That name has characters that can’t be used here.',
  name_empty: 'Enter a name.',
  name_too_long: 'That name is too long.',
  name_taken: 'Somebody here already uses that name. Choose another.',
  name_reserved: 'That name is reserved. Choose another.',
  guests_off: 'Guests can’t come in here. Sign in, or create an account.',
  not_found: 'It is no longer there.',
  not_allowed: 'You can’t do that here.',
  banned: 'You’re banned from this room.',
  archived: 'This room is archived.',
  muted: 'You can’t write here for now.',
  slow_mode: 'This room is in slow mode. Wait a moment.',
  not_signed_in: 'You’ve been signed out. Sign in to keep going.',
  rate_limited: 'That was a little fast. Wait a moment, then try again.',
  busy: 'The server is busy. Try again in a moment.',
  timeout: 'That took too long. Try again.',
  too_large: 'That is too large to send.',
  storage_full: 'The server is full. Tell whoever runs it.',
  unsupported_type: 'The server did not understand that. Reload the page.',
  bad_json: 'The server did not understand that. Reload the page.',
  unknown_type: 'The server did not understand that. Reload the page.',
  too_many_connections: 'Too many tabs are open. Close one of them.',
  internal: 'Something went wrong on the server. Try again.',
  invalid: 'The server did not accept that.',
};

/**
 * @param {string | null | undefined} code a refusal's code
 * @param {string} [detail] the server's own words, shown only where the code alone says too little
 * @returns {string} one sentence that ends with a full stop
 */
export function errorText(code, detail) {
  // Somebody may have to do something about it.
  if (code === 'busy' && detail) return detail;
  const known = code && Object.hasOwn(ERRORS, code) ? ERRORS[code] : undefined;
  return known ?? (detail || 'Something went wrong. Try again.');
}
