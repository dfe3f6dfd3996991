/** The words of replies and of the threads that they make, in English. */

import { plural } from './plural.js';

export const words = {
  /** Before the words of a reply, for those who listen. */
  answers: (/** @type {string} */ name) => `replying to ${name}`,
  answersGuest: (/** @type {string} */ name) => `replying to ${name}, guest`,
  gone: 'Deleted message',
  answersGone: 'replying to a deleted message',
  unknown: 'A message',
  answersUnknown: 'replying to a message',

  replying: (/** @type {string} */ name) => `Replying to ${name}`,
  replyingUnknown: 'Replying to a message',
  stop: 'Cancel reply',
  lost: 'The message you were replying to was deleted.',
  refused: 'The message it replies to is no longer there.',

  count: (/** @type {number} */ count) => plural(count, 'reply', 'replies'),
  last: (/** @type {string} */ when) => `last ${when}`,
  /** Behind both, for those who listen. */
  stub: ', open thread',
};
