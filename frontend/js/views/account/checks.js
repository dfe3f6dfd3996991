/** What can be said of a username or password before the server is asked; the server looks at more. */

import { cleanName, countCharacters } from '../../format.js';

const USERNAME_MIN = 2;
const PASSWORD_MAX = 128;
const DISPLAY_NAME_MAX = 50;

/**
 * @param {number} maxLength
 * @returns {(value: string) => (string | null)} a code when it cannot be a new account's name
 */
export const checkNewUsername = (maxLength) => (value) => {
  const length = countCharacters(cleanName(value));
  if (length === 0) return 'username_empty';
  if (length < USERNAME_MIN) return 'username_short';
  return length > maxLength ? 'name_too_long' : null;
};

/** @param {string} value @returns {string | null} a code when it cannot be shown beside a username */
export const checkDisplayName = (value) => (countCharacters(cleanName(value)) > DISPLAY_NAME_MAX ? 'too_long' : null);

/** @param {string} value @returns {string | null} a code when nobody has that name */
export const checkUsername = (value) => (cleanName(value) === '' ? 'username_empty' : null);

/** @param {string} value @returns {string | null} a code when it is nobody's password */
export const checkPassword = (value) => (value === '' ? 'password_empty' : null);

/**
 * @param {number} min
 * @returns {(value: string) => (string | null)} a code when it cannot be a new password
 */
export const checkNewPassword = (min) => (value) => {
  // Not trimmed: blanks count in a password.
  const length = [...value.normalize('NFC')].length;
  if (length === 0) return 'password_empty';
  if (length < min) return 'password_short';
  return length > PASSWORD_MAX ? 'too_long' : null;
};
