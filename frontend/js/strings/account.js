/** The words of signing in with an account, of one's account and of others' profiles, in English. */

import { errorText } from './en.js';
import { plural } from './plural.js';

/**
 * @param {number} seconds
 * @returns {string} such as "30 seconds" or "2 minutes"
 */
const time = (seconds) =>
  seconds < 100 ? plural(seconds, 'second', 'seconds') : plural(Math.ceil(seconds / 60), 'minute', 'minutes');

export const words = {
  username: 'Username',
  displayName: 'Display name',
  optional: 'optional',
  password: 'Password',
  showPassword: 'Show password',
  show: 'Show',
  hide: 'Hide',
  usernameHint: 'You sign in with it, and others see it.',
  passwordHint: (/** @type {number} */ min) => `At least ${plural(min, 'character', 'characters')}. A few words are best.`,
  close: 'Close',
  wait: (/** @type {number} */ seconds) => `Too many tries. Wait ${time(seconds)}.`,
  waited: 'You can try again now.',

  signIn: {
    title: 'Sign in',
    lead: 'With the account you have here.',
    leadJoining: 'You’ve been invited to a room. Sign in to see it.',
    submit: 'Sign in',
    other: 'New here?',
    register: 'Create an account',
    asGuest: 'Come in as a guest instead',
  },

  register: {
    title: 'Create an account',
    lead: 'So that your name is yours, on every device.',
    leadJoining: 'You’ve been invited to a room. It takes an account to come in.',
    leadInvited: 'You’ve been invited. Choose a name and a password.',
    submit: 'Create account',
    other: 'Have an account?',
    signIn: 'Sign in',
    closed: 'New accounts can’t be made here. Ask whoever runs this place.',
    invited: 'New accounts need an invitation link. Ask whoever runs this place.',
  },

  setup: {
    title: 'Set up Parlour',
    lead: 'Make the first account. It will be the administrator’s.',
    submit: 'Create administrator',
  },

  again: {
    title: 'You’ve been signed out',
    text: 'Sign in to keep going. What you’ve written is still here.',
    submit: 'Sign in',
    leave: 'Leave',
  },

  settings: {
    title: 'Account settings',
    tabs: { profile: 'Profile', password: 'Password', sessions: 'Sessions', notifications: 'Notifications' },
  },

  profile: {
    displayNameHint: 'Shown on your profile beside your username.',
    status: 'Status',
    statusHint: 'Such as “On holiday until Monday”.',
    about: 'About you',
    left: (/** @type {number} */ count) => plural(count, 'character left', 'characters left'),
    over: (/** @type {number} */ count) => `${plural(count, 'character', 'characters')} too long`,
    timeZone: 'Time zone',
    noTimeZone: 'Not shown',
    picture: 'Picture',
    choosePicture: 'Choose picture',
    changePicture: 'Change picture',
    removePicture: 'Remove',
    pictureHint: 'PNG, JPEG, GIF, WebP, AVIF or HEIC. The middle of it is shown.',
    pictureSaved: 'Your picture is saved.',
    pictureRemoved: 'Your picture is removed.',
    pictureSaving: 'Saving your picture…',
    noPicture: 'Choose an image file.',
    colour: 'Avatar colour',
    automatic: 'From your name',
    colours: ['Red', 'Orange', 'Amber', 'Olive', 'Green', 'Jade', 'Teal', 'Sky', 'Blue', 'Violet', 'Purple', 'Pink'],
    submit: 'Save profile',
    saved: 'Your profile is saved.',
  },

  newPassword: {
    current: 'Current password',
    next: 'New password',
    note: 'Your other sessions will be signed out.',
    submit: 'Change password',
    changed: 'Your password is changed. Other sessions are signed out.',
  },

  sessions: {
    lead: 'Where you are signed in. End what you don’t know, then change your password.',
    loading: 'Loading sessions',
    current: 'This session',
    seen: (/** @type {string} */ ago, /** @type {string} */ address) => `Active ${ago} · ${address}`,
    since: (/** @type {string} */ date) => `Signed in ${date}`,
    end: 'End',
    endLabel: (/** @type {string} */ device) => `End session: ${device}`,
    ended: (/** @type {string} */ device) => `The session ended: ${device}`,
    endAll: 'Sign out everywhere',
    sure: 'Really? This session ends too.',
    yes: 'End all',
    no: 'Keep them',
    device: (/** @type {string} */ browser, /** @type {string} */ system) => `${browser} on ${system}`,
    unknown: 'An unknown program',
  },

  card: {
    label: (/** @type {string} */ name) => `Profile of ${name}`,
    message: 'Message',
    guest: 'A guest: anybody may have chosen this name.',
    localTime: (/** @type {string} */ time) => `${time} local time`,
    since: (/** @type {string} */ date) => `Here since ${date}`,
    loading: 'Loading profile',
  },
};

/**
 * What was refused about an account, in words.
 * @type {{[code: string]: string}}
 */
const ERRORS = {
  wrong_credentials: 'That username and password don’t match.',
  password_empty: 'Enter a password.',
  password_short: 'That password is too short.',
  password_weak: 'That password is too easy to guess. Choose another.',
  password_wrong: 'That is not your current password.',
  username_empty: 'Enter a username.',
  username_short: 'A username has at least 2 characters.',
  registration_closed: words.register.closed,
  invite_needed: words.register.invited,
  name_taken: 'That username is taken. Choose another.',
  name_reserved: 'That username is reserved. Choose another.',
  too_long: 'That is too long. Shorten it a little.',
  not_signed_in: 'Your session has ended.',
};

/**
 * @param {string} code
 * @param {string} [detail] the server's own words
 * @returns {string} one sentence
 */
export function accountErrorText(code, detail) {
  return Object.hasOwn(ERRORS, code) ? /** @type {string} */ (ERRORS[code]) : errorText(code, detail);
}
