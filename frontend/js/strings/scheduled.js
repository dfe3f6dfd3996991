/** The words that tell of messages to be sent later: beside the message box, and in the lists. In English. */

import { NUMBER, plural } from './plural.js';

export const words = {
  button: 'Send later',
  row: 'Scheduled',
  count: (/** @type {number} */ count) => `${NUMBER.format(count)} waiting`,
  failed: (/** @type {number} */ count) => `${NUMBER.format(count)} not sent`,
  line: (/** @type {number} */ count, /** @type {string} */ when) =>
    count === 1 ? `1 message is to be sent ${when}.` : `${NUMBER.format(count)} messages are to be sent, the next ${when}.`,
  lineFailed: (/** @type {number} */ count) => `${plural(count, 'scheduled message was', 'scheduled messages were')} not sent.`,
  show: 'Show',
  showAll: ' scheduled messages',
  done: (/** @type {string} */ when) => `It will be sent ${when}.`,
  undone: (/** @type {string} */ room) => `A scheduled message to ${room} was not sent.`,
  somewhere: 'a room',
  empty: 'Write something first, then choose when to send it.',
  offline: 'Scheduling needs the connection. Your text stays here; try again when you’re back.',
  offlineList: 'That needs the connection. Try again when you’re back.',
  files: 'It is scheduled as soon as its files are on the server.',
  full: 'You have as many messages waiting as you can. Send or delete one first.',
};
