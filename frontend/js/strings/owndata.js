/** The words of taking one's data along, and of leaving for good, in English. */

export const words = {
  tab: 'Your data',
  password: 'Your password',
  wrong: 'That is not your current password.',

  take: {
    title: 'Take your data along',
    note: 'Your profile, devices, rooms and settings, and what you wrote, sent and reacted, as one archive: with pages to read in any browser, and as JSON. Only you can fetch it.',
    submit: 'Make an archive',
    /** @type {{[state: string]: string}} */
    states: {
      none: '',
      waiting: 'It is being made. You can go on meanwhile, and come back here.',
      failed: 'It could not be made. Try again, or ask whoever runs this place.',
    },
    ready: (/** @type {string} */ until, /** @type {string} */ size) => `It is ready (${size}), until ${until}.`,
    fetch: 'Download',
  },

  leave: {
    title: 'Leave for good',
    note: 'Nobody comes in as you any more, and this cannot be undone. Your username is free for others then.',
    mode: 'What you wrote',
    anonymise: 'stays, as by “Former member”',
    remove: 'is deleted, with your files',
    hint: 'What others wrote stays, also where they name you. Backups keep all of it until they are thrown away.',
    submit: 'Leave for good',
    sureTitle: 'Leave for good?',
    sure: {
      anonymise: 'Your account goes, and your name with it. What you wrote stays for the others.',
      remove: 'Your account goes, and all that you wrote and sent here is deleted.',
    },
    yes: 'Leave for good',
  },
};
