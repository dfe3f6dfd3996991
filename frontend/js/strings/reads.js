/** The words of reading: what is unread, and how far others have read, in English. */

import { someNames } from './en.js';

export const words = {
  menu: 'List of rooms',
  all: 'Mark all as read',
  allTitle: 'Mark everything as read?',
  allText: 'In all rooms and conversations, up to their ends.',
  allSubmit: 'Mark as read',
  allDone: 'Everything is marked as read.',
  nothing: 'Nothing is unread.',
  marked: 'Marked as unread.',
  readBy: (/** @type {string[]} */ names) => `Read by ${someNames(names)}`,
  share: 'Show others how far I’ve read',
  shareHint: 'In conversations and small rooms. If you don’t, you won’t see it of others either.',
};
