/** The words of the list of rooms, in English. */

import { plural } from './plural.js';

export const words = {
  title: 'Rooms',
  label: 'Rooms',
  count: (/** @type {number} */ count) => plural(count, 'room', 'rooms'),
  filter: 'Filter rooms',
  filterHint: '/',
  create: 'New room',
  none: 'No rooms yet. Create the first one.',
  noneTitle: 'A quiet house',
  noMatch: (/** @type {string} */ query) => `Nothing matches “${query}”.`,
  noMatchHint: 'Try fewer letters, or create the room.',
  matches: (/** @type {number} */ count) => plural(count, 'room matches', 'rooms match'),
  error: 'The rooms could not be loaded.',
  errorHint: 'Check your connection, then try again.',
  loading: 'Loading rooms',
  online: (/** @type {number} */ count) => plural(count, 'person here', 'people here'),
  nobody: 'Nobody here now',
  created: (/** @type {string} */ date) => `Since ${date}`,
  delete: (/** @type {string} */ name) => `Delete ${name}`,
};
