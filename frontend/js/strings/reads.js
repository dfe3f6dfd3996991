/** The words of reading: what is unread, and how far others have read, in English. */

import { someNames, strings } from './en.js';

export const words = {
  menu: 'List of rooms',
  mentions: 'Mentions of me',
  all: 'Mark all as read',
  allTitle: 'Mark everything as read?',
  allText: 'In all rooms and conversations, up to their ends.',
  allSubmit: 'Mark as read',
  allDone: 'Everything is marked as read.',
  nothing: 'Nothing is unread.',
  marked: 'Marked as unread.',
  readBy: (/** @type {string[]} */ names) => `Read by ${someNames(names)}`,
  elsewhere: (/** @type {string} */ back, /** @type {number} */ count) => `${back}: ${strings.unread(count)}`,
  share: 'Show others how far I’ve read',
  shareHint: 'In conversations and small rooms. If you don’t, you won’t see it of others either.',
};
