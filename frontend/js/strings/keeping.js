/** The words of what is pinned, saved and passed on, where it stands in the log, in English. */

import { plural } from './plural.js';

export const words = {
  pinnedBy: (/** @type {string} */ name) => `Pinned by ${name}`,
  saved: 'Saved',
  from: (/** @type {string} */ name, /** @type {string} */ when) => `Forwarded from ${name}, ${when}`,
  fromGuest: (/** @type {string} */ name, /** @type {string} */ when) => `Forwarded from ${name} (guest), ${when}`,
  show: 'Go to the original message',
  pins: (/** @type {number} */ count) => plural(count, 'pinned message', 'pinned messages'),
};
