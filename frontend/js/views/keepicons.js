/** The signs of what is pinned and passed on; that of what is saved stands in index.html. */

import { addSymbols } from './symbols.js';

/** @type {Record<string, string>} */
const OUTLINES = {
  pin: 'M9 3.500h6l-.8 6.500 3.300 3.500h-11l3.300-3.500zM12 13.500v7',
  forward: 'M14 5.500l6 6-6 6M19.500 11.500h-9a6 6 0 0 0-6 6v1.500',
};

/** Puts them beside the others, once. */
export const addIcons = () => addSymbols(OUTLINES);
