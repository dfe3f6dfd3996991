/** The signs of times to come, beside those that are there already. */

import { addSymbols } from '../symbols.js';

/** @type {Record<string, string>} */
const OUTLINES = {
  sunrise: 'M4 18.500h16M7.500 15a4.500 4.500 0 0 1 9 0M12 4v3.500M4.800 8.300l1.800 1.800M19.200 8.300l-1.800 1.800M2.500 15h2M19.500 15h2',
  calendar: 'M5.500 5.500h13a1.500 1.500 0 0 1 1.500 1.500v11a1.500 1.500 0 0 1-1.500 1.500h-13a1.500 1.500 0 0 1-1.500-1.500v-11a1.500 1.500 0 0 1 1.500-1.500zM4 10h16M8 3.500v3.500M16 3.500v3.500',
};

/** Puts them beside the others, once. */
export const addIcons = () => addSymbols(OUTLINES);
