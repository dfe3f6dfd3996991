/** The signs of kinds of file, beside those that the page has. */

import { icon } from '../../dom.js';
import { addSymbols } from '../symbols.js';

const SHEET = 'M6 3.5h8l4.500 4.500v12.500H6zM13.500 3.500V8.500h5';

/** Their outlines, on a field of 24 by 24. @type {Record<string, string>} */
const OUTLINES = {
  'file-file': SHEET,
  'file-image': 'M4 5h16v14H4zM4 16l4.500-4.500 4 4 3-3L20 17M15 9.500h.01',
  'file-video': 'M3.500 6h12v12h-12zM15.500 10.500 20.500 7.500v9l-5-3',
  'file-audio': 'M9 17.500V5.500l10-2v12M9 17.500a2.500 2.500 0 1 1-2.500-2.500A2.500 2.500 0 0 1 9 17.500zM19 15.500a2.500 2.500 0 1 1-2.500-2.500A2.500 2.500 0 0 1 19 15.500z',
  'file-text': `${SHEET}M9 12.500h6M9 16h6`,
  'file-document': `${SHEET}M9 12.500h6M9 16h4`,
  'file-sheet': 'M4 5h16v14H4zM4 10h16M4 14.500h16M9.500 5v14',
  'file-slides': 'M3.500 5h17v11h-17zM12 16v4M8.500 20h7',
  'file-archive': 'M4 8.500h16v10.500H4zM4 5h16v3.500H4zM10 12.500h4',
  download: 'M12 4v11M7 10.500l5 5 5-5M5 19.500h14',
  zoom: 'M15.800 15.800 20.500 20.500M17.500 10.500a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM10.500 7.500v6M7.500 10.500h6',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  alt: 'M4 5.500h16v11H10l-4 3.500v-3.500H4zM8 9.500h8M8 12.500h5',
};

/** Puts them beside the others, once. */
export const addSigns = () => addSymbols(OUTLINES);

/** @param {string} kind */
export const signOf = (kind) => icon(`file-${kind}`);
