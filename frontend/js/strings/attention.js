/** The words of mentions and notifications, in English. */

import { plural } from './plural.js';

/** How a message is about oneself. @typedef {'mention'|'reply'|'here'|'room'|'direct'|'message'} Reason */
/** @typedef {'all'|'mentions'|'nothing'} Level */

/** @type {Record<Reason, (name: string, room: string) => string>} */
const HEARD = {
  mention: (name, room) => `${name} mentioned you in ${room}`,
  reply: (name, room) => `${name} answered you in ${room}`,
  here: (name, room) => `${name} called everybody who is in ${room}`,
  room: (name, room) => `${name} called everybody in ${room}`,
  direct: (name) => `${name} wrote to you`,
  message: (name, room) => `${name} in ${room}`,
};

export const words = {
  heard: HEARD,

  muted: 'no notifications',
  quiet: (/** @type {string} */ time) => `Do not disturb until ${time}`,

  level: {
    menu: (/** @type {string} */ room) => `Notifications in ${room}`,
    names: { all: 'All messages', mentions: 'Mentions and replies', nothing: 'Nothing' },
    usual: { all: 'Default (all messages)', mentions: 'Default (mentions and replies)' },
    chosen: (/** @type {string} */ room, /** @type {string} */ name) => `Notifications in ${room}: ${name}`,
  },

  list: {
    title: 'Mentions of me',
    loading: 'Loading mentions',
    none: 'Nobody has mentioned or answered you yet.',
    error: 'The mentions could not be loaded.',
    again: 'Try again',
    count: (/** @type {number} */ count) => plural(count, 'message', 'messages'),
  },

  notCalled: {
    many: '@here notified nobody: among more than 50 people it takes a moderator.',
    here: '@here notified nobody. It calls others who are here and have an account.',
    room: '@room notified nobody. It calls other members; with more than 50 it takes a moderator.',
  },

  why: {
    title: 'Why was I (not) notified?',
    yes: 'You were notified',
    no: 'You were not notified',
    loading: 'Looking it up',
    error: 'That could not be looked up. Try again.',
    reasons: {
      mention: 'The message mentions you by name.',
      reply: 'The message answers one of yours.',
      here: 'The message calls everybody who was in the room, and you were.',
      room: 'The message calls everybody in the room.',
      direct: 'The message was written in a direct conversation of yours.',
      message: 'The message is not about you in particular.',
    },
    because: {
      level: {
        all: 'You wanted to be notified of all messages of this room.',
        mentions: 'You wanted to be notified of mentions and replies in this room.',
        nothing: 'You wanted to be notified of nothing in this room.',
      },
      do_not_disturb: 'You did not want to be disturbed at that time.',
      own: 'You wrote it yourself.',
      absent: 'You had not come to this room yet.',
      not_kept: 'It was said before Parlour had notifications.',
    },
    notShown: 'This browser does not show notifications of Parlour. Your account settings say why.',
    note: 'As it was decided when the message came, whatever you have chosen since.',
  },

  settings: {
    permission: 'On this device',
    states: {
      granted: 'Your browser shows notifications of Parlour.',
      default: 'Your browser has not been asked yet whether Parlour may show notifications.',
      denied: 'Your browser does not let Parlour show any. Its settings for this site can change that.',
      missing: 'This browser shows no notifications of this site. Over https most do.',
    },
    ask: 'Allow notifications',
    test: 'Show one now',
    testTitle: 'Parlour',
    testText: 'This is what a notification looks like.',
    quiet: 'Do not disturb',
    quietHint: 'Nothing is shown then, on any of your devices. Mentions are still counted.',
    isQuiet: (/** @type {string} */ time) => `On until ${time}.`,
    isQuietNow: 'On now, by your daily hours.',
    isQuietLater: (/** @type {string} */ from, /** @type {string} */ to) => `Off now. Every day ${from}–${to}.`,
    notQuiet: 'Off.',
    pause: 'For some time',
    pauses: { 0: 'Not now', 1800: 'For 30 minutes', 3600: 'For 1 hour', 14400: 'For 4 hours', 28800: 'For 8 hours', 86400: 'For a day' },
    keep: 'As it is',
    daily: 'Every day',
    dailyHint: (/** @type {string} */ zone) => `In your time zone, ${zone}.`,
    from: 'From',
    to: 'To',
    save: 'Save',
    saved: 'That is saved.',
    noTime: 'Choose a time.',
    span: 'Choose two different times.',
    levels: 'What you are notified of',
    levelsText: [
      'You decide in each room’s menu.',
      'Default: mentions and replies in rooms, all messages in direct conversations.',
      '“Nothing” leaves a room out of your counts, but for what mentions you.',
    ],
  },

  complete: {
    here: 'Notifies everybody who is in the room now',
    room: 'Notifies all members of the room',
    joined: 'Notifies those who joined this room as members, not everybody who reads it',
  },
};

