/** The words of the dialogs about rooms and keys, in English. */

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
      { keys: ['Ctrl', 'B'], does: 'Bold (I: italic)' },
      { keys: ['Ctrl', 'Shift', 'C'], does: 'Code (L: link, X: strikethrough)' },
      { keys: ['Ctrl', 'Shift', '8'], does: 'Bulleted list (7: numbered, 9: quote)' },
      { keys: ['@', '#'], does: 'In a message: complete the name of a person, of a room' },
      { keys: ['Esc'], does: 'Jump to the latest message' },
      { keys: ['Alt', '↑'], does: 'Previous room' },
      { keys: ['Alt', '↓'], does: 'Next room' },
      { keys: ['Ctrl', 'K'], does: 'Go to a room, a person or a command' },
      { keys: ['Ctrl', 'Shift', 'F'], does: 'Search messages' },
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
      { keys: ['u'], does: 'In the messages: mark as unread from here' },
      { keys: ['Enter'], does: 'On a name: who that is' },
      { keys: ['/'], does: 'In the list of rooms: filter' },
      { keys: ['Ctrl', '/'], does: 'This list (in the messages also ?)' },
    ],
  },
};
