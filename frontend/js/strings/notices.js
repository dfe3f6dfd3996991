/** The words of short notices, one's own menu, messages' tools, a closed message box, and those that are only spoken. */

import { plural } from './plural.js';

export const words = {
  announce: {
    message: (/** @type {string} */ name, /** @type {string} */ text) => `${name}: ${text}`,
    ofGuest: (/** @type {string} */ name, /** @type {string} */ text) => `${name}, guest: ${text}`,
    many: (/** @type {number} */ count) => plural(count, 'new message', 'new messages'),
    connecting: 'Connecting',
    reconnecting: 'Connection lost. Reconnecting.',
    offline: 'You are offline.',
    caughtup: 'Connected again, nothing missed.',
    closed: 'The connection has ended.',
  },

  self: {
    account: 'Account settings',
    scheduled: 'Scheduled messages',
    administration: 'Administration',
    shortcuts: 'Keyboard shortcuts',
    signOut: 'Sign out',
  },

  composer: {
    archived: 'This room is archived. You can read it, but not write.',
    muted: 'You can’t write here for now.',
    mutedFor: (/** @type {string} */ time) => `You can’t write here for ${time}.`,
    slow: (/** @type {string} */ time) => `Slow mode: you can send again in ${time}.`,
    paced: 'That was a lot at once. Your messages are sent one after the other.',
  },

  tools: {
    actions: 'Message actions',
    react: 'React',
    reactWith: (/** @type {string} */ emoji) => `React with ${emoji}`,
  },

  toasts: { label: 'Notices', dismiss: 'Dismiss' },
};
