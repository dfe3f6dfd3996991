/** The words of the dialogs about rooms and keys, in English. */

import { ERRORS } from './en.js';

/** `left_unstored` is the page's own, for a login that ended only in the server's memory. */
Object.assign(ERRORS, {
  room_exists: 'There is already a room with that name.',
  edit_window_over: 'That message is too old to be changed.',
  invite_invalid: 'This link has been used or has ended. Ask for a new one.',
  nobody_chosen: 'Choose at least one person.',
  reason_empty: 'Say in a few words what is wrong.',
  left_unstored: 'You’re signed out, but the server has no room left to write it down. Tell whoever runs it.',
});

export const words = {
  cancel: 'Cancel',

  deleteDialog: {
    title: (/** @type {string} */ room) => `Delete #${room}?`,
    text: 'All its messages go with it, for everybody. This can’t be undone.',
    submit: 'Delete room',
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    close: 'Close',
    /** Keys, and what they do. */
    keys: [
      { keys: ['Enter'], does: 'Send the message' },
      { keys: ['Shift', 'Enter'], does: 'Start a new line' },
      { keys: ['Ctrl', 'Shift', 'Enter'], does: 'Send the message later' },
      { keys: ['Ctrl', 'B'], does: 'Bold (I: italic)' },
      { keys: ['Ctrl', 'Shift', 'C'], does: 'Code (L: link, X: strikethrough)' },
      { keys: ['Ctrl', 'Shift', '8'], does: 'Bulleted list (7: numbered, 9: quote)' },
      { keys: ['@', '#'], does: 'In a message: complete the name of a person, of a room' },
      { keys: ['Esc'], does: 'Jump to the latest message, dismiss notices' },
      { keys: ['Alt', '↑'], does: 'Previous room' },
      { keys: ['Alt', '↓'], does: 'Next room' },
      { keys: ['Ctrl', 'K'], does: 'Go to a room, a person or a command' },
      { keys: ['Ctrl', 'Shift', 'F'], does: 'Search messages' },
      { keys: ['Ctrl', 'Shift', 'U'], does: 'Attach files (in their list, Delete: remove)' },
      { keys: ['←', '→'], does: 'In the image viewer: previous, next (z: full size)' },
      { keys: ['Alt', 'Shift', '↑'], does: 'Previous room with something unread' },
      { keys: ['Alt', 'Shift', '↓'], does: 'Next room with something unread (in the messages: n)' },
      { keys: ['Shift', 'Esc'], does: 'Mark everything as read' },
      { keys: ['F6'], does: 'Next part of the page' },
      { keys: ['↑', '↓'], does: 'In the messages: older, newer (k, j)' },
      { keys: ['Home', 'End'], does: 'In the messages: the first shown, the last' },
      { keys: ['Tab'], does: 'In the messages: into what one holds' },
      { keys: ['↑'], does: 'In the empty message box: edit your last message' },
      { keys: ['r'], does: 'In the messages: reply (t: open its thread)' },
      { keys: ['e'], does: 'In the messages: edit your own (m: more, Del: delete)' },
      { keys: ['+'], does: 'In the messages: react (also :)' },
      { keys: ['s'], does: 'In the messages: save for yourself (p: pin, f: forward)' },
      { keys: ['c'], does: 'In the messages: copy a link to it' },
      { keys: ['u'], does: 'In the messages: mark as unread from here' },
      { keys: ['Enter'], does: 'On a name: who that is' },
      { keys: ['/'], does: 'In the list of rooms: filter' },
      { keys: ['Ctrl', '/'], does: 'This list (in the messages also ?)' },
    ],
  },
};
