/** The words of choosing when a message is sent, and of the page of those that wait. In English. */

import { ERRORS } from './en.js';
import { plural } from './plural.js';

/** The page's own, for what stands in the field. */
Object.assign(ERRORS, {
  time_missing: 'Choose a day and a time.',
  time_past: 'That time has passed. Choose a later one.',
  time_far: 'Choose a time within the next year.',
});

export const words = {
  menu: 'Send later',
  change: 'Change time',
  choices: {
    hour: 'In an hour',
    morning: 'This morning',
    evening: 'This evening',
    tomorrow: 'Tomorrow morning',
    monday: 'Monday morning',
    nextMonday: 'Next Monday morning',
  },
  other: 'Another time…',

  time: {
    title: 'Send at another time',
    titleChange: 'Change the time',
    field: 'Day and time',
    zone: (/** @type {string} */ zone) => `In your time zone, ${zone}.`,
    sent: (/** @type {string} */ when) => `It will be sent on ${when}.`,
    submit: 'Schedule',
    submitChange: 'Change time',
  },

  edit: {
    title: 'Edit scheduled message',
    field: 'Message',
    submit: 'Save',
  },

  delete: {
    title: 'Delete this message?',
    text: 'It will not be sent. This can’t be undone.',
    submit: 'Delete message',
  },

  page: {
    title: 'Scheduled messages',
    lead: 'Only you can see them until they are sent.',
    list: 'Scheduled messages, the next to be sent first',
    back: 'Back to rooms',
    in: 'to',
    lost: 'a room you can’t see',
    reply: 'As a reply',
    files: (/** @type {number} */ count) => plural(count, 'file', 'files'),
    notSent: 'Not sent.',
    now: 'Send now',
    again: 'Send again',
    time: 'Change time…',
    edit: 'Edit…',
    delete: 'Delete…',
    sent: (/** @type {string} */ room) => `Sent to ${room}.`,
    deleted: 'Deleted. It will not be sent.',
    more: 'Show more',
    count: (/** @type {number} */ count) => plural(count, 'scheduled message', 'scheduled messages'),
    none: 'Nothing is scheduled',
    noneHint: 'Write a message, then choose “Send later” beside the send button.',
    guest: 'Scheduled messages are for members',
    guestHint: 'Sign in or make an account to have messages sent later.',
    signIn: 'Sign in',
    error: 'The list could not be loaded',
    errorHint: 'Check your connection.',
  },
};
